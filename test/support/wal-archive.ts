import { readdir, stat, truncate, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import type { PostgresServer } from '../../servers/index.ts';
import type { ArchiveContents, KnownOfServer } from '../../src/core/catalogue.ts';
import { segmentName } from '../../src/core/segments.ts';

export const NOTHING_KNOWN: KnownOfServer = { segmentBytes: undefined, systemIdentifier: undefined };

/** What a server says of itself. */
export async function askKnown(server: PostgresServer): Promise<KnownOfServer> {
  const [[bytes, identifier] = []] = await server.sql(
    `SELECT pg_size_bytes(current_setting('wal_segment_size'))::text, system_identifier::text FROM pg_control_system()`,
  );
  return { segmentBytes: Number(bytes), systemIdentifier: identifier ?? undefined };
}

/** Fills and archives as many segments; returns when the last one is in the archive. */
export async function archiveSegments(server: PostgresServer, count: number): Promise<void> {
  for (let left = count; left > 0; left -= 1) {
    await server.sql(`SELECT pg_logical_emit_message(true, 'test', 'x')`);
    const [[name] = []] = await server.sql('SELECT pg_walfile_name(pg_switch_wal())');
    // A promoted server may archive an older segment after it, which then is the last one.
    const isLast = `coalesce((SELECT last_archived_wal >= '${name}' FROM pg_stat_archiver), false)`;
    const isDone = `EXISTS (SELECT FROM pg_ls_archive_statusdir() WHERE name = '${name}.done')`;
    await server.waitForSql(`${isLast} OR ${isDone}`, 30_000);
  }
}

/** Names of all segments that an archive is said to hold. */
export function heldNames({ timelines, segmentBytes }: ArchiveContents): readonly string[] {
  return timelines.flatMap(({ timeline, segments }) =>
    Array.from(segments, (segment) => segmentName(timeline, segment, segmentBytes ?? Number.NaN)),
  );
}

/** Names of the segments that a folder has, whole ones, sorted. */
export async function segmentNamesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder)).filter((name) => /^[0-9A-F]{24}$/.test(name)).toSorted();
}

/** Sets a file's time back, so that no one can be writing it any more. */
export async function age(path: string, seconds = 3_600): Promise<void> {
  const { mtimeMs } = await stat(path);
  await utimes(path, mtimeMs / 1000 - seconds, mtimeMs / 1000 - seconds);
}

/** Sets all files of a folder back, and then the folder. */
export async function ageAll(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await age(join(folder, name));
  await age(folder);
}

/** Cuts a file short and gives it back its old time. */
export async function cut(path: string, bytes: number): Promise<void> {
  const { mtimeMs } = await stat(path);
  await truncate(path, bytes);
  await utimes(path, mtimeMs / 1000, mtimeMs / 1000);
}
