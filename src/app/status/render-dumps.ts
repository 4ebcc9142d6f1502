import { printable } from '../../core/printable.ts';
import type { StatusDumps } from '../../http/schema.ts';
import { type Look, table, wrap } from './layout.ts';
import { ageText, bytesText, countText } from '../../core/words.ts';

const INDENT = '  ';
/** The JSON has more of them. */
const MOST_LINES = 10;

/** @param now when it was assessed, RFC 3339 */
export function dumpLines(dumps: StatusDumps | null, now: string, look: Look): readonly string[] {
  if (dumps === null) return [];
  const { newest, newest_omitted: omitted, running, databases_without: missing } = dumps;
  const rows = newest.slice(0, MOST_LINES).map((dump) => cellsOf(dump, now));
  const rest = newest.length - rows.length + omitted;
  const problems = newest.slice(0, MOST_LINES).flatMap(({ problem }) => problem ?? []);
  return [
    ...(newest.length === 0 ? [`${INDENT}no dump`] : []),
    ...table(['dump of', 'last good', 'size', 'to before', 'newest', 'file'], rows, look),
    ...problems.flatMap((line) => wrap(printable(line), INDENT + INDENT, look)),
    ...(rest === 0 ? [] : [`${INDENT}and dumps of ${countText(rest, 'more database')}`]),
    ...(running === 0 ? [] : [`${INDENT}${countText(running, 'dump')} being written`]),
    ...withoutLines(missing, dumps.databases_without_omitted, look),
  ];
}

function cellsOf(dump: StatusDumps['newest'][number], now: string): readonly string[] {
  const { scope, datname, last_good_at: good, last_good_bytes: bytes, ratio } = dump;
  const name = {
    database: datname === null ? '(not known)' : printable(datname),
    cluster: '(cluster)',
    globals: '(globals)',
  };
  return [
    `${name[scope]}${dump.is_wanted === false ? ' (not judged)' : ''}`,
    good === null ? 'never' : `${ageText(good, now)} ago`,
    bytes === null ? '' : bytesText(bytes),
    ratio === null ? '' : `${Math.round(ratio * 100)} %`,
    dump.valid === null ? 'not known' : dump.valid ? 'good' : 'NO GOOD',
    printable(dump.file),
  ];
}

function withoutLines(missing: readonly string[] | null, omitted: number, look: Look): readonly string[] {
  if (missing === null || missing.length === 0) return [];
  const rest = Math.max(0, missing.length - MOST_LINES) + omitted;
  const names = missing.slice(0, MOST_LINES).map(printable).join(', ');
  return wrap(`without a good dump: ${names}${rest === 0 ? '' : ` and ${rest} more`}`, INDENT, look);
}
