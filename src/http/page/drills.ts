import { countText, durationText, timeText } from '../../core/words.ts';
import type { StatusDocument, StatusDrill, StatusDrills, StatusRepository } from '../schema.ts';
import { drillChart } from './drill-chart.ts';
import { html, type Html } from './html.ts';
import { agoHtml, badge, detailsHtml, moreHtml, tableHtml, timeHtml, type Tone } from './parts.ts';

const MOST_ROWS = 20;
const MOST_FAILURES = 5;

const TONES: Readonly<Record<StatusDrill['outcome'], Tone>> = {
  success: 'good',
  failed: 'bad',
  interrupted: 'neutral',
};

/** What was proven by restoring: the last drill, its recovery time beside what is allowed and estimated, all before it. */
export function drillsHtml(repository: StatusRepository, id: string, status: StatusDocument): Html {
  return html`<h3>Restore drills</h3>
${repository.drills === null ? unreadHtml(repository, status) : historyHtml(repository.drills, { id, repository, status })}`;
}

function unreadHtml({ name }: StatusRepository, { sources }: StatusDocument): Html {
  if (sources.some(({ source, repository }) => source === 'drill' && repository === name))
    return html`<p>Not known: the reports of drills could not be read yet.</p>\n`;
  return html`<p>None is configured, so that nobody has tried whether a restore works: add <code>drills: {directory:
/var/lib/walguard/drills}</code> to the configuration file and let a timer run <code>walguard drill</code>
(<code>docs/drills.md</code>).</p>\n`;
}

interface Around {
  readonly id: string;
  readonly repository: StatusRepository;
  readonly status: StatusDocument;
}

function historyHtml(drills: StatusDrills, { id, repository, status }: Around): Html {
  const { assessed_at: now, policy } = status;
  const chart = { id: `${id}-drills-chart`, now: Date.parse(now) / 1_000, rto: policy.rto_seconds };
  return html`${factsHtml(drills, repository, status)}${drillChart(drills, chart)}${drills.runs.length > 0 && runsHtml(drills, id, policy.rto_seconds)}${drills.runs
    .filter(({ failure }) => failure !== null)
    .slice(0, MOST_FAILURES)
    .map((run) => failureHtml(run, id))}`;
}

function factsHtml(drills: StatusDrills, repository: StatusRepository, status: StatusDocument): Html {
  const { runs, last_success_at: success, unreadable, unreadable_omitted: omitted } = drills;
  const [last] = runs;
  const interval = repository.drill_interval_seconds;
  const wanted = interval !== null && `; one is wanted every ${durationText(interval)}`;
  // A drill of another source is not measured by what this one allows.
  const measured = runs.find(
    ({ outcome, ended_at: ended, rto_seconds: seconds }) =>
      outcome === 'success' && ended === success && seconds !== null,
  );
  return html`<ul class="facts">
${
  last === undefined
    ? html`<li>None ran yet${wanted}.</li>\n`
    : html`<li>The last: ${badge(TONES[last.outcome], last.outcome)} ${agoHtml(last.ended_at, status.assessed_at)}; the last success: ${agoHtml(success, status.assessed_at)}${wanted}.</li>\n`
}${last !== undefined && last.warnings.map((line) => html`<li>${badge('warning', 'warning')} ${line}</li>\n`)}${measured !== undefined && html`<li>${measuredText(measured, repository, status)}</li>\n`}${
    unreadable.length > 0 &&
    html`<li>${badge('warning', countText(unreadable.length + omitted, 'report'))} that ${unreadable.length + omitted === 1 ? 'does' : 'do'} not count: ${unreadable[0]}</li>\n`
  }</ul>\n`;
}

/** What was measured, what is estimated of now, and what is allowed. */
function measuredText({ rto_seconds: rto }: StatusDrill, repository: StatusRepository, status: StatusDocument): string {
  const { restore_estimate: estimate } = repository;
  const now = estimate === null ? undefined : durationText(estimate.restore_seconds + estimate.recovery_seconds);
  const allowed = status.policy.rto_seconds;
  return [
    `Recovery took ${durationText(rto ?? 0)} in the last success`,
    ...(now === undefined ? [] : [`from the newest backup to now it would take about ${now}`]),
    allowed === null ? 'no rto is set.' : `the rto allows ${durationText(allowed)}.`,
  ].join('; ');
}

function runsHtml({ runs, runs_omitted: omitted }: StatusDrills, id: string, rto: number | null): Html {
  const shown = runs.slice(0, MOST_ROWS);
  const count = runs.length + omitted;
  return detailsHtml(
    `${id}-drills`,
    countText(count, 'drill'),
    html`${tableHtml({
      caption: 'Restore drills, the newest first',
      columns: [
        { head: 'ended', cell: ({ ended_at: at }) => timeHtml(at) },
        { head: 'outcome', cell: ({ outcome }) => badge(TONES[outcome], outcome) },
        { head: 'wanted', cell: wantedText },
        { head: 'recovered to', cell: reachedHtml },
        { head: 'recovery time', cell: (run) => rtoHtml(run, rto), isNumber: true },
        { head: 'checks', cell: checksText },
        {
          head: 'backup',
          cell: ({ backup }) => backup !== null && html`<code>${backup.label}</code>, ${backup.method}`,
        },
      ],
      rows: shown,
    })}${moreHtml(count - shown.length, 'older drills')}`,
  );
}

function wantedText({ wanted }: StatusDrill): string {
  const { kind, at, lsn, name, random } = wanted;
  if (kind === 'name') return `the point ${name ?? ''}`;
  if (kind === 'lsn') return lsn ?? 'a WAL position';
  if (kind === 'latest') return at === null ? 'the latest' : `the latest, ${timeText(at)}`;
  return `${timeText(at)}${random ? ', by chance' : ''}`;
}

function reachedHtml({ recovered_to: reached, shortfall_seconds: short }: StatusDrill): Html | false {
  if (reached === null) return false;
  const lacking = short !== null && short > 0 && html` ${badge('warning', `${durationText(short)} short`)}`;
  return html`${reached.at === null ? (reached.lsn ?? '') : timeHtml(reached.at)}${lacking}`;
}

function rtoHtml({ rto_seconds: seconds }: StatusDrill, rto: number | null): Html | false {
  if (seconds === null) return false;
  return html`${durationText(seconds)}${rto !== null && seconds > rto && html` ${badge('warning', 'over the rto')}`}`;
}

function checksText({ checks, checks_omitted: omitted }: StatusDrill): string {
  const counts = (['failed', 'passed', 'skipped'] as const).map(
    (result) => [checks.filter((check) => check.result === result).length, result] as const,
  );
  const told = counts.filter(([count]) => count > 0).map(([count, result]) => `${count} ${result}`);
  return [...told, ...(omitted === 0 ? [] : [`${omitted} more`])].join(', ');
}

/** What went wrong, as the drill and the restored server told it. */
function failureHtml(run: StatusDrill, id: string): Html | false {
  const { failure, checks } = run;
  if (failure === null) return false;
  const failed = checks.filter(({ result }) => result === 'failed');
  return detailsHtml(
    `${id}-drill-${run.id}`,
    html`What was wrong ${timeHtml(run.ended_at)}: <code>${failure.code}</code>`,
    html`<p>In ${failure.phase}: ${failure.message}</p>
${failure.hint !== null && html`<p><strong>Cure:</strong> ${failure.hint}</p>\n`}${
      failed.length > 0 &&
      html`<ul class="facts">${failed.map(
        ({ name, datname, expected, found, message }) =>
          html`<li>${badge('bad', name)}${datname !== null && html` in <code>${datname}</code>`}${expected !== null && html`: expected <code>${expected}</code>, found <code>${found ?? 'nothing'}</code>`}${message !== null && html`: ${message}`}</li>\n`,
      )}</ul>\n`
    }${
      failure.log.length > 0 &&
      html`<pre tabindex="0" aria-label="log of the drill that ended ${timeText(run.ended_at)}"><code>${failure.log.map((line) => html`${line}\n`)}</code></pre>\n`
    }`,
  );
}
