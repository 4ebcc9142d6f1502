/**
 * Where in a query the server found an error, as an index into its text; undefined if the server did not say.
 *
 * @param error with what the server said among its causes
 * @param isOfBytes the server counts bytes, as one whose encoding is SQL_ASCII does, and not characters
 */
export function errorOffset(error: Error, sql: string, isOfBytes: boolean): number | undefined {
  const position = findPosition(error);
  if (position === undefined) return undefined;
  if (isOfBytes)
    return Buffer.from(sql)
      .subarray(0, position - 1)
      .toString().length;
  return Array.from(sql)
    .slice(0, position - 1)
    .join('').length;
}

/** Counted from 1. */
function findPosition(error: Error): number | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const position = 'position' in at ? Number(at.position) : Number.NaN;
    if (position > 0) return position;
  }
  return undefined;
}
