import { closest } from '../core/closest.ts';
import type { Selection } from '../scrape/plan.ts';

export type { Selection } from '../scrape/plan.ts';

/**
 * Reads `collect[]` and `exclude[]` of a request.
 *
 * Gives a text that says what is wrong if a collector is not known or switched off, so that a misspelt name does not
 * become a page without its metrics.
 */
export function readSelection(query: Readonly<Record<string, unknown>>, known: readonly string[]): Selection | string {
  const collect = readNames(query, 'collect');
  const exclude = readNames(query, 'exclude');
  const unknown = [...collect, ...exclude].find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = closest(unknown, known);
    return `There is no collector ${JSON.stringify(unknown)}, or it is switched off.${near === undefined ? '' : ` Did you mean ${near}?`}`;
  }
  return { collect: collect.length === 0 ? undefined : new Set(collect), exclude: new Set(exclude) };
}

function readNames(query: Readonly<Record<string, unknown>>, key: string): readonly string[] {
  return [query[key], query[`${key}[]`]].flat().filter((value) => typeof value === 'string');
}
