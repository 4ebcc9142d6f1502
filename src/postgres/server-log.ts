import type { ResultHandler } from '../core/collector.ts';
import { cellsOf } from '../core/row.ts';
import type { Session } from './session.ts';

/** A file of log_directory as the server lists it. */
export interface ServerLogFile {
  readonly name: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly changedMs: number;
}

const LIST_SQL = `
SELECT name, size, (extract(epoch FROM modification) * 1000)::bigint FROM pg_ls_logdir() ORDER BY modification`;

/** All files of log_directory, the oldest first. Throws what ended the query: pg_monitor may run it. */
export async function listServerLogs(session: Session, timeoutMs: number): Promise<readonly ServerLogFile[]> {
  const rows = await query(session, LIST_SQL, timeoutMs);
  return rows.map(([name, size, changed]) => ({
    name: name ?? '',
    sizeBytes: Number(size),
    changedMs: Number(changed),
  }));
}

/**
 * The same piece of files of log_directory, in their order, shorter where a file ends; undefined for one that is not
 * there. Throws what ended the query: `pg_read_binary_file` has to be granted.
 */
export async function readServerLogs(
  session: Session,
  names: readonly string[],
  { position, bytes }: { readonly position: number; readonly bytes: number },
  timeoutMs: number,
): Promise<readonly (Buffer | undefined)[]> {
  // In hexadecimal: whatever a name has in it, and however the server reads quotes. One literal, whatever their number:
  // each other statement would be an entry of its own in pg_stat_statements.
  const list = names.map((name) => Buffer.from(name).toString('hex')).join(',');
  const path = `current_setting('log_directory') || '/' || convert_from(decode(name, 'hex'), getdatabaseencoding())`;
  const sql = `
SELECT encode(pg_read_binary_file(${path}, ${position}, ${bytes}, true), 'base64')
  FROM unnest(string_to_array('${list}', ',')) WITH ORDINALITY AS files (name, n) ORDER BY n`;
  const rows = await query(session, sql, timeoutMs);
  return rows.map(([text]) => (typeof text === 'string' ? Buffer.from(text, 'base64') : undefined));
}

async function query(
  session: Session,
  sql: string,
  timeoutMs: number,
): Promise<readonly (readonly (string | null)[])[]> {
  const rows: (readonly (string | null)[])[] = [];
  const handler: ResultHandler = {
    columns: () => undefined,
    row: (row) => rows.push(cellsOf(row)),
    end: () => undefined,
  };
  await session.run({ sql, timeoutMs, seesPublic: false }, handler);
  return rows;
}
