import type { Collector, ResultHandler, SampleSink } from '../../core/collector.ts';
import { declareFamily } from '../../core/family.ts';
import { cellsOf } from '../../core/row.ts';
import { availableBytes } from '../../storage/disk.ts';
import { addSample, secondsUntilFull, type SizeSample } from './growth.ts';

const AVAILABLE = declareFamily(
  'pg_wal_directory_available_bytes',
  'gauge',
  'Bytes still free where the WAL directory is; known if walguard runs on that host and may look, or was told the size.',
);
const UNTIL_FULL = declareFamily(
  'pg_wal_directory_until_full_seconds',
  'gauge',
  'Seconds until no byte is free where the WAL directory is, at the rate it grew over the last hour; absent when it does not grow.',
);

const SQL = `
SELECT current_setting('data_directory') || '/pg_wal' AS directory,
       sum(size) AS bytes,
       max(name) FILTER (WHERE name ~ '^[0-9A-F]{24}$') AS newest,
       extract(epoch FROM clock_timestamp()) AS server_time
FROM pg_ls_waldir()`;

/** What walguard was told of the WAL directory. */
export interface WalDirectorySettings {
  /** Bytes the WAL directory may take up; undefined if that was not said. */
  readonly capacityBytes: number | undefined;
  /** Told when it will be full, each time; undefined seconds if that is not known, or it does not grow. */
  readonly saw?: ((untilFullSeconds: number | undefined) => void) | undefined;
}

/** Free space for WAL: by statvfs where walguard sees the server's own directory, or from the configured size. */
export function createWalDirectoryCollector({ capacityBytes, saw }: WalDirectorySettings): Collector {
  let samples: readonly SizeSample[] = [];

  async function emit(cells: readonly (string | null)[], sink: SampleSink): Promise<void> {
    const [directory, bytesText, newest, timeText] = cells;
    const sample = { serverTime: Number(timeText), bytes: Number(bytesText) };
    samples = addSample(samples, sample);
    const available =
      capacityBytes === undefined ? await freeBytes(directory, newest) : Math.max(0, capacityBytes - sample.bytes);
    const seconds = available === undefined ? undefined : secondsUntilFull(samples, available);
    saw?.(seconds);
    if (available === undefined) return;
    const labels = sink.labels([], []);
    sink.add(AVAILABLE, labels, available);
    if (seconds !== undefined) sink.add(UNTIL_FULL, labels, seconds);
  }

  return {
    name: 'wal_directory',
    help: 'Free space for WAL, and when it will be used up.',
    enabledByDefault: true,
    families: [AVAILABLE, UNTIL_FULL],
    choose: ({ readsAllStats }) =>
      readsAllStats
        ? {
            kind: 'query',
            sql: SQL,
            timeoutMs: 1_000,
            seesPublic: false,
            open: (sink) => readRow((row) => emit(row, sink)),
          }
        : 'rights',
  };
}

function readRow(use: (cells: readonly (string | null)[]) => Promise<void>): ResultHandler {
  let last: readonly (string | null)[] = [];
  return {
    columns: () => undefined,
    row: (row) => {
      last = cellsOf(row);
    },
    end: () => use(last),
  };
}

/** A path of this name can belong to another server, in a container say: the newest segment must be there too. */
async function freeBytes(
  directory: string | null | undefined,
  newest: string | null | undefined,
): Promise<number | undefined> {
  if (typeof directory !== 'string' || typeof newest !== 'string') return undefined;
  return await availableBytes(`${directory}/${newest}`);
}
