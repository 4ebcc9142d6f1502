import { printable } from '../../core/printable.ts';

const MARKUP: unique symbol = Symbol('markup');

/** A piece of a page. Only `html` makes one, so nothing in it is markup that stood in a text. */
export interface Html {
  readonly [MARKUP]: string;
}

/** What a template may hold: text is escaped, and nothing is written for what is not there. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Markup as it is written here, with all that is put into it escaped. Attributes are to be quoted. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  const texts = parts.map((part, index) => part + (index < values.length ? toMarkup(values[index]) : ''));
  return { [MARKUP]: texts.join('') };
}

/** The text of a page or a part of it. */
export function markupOf(piece: Html): string {
  return piece[MARKUP];
}

function toMarkup(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escape(value);
  return isList(value) ? value.map(toMarkup).join('') : value[MARKUP];
}

function isList(value: Html | readonly Content[]): value is readonly Content[] {
  return Array.isArray(value);
}

/** What would move text (marks of direction) or hide in it is spelled out. */
function escape(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
