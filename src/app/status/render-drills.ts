import { printable } from '../../core/printable.ts';
import { ageText, countText, durationText, timeText } from '../../core/words.ts';
import type { StatusDrill, StatusDrills } from '../../http/schema.ts';
import { type Look, table, wrap } from './layout.ts';

const INDENT = '  ';
/** The JSON has more of them. */
const MOST_LINES = 5;

/** @param now when it was assessed, RFC 3339 */
export function drillLines(drills: StatusDrills | null, now: string, look: Look): readonly string[] {
  if (drills === null) return [];
  const { runs, runs_omitted: omitted, unreadable, unreadable_omitted: more } = drills;
  const shown = runs.slice(0, MOST_LINES);
  const rest = runs.length - shown.length + omitted;
  const bad = unreadable.length + more;
  return [
    ...(runs.length === 0 ? [`${INDENT}no restore drill yet`] : []),
    ...table(
      ['restore drill', 'age', 'outcome', 'recovery', 'recovered to', 'backup'],
      shown.map((run) => cellsOf(run, now)),
      look,
    ),
    ...failureLines(shown, look),
    ...(rest === 0 ? [] : [`${INDENT}and ${countText(rest, 'older drill')}`]),
    ...(bad === 0
      ? []
      : wrap(printable(`${countText(bad, 'report')} not counted: ${unreadable[0] ?? ''}`), INDENT, look)),
  ];
}

function cellsOf(run: StatusDrill, now: string): readonly string[] {
  const { ended_at: ended, outcome, rto_seconds: rto, recovered_to: reached, backup } = run;
  return [
    timeText(ended),
    ended === null ? '' : ageText(ended, now),
    outcome === 'failed' ? 'FAILED' : outcome,
    rto === null ? '' : durationText(rto),
    reached === null ? '' : reached.at === null ? (reached.lsn ?? '') : timeText(reached.at),
    backup === null ? '' : printable(`${run.source === 'dumps' ? 'dump ' : ''}${backup.label}`),
  ];
}

/** Of the last one, if it failed: an older failure was cured, or is told anew. */
function failureLines([last]: readonly StatusDrill[], look: Look): readonly string[] {
  if (last?.failure === null || last?.failure === undefined) return [];
  const { phase, code, message, hint } = last.failure;
  const lines = [`in ${phase}: ${code}: ${message}`, ...(hint === null ? [] : [`cure: ${hint}`])];
  return lines.flatMap((line) => wrap(printable(line), INDENT + INDENT, look));
}
