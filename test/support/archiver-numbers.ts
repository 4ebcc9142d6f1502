import { expect } from 'vitest';
import { parseLsn } from '../../src/core/lsn.ts';
import { waitFor } from '../../servers/index.ts';
import { ARCHIVE_FOLDER, type LabServer } from './archiver-lab.ts';
import type { ArchiverWatch, Look } from './archiver-watch.ts';
import { valueOf } from './http.ts';

const SEGMENT_BYTES = 2 ** 20;

/** What the server's files and counters say, read by other ways than the collector reads them. */
interface Truth {
  readonly expected: boolean;
  readonly lsn: number;
  /** Names in archive_status that end in .ready. */
  readonly ready: readonly string[];
  /** Names in the archive, if there is one. */
  readonly archive: readonly string[];
  readonly failed: number;
  readonly archived: number;
  readonly timeline: string | undefined;
  /** The last file that PostgreSQL archived, and the seconds from closing it. */
  readonly last: string | undefined;
  readonly latency: number | undefined;
}

/** Waits until the page's numbers are those of the server's files; throws with both when they never are. */
export async function checkNumbers(server: LabServer, watch: ArchiverWatch): Promise<void> {
  let difference: unknown;
  await waitFor(
    'numbers of the archiver that the files of the server bear out',
    async () => {
      const before = await truthOf(server);
      const look = await watch.look();
      const after = await truthOf(server);
      if (look === undefined || JSON.stringify(before) !== JSON.stringify(after)) return false;
      const said = saidBy(look, after);
      difference = { said, true: numbersOf(after), from: after };
      expect(said).toEqual(numbersOf(after));
      return true;
    },
    10_000,
  ).catch((error: unknown) => {
    throw new Error(`The numbers are not those of the server: ${JSON.stringify(difference, undefined, 1)}`, {
      cause: error,
    });
  });
}

const FAMILIES = ['lag_bytes', 'lag_segments', 'ready_segments', 'failed_total', 'archived_total'] as const;

/** After a label or a history the latency is that of a segment archived before, of which the server keeps nothing. */
function saidBy(look: Look, truth: Truth): Readonly<Record<string, number | undefined>> {
  const said = FAMILIES.map((name) => [name, valueOf(look.families, `pg_archiver_${name}`)] as const);
  const latency = rounded(valueOf(look.families, 'pg_archiver_segment_latency_seconds'));
  const ofSegment = truth.last === undefined || /^\w{24}(\.partial)?$/.test(truth.last);
  return { ...Object.fromEntries(said), latency: ofSegment ? latency : rounded(truth.latency) };
}

function numbersOf(truth: Truth): Readonly<Record<string, number | undefined>> {
  const { expected, lsn, ready, failed, archived, latency } = truth;
  const counters = { failed_total: failed, archived_total: archived };
  if (!expected)
    return {
      lag_bytes: undefined,
      lag_segments: undefined,
      ready_segments: undefined,
      ...counters,
      latency: undefined,
    };
  const from = Math.min(archivedUpTo(truth), lsn);
  return {
    lag_bytes: lsn - from,
    lag_segments: Math.floor(lsn / SEGMENT_BYTES) - Math.floor(from / SEGMENT_BYTES),
    ready_segments: ready.filter((name) => /^\w{24}\.ready$/.test(name)).length,
    ...counters,
    latency: rounded(latency),
  };
}

/** From the archive itself where it has a segment of this timeline, else from what waits. */
function archivedUpTo({ lsn, ready, archive, timeline }: Truth): number {
  const kept = archive.filter((name) => /^\w{24}$/.test(name) && (timeline === undefined || name.startsWith(timeline)));
  if (kept.length > 0) return Math.max(...kept.map(startOf)) + SEGMENT_BYTES;
  const waiting = ready.filter((name) => /^\w{24}\.ready$/.test(name)).map(startOf);
  return waiting.length > 0 ? Math.min(...waiting) : lsn - (lsn % SEGMENT_BYTES);
}

/** The first byte of a segment, by its name. */
function startOf(name: string): number {
  return Number.parseInt(name.slice(8, 16), 16) * 2 ** 32 + Number.parseInt(name.slice(16, 24), 16) * SEGMENT_BYTES;
}

function rounded(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(Math.max(0, seconds) * 10) / 10;
}

async function truthOf(server: LabServer): Promise<Truth> {
  const [[mode, recovery, lsn, ready, archive, failed, archived, timeline, last, latency] = []] = await server.sql(`
    SELECT current_setting('archive_mode'), pg_is_in_recovery()::text,
           CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END,
           (SELECT string_agg(name, ' ') FROM pg_ls_dir('pg_wal/archive_status') AS name WHERE name LIKE '%.ready'),
           (SELECT string_agg(name, ' ') FROM pg_ls_dir('${ARCHIVE_FOLDER}', true, false) AS name
            WHERE (pg_stat_file('${ARCHIVE_FOLDER}/' || name)).size > 0),
           failed_count, archived_count,
           (SELECT lpad(to_hex(timeline_id), 8, '0') FROM pg_control_checkpoint()), last_archived_wal,
           extract(epoch FROM last_archived_time - (
             SELECT modification FROM pg_stat_file('pg_wal/archive_status/' || last_archived_wal || '.done', true)))
    FROM pg_stat_archiver`);
  return {
    expected: mode === 'always' || (mode === 'on' && recovery === 'false'),
    lsn: Number(parseLsn(lsn ?? '')),
    ready: ready?.split(' ') ?? [],
    archive: archive?.split(' ') ?? [],
    failed: Number(failed),
    archived: Number(archived),
    timeline: recovery === 'true' ? undefined : (timeline ?? undefined),
    last: last ?? undefined,
    latency: latency === null || latency === undefined ? undefined : Number(latency),
  };
}
