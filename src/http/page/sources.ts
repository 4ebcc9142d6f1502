import type { LastOutcome } from '../../scrape/last-outcomes.ts';
import { toTime } from '../../core/words.ts';
import type { StatusDocument } from '../schema.ts';
import { html, type Html } from './html.ts';
import { agoHtml, badge, detailsHtml, tableHtml, tookText } from './parts.ts';

/** Every source with what became of its last reading. */
export function sourcesHtml({ sources, assessed_at: now }: StatusDocument): Html | false {
  if (sources.length === 0) return false;
  return html`<section aria-labelledby="sources">
<h2 id="sources">Sources</h2>
${tableHtml({
  caption: 'What is read of backups and WAL archives',
  columns: [
    { head: 'repository', cell: ({ repository }) => repository },
    { head: 'source', cell: ({ source, method }) => `${source}, ${method}` },
    { head: 'state', cell: ({ up }) => upBadge(up) },
    { head: 'last read', cell: ({ last_success_at: at }) => agoHtml(at, now) },
    {
      head: 'took',
      cell: ({ read_duration_seconds: seconds }) => seconds !== null && tookText(seconds),
      isNumber: true,
    },
    { head: 'error', cell: ({ error }) => error !== null && errorHtml(error) },
  ],
  rows: sources,
})}</section>\n`;
}

function upBadge(up: boolean | null): Html {
  if (up === null) return badge('neutral', 'not read yet');
  return up ? badge('good', 'up') : badge('bad', 'down');
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | null | undefined;
}

function errorHtml({ code, message, hint }: Failure): Html {
  return html`<code>${code}</code> ${message}${typeof hint === 'string' && html`<br><strong>Cure:</strong> ${hint}`}`;
}

/** Every collector with what became of it when it last ran; those that failed first. */
export function collectorsHtml(outcomes: readonly LastOutcome[], now: string): Html {
  const failed = outcomes.filter(({ status }) => status === 'failed');
  const ran = outcomes.filter(({ status }) => status === 'ok');
  const skipped = outcomes.filter(({ status }) => status === 'skipped');
  if (outcomes.length === 0)
    return html`<section aria-labelledby="collectors">\n<h2 id="collectors">Collectors</h2>\n<p>Nothing was scraped yet.</p>\n</section>\n`;
  const counts = `${ran.length} ran, ${failed.length} failed, ${skipped.length} were skipped`;
  return html`<section aria-labelledby="collectors">
<h2 id="collectors">Collectors</h2>
${failed.length > 0 && outcomesTable('Failed', failed, now)}${detailsHtml(
    'collectors-all',
    `When they were last asked, ${counts}`,
    html`${ran.length > 0 && outcomesTable('Ran', ran, now)}${skipped.length > 0 && outcomesTable('Skipped', skipped, now)}`,
  )}</section>\n`;
}

function outcomesTable(caption: string, outcomes: readonly LastOutcome[], now: string): Html {
  return tableHtml({
    caption,
    columns: [
      { head: 'collector', cell: ({ collector }) => html`<code>${collector}</code>` },
      { head: 'last', cell: ({ atSeconds }) => agoHtml(toTime(atSeconds), now) },
      { head: 'took', cell: ({ seconds }) => seconds !== undefined && tookText(seconds), isNumber: true },
      { head: 'outcome', cell: outcomeOf },
    ],
    rows: outcomes,
  });
}

function outcomeOf({ status, runs, failed, skipReason, error }: LastOutcome): Html {
  if (status === 'skipped') return html`${badge('neutral', 'skipped')} ${skipReason}`;
  if (status === 'ok') return html`${badge('good', 'ok')}${runs > 1 && ` in ${runs} databases`}`;
  const where = runs > 1 ? ` in ${failed} of ${runs} databases` : '';
  return html`${badge('bad', 'failed')}${where}${error !== undefined && html` ${errorHtml(error)}`}`;
}
