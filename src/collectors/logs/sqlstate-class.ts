/** Source: https://www.postgresql.org/docs/18/errcodes-appendix.html. */
const CLASSES: ReadonlySet<string> = new Set(
  '00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D 3F 40 42 44 53 54 55 57 58 72 F0 HV P0 XX'.split(
    ' ',
  ),
);

/** The first two characters, if PostgreSQL has such a class: functions may raise any. Empty if the log does not tell. */
export function sqlstateClass(sqlstate: string | undefined): string {
  if (sqlstate === undefined) return '';
  const found = sqlstate.slice(0, 2);
  return CLASSES.has(found) ? found : 'other';
}
