import { bytesText, countText } from '../../core/words.ts';
import type { StatusRepository } from '../schema.ts';
import { html, type Html } from './html.ts';
import { agoHtml, badge, detailsHtml, moreHtml, tableHtml } from './parts.ts';

type Dump = NonNullable<StatusRepository['dumps']>['newest'][number];

const MOST_ROWS = 20;

/** The newest dump of each database; those without one are named openly. */
export function dumpsHtml({ dumps }: StatusRepository, id: string, now: string): Html | false {
  if (dumps === null) return false;
  const { newest, newest_omitted: omitted, running, databases_without: without } = dumps;
  const shown = newest.slice(0, MOST_ROWS);
  const count = newest.length + omitted;
  return html`<h3>Dumps</h3>
${withoutHtml(without, dumps.databases_without_omitted)}${running > 0 && html`<p>${countText(running, 'dump')} being written.</p>\n`}${detailsHtml(
    `${id}-dumps`,
    `The newest dumps, of ${count}`,
    html`${tableHtml({
      caption: 'What is no good first, then the oldest',
      columns: [
        { head: 'of', cell: nameOf },
        { head: 'state', cell: stateOf },
        { head: 'newest', cell: ({ written_at: at }) => agoHtml(at, now) },
        { head: 'last good', cell: ({ last_good_at: at }) => agoHtml(at, now) },
        { head: 'size', cell: ({ size_bytes: size }) => bytesText(size), isNumber: true },
        { head: 'held', cell: ({ held }) => held, isNumber: true },
        { head: 'file', cell: ({ file }) => html`<code>${file}</code>` },
      ],
      rows: shown,
    })}${moreHtml(count - shown.length, 'databases')}`,
  )}`;
}

function withoutHtml(without: readonly string[] | null, omitted: number): Html {
  if (without === null) return html`<p>Which databases have no dump is not known.</p>\n`;
  if (without.length === 0) return html`<p>${badge('good', 'every database has a dump')}</p>\n`;
  const named = without.slice(0, MOST_ROWS);
  const more = without.length + omitted - named.length;
  return html`<p>${badge('bad', 'no dump')} of ${named.map((name, index) => html`${index > 0 && ', '}<code>${name}</code>`)}${more > 0 && ` and ${more} more`}</p>\n`;
}

function nameOf({ scope, datname }: Dump): string {
  return datname ?? (scope === 'database' ? 'a database that is not known' : scope);
}

function stateOf({ valid, problem }: Dump): Html {
  const state =
    valid === null ? badge('neutral', 'not known') : valid ? badge('good', 'whole') : badge('bad', 'no good');
  return html`${state}${problem !== null && html`<br><small>${problem}</small>`}`;
}
