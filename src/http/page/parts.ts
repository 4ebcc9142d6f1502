import { ageText, durationText, timeText } from '../../core/words.ts';
import { type Content, html, type Html } from './html.ts';

/** A moment for people and programs; the script adds the reader's own time. */
export function timeHtml(time: string | null, unknown = 'not known'): Html {
  return time === null ? html`${unknown}` : html`<time datetime="${time}">${timeText(time)}</time>`;
}

/** How long ago a moment is. @param now RFC 3339 */
export function agoHtml(time: string | null, now: string, never = 'never'): Html {
  return time === null ? html`${never}` : html`<time datetime="${time}">${ageText(time, now)} ago</time>`;
}

/** How long something took. */
export function tookText(seconds: number): string {
  return seconds < 1 ? `${Math.ceil(seconds * 1_000)} ms` : durationText(seconds);
}

export type Tone = 'good' | 'warning' | 'bad' | 'neutral';

const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', warning: '!', bad: '✕', neutral: '·' };

/** A word with a sign and a colour: the colour alone would say nothing to some. */
export function badge(tone: Tone, text: string): Html {
  return html`<span class="badge ${tone}"><span aria-hidden="true">${SIGNS[tone]}</span> ${text}</span>`;
}

export interface TableOf<Row> {
  readonly caption: string;
  readonly columns: readonly {
    readonly head: string;
    readonly cell: (row: Row) => Content;
    readonly isNumber?: true;
  }[];
  readonly rows: readonly Row[];
}

/**
 * On a narrow page each row is a block, and each cell has its head beside it; the roles keep it a table for who does not
 * see it. The first column names the row.
 */
export function tableHtml<Row>({ caption, columns, rows }: TableOf<Row>): Html {
  const lines = rows.map(
    (row) =>
      html`<tr role="row">${columns.map(({ head, cell, isNumber }, index) =>
        index === 0
          ? html`<th scope="row" role="rowheader" data-head="${head}">${cell(row)}</th>`
          : html`<td role="cell" data-head="${head}" class="${isNumber === true ? 'number' : ''}">${cell(row)}</td>`,
      )}</tr>\n`,
  );
  return html`<table role="table">
<caption>${caption}</caption>
<thead role="rowgroup"><tr role="row">${columns.map(({ head }) => html`<th scope="col" role="columnheader">${head}</th>`)}</tr></thead>
<tbody role="rowgroup">
${lines}</tbody>
</table>\n`;
}

/** What is not asked for at night, closed at first. @param id unique in the page: whether it is open is kept by it */
export function detailsHtml(id: string, summary: Content, content: Content): Html {
  return html`<details id="${id}"><summary>${summary}</summary>
${content}</details>\n`;
}

/** Says how many more there are, if there are. */
export function moreHtml(count: number, what: string): Html | false {
  return count > 0 && html`<p class="more">and ${count} ${what}</p>\n`;
}
