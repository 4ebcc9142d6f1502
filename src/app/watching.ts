import { createArchiverCollector } from '../collectors/archiver/index.ts';
import { createWalDirectoryCollector } from '../collectors/wal-directory/index.ts';
import type { Collector, QueryStep, ResultHandler } from '../core/collector.ts';
import { asWalguardError } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import { createServerWatch, type ServerSighting, type ServerWatch } from '../core/server-watch.ts';
import type { Target } from '../scrape/target.ts';
import { Ticker } from '../scrape/ticker.ts';

/** How the server is watched where its recoverability is asked for: collectors of the page that also tell what they see. */
export interface Watching {
  readonly watch: ServerWatch;
  readonly archiver: Collector;
  readonly walDirectory: Collector;
  /** Gives a collector back as it is or, if it is the one of retained WAL, one that also tells what it sees. */
  readonly listen: (collector: Collector) => Collector;
  /** What to ask the server between scrapes now, also if it is switched off on the page. */
  readonly due: () => readonly Collector[];
}

export interface WatchingSettings {
  readonly stalledAfterMs: number;
  readonly walCapacityBytes: number | undefined;
  /** Application names of the programs that keep the WAL they stream. */
  readonly receivers: readonly string[];
  /** PostgreSQL believes, as it says now, that it archived what the archive does not hold; undefined if that is not known. */
  readonly isLosing: (sighting: ServerSighting) => boolean | undefined;
  /** Dumps are read, and compared with the databases that the server has. */
  readonly wantsDatabases?: boolean;
}

/** The history has a heartbeat at least as often as this. */
const HEARTBEAT_INTERVAL_MS = 10_000;
/** What fills the WAL directory changes slowly, and listing it costs more than all else. */
const WAL_INTERVAL_MS = 60_000;
/** Of the time of a scrape: one that comes meanwhile waits, and has the rest. */
const BUDGET_SHARE = 0.5;

const RETAINED = 'wal_retained';

export function createWatching(settings: WatchingSettings): Watching {
  const { stalledAfterMs, walCapacityBytes, isLosing, wantsDatabases = false } = settings;
  const watch = createServerWatch();
  const saw = (sighting: ServerSighting): void => {
    const receivers = sighting.receivers.filter(({ applicationName }) => settings.receivers.includes(applicationName));
    watch.saw({ ...sighting, receivers });
  };
  const archiver = createArchiverCollector(stalledAfterMs, { saw, sawState: watch.sawState, isLosing, wantsDatabases });
  const walDirectory = createWalDirectoryCollector({ capacityBytes: walCapacityBytes, saw: watch.sawUntilFull });
  let retained: Collector | undefined;
  return {
    watch,
    archiver,
    walDirectory,
    listen(collector) {
      if (collector.name !== RETAINED) return collector;
      return (retained = listenTo(collector, watch.sawRetained));
    },
    due() {
      const wal = [walDirectory, ...(retained === undefined ? [] : [retained])];
      return watch.ages().walMs < WAL_INTERVAL_MS ? [archiver] : [archiver, ...wal];
    },
  };
}

/** Asks the server whenever no scrape did for as long as a heartbeat may be missing. Dispose of it before the target. */
export function startHeartbeats(
  target: Target,
  { watch, due }: Watching,
  { scrapeTimeoutMs, log }: { readonly scrapeTimeoutMs: number; readonly log: Logger },
  intervalMs = HEARTBEAT_INTERVAL_MS,
): Ticker {
  return new Ticker({
    intervalMs,
    lastMs: () => Math.max(target.failedMs, performance.now() - watch.ages().serverMs),
    async tick(stop) {
      try {
        await target.ask(due(), scrapeTimeoutMs * BUDGET_SHARE, stop);
      } catch (thrown) {
        const { code, message } = asWalguardError(thrown);
        log.error({ target: target.name, code, reason: message }, 'asking the server between scrapes failed');
      }
    },
  });
}

function listenTo(collector: Collector, saw: ServerWatch['sawRetained']): Collector {
  return {
    ...collector,
    choose(facts) {
      const step = collector.choose(facts);
      return typeof step === 'string' || step.kind === 'derived' ? step : withListener(step, saw);
    },
  };
}

function withListener(step: QueryStep, saw: ServerWatch['sawRetained']): QueryStep {
  return {
    ...step,
    open(sink, place) {
      const handler = step.open(sink, place);
      const bytes = new Map<string, bigint>();
      let names: readonly string[] = [];
      const listening: ResultHandler = {
        columns(columns) {
          names = columns.map(({ name }) => name);
          handler.columns(columns);
        },
        row(row) {
          const [reason, held] = ['reason', 'retained_bytes'].map((name) => row.text(names.indexOf(name)));
          if (typeof reason === 'string' && typeof held === 'string') bytes.set(reason, BigInt(held));
          handler.row(row);
        },
        async end() {
          await handler.end();
          saw(bytes);
        },
        failed: () => handler.failed?.(),
      };
      return listening;
    },
  };
}
