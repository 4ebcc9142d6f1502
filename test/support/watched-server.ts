import { resolveTarget } from '../../src/app/resolve-target.ts';
import { buildCollectors } from '../../src/app/collectors.ts';
import { createWatching, startHeartbeats, type Watching } from '../../src/app/watching.ts';
import { createHistory, type History } from '../../src/core/history.ts';
import type { LogFields, Logger } from '../../src/core/logger.ts';
import { targetName } from '../../src/postgres/connection-options.ts';
import { Target } from '../../src/scrape/target.ts';
import type { Ticker } from '../../src/scrape/ticker.ts';

export interface LogLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

/** A target as an app has it whose recoverability is asked for. Dispose of it. */
export interface WatchedServer extends AsyncDisposable {
  readonly target: Target;
  readonly watching: Watching;
  readonly history: History;
  /** Everything logged so far. */
  readonly log: readonly LogLine[];
  /** Starts the heartbeats; those end with this, if they are not disposed of before. */
  readonly beat: (intervalMs: number) => Ticker;
  /** A scrape of these collectors, of all by default. */
  readonly scrape: (...collect: string[]) => Promise<void>;
}

export const watchedConnections = 2;

export interface WatchOptions {
  /** Collectors of the page that are switched on or off. */
  readonly switches?: Readonly<Record<string, boolean>>;
  readonly isLosing?: () => boolean | undefined;
  /** False for the page of a server whose recoverability nobody asks for. */
  readonly watches?: boolean;
}

export function watchServer(
  url: string,
  { switches = {}, isLosing = () => undefined, watches = true }: WatchOptions = {},
): WatchedServer {
  const log: LogLine[] = [];
  const logger = createRecorder(log);
  const options = resolveTarget({ name: url, uri: undefined, user: undefined, password: undefined }, {});
  const watching = createWatching({
    stalledAfterMs: 120_000,
    walCapacityBytes: 2 ** 40,
    receivers: ['pg_receivewal'],
    isLosing,
  });
  const history = createHistory();
  const on = new Map(Object.entries(switches).map(([name, is]) => [name, { on: is, said: name, where: {} }]));
  const own = { queryPaths: [], switches: on, stalledAfterMs: 120_000, walCapacityBytes: 2 ** 40 };
  const settings = watches ? { ...own, watching } : own;
  const target = new Target({
    connection: { name: targetName(options), database: options.database, read: () => options },
    connections: watchedConnections,
    databases: { include: [], exclude: [], connections: 1 },
    collectors: buildCollectors(settings, history),
    history,
    seriesCaps: { perCollector: 1_000_000, perPage: 1_000_000 },
    log: logger,
    watch: watching.watch,
  });
  let ticker: Ticker | undefined;
  return {
    target,
    watching,
    history,
    log,
    beat: (intervalMs) =>
      (ticker = startHeartbeats(target, watching, { scrapeTimeoutMs: 10_000, log: logger }, intervalMs)),
    async scrape(...collect) {
      const selection = { collect: collect.length === 0 ? undefined : new Set(collect), exclude: new Set<string>() };
      const flight = target.scrape(selection, 10_000, new AbortController().signal);
      await flight.result;
      flight.release();
    },
    async [Symbol.asyncDispose]() {
      await ticker?.[Symbol.asyncDispose]();
      await target[Symbol.asyncDispose]();
    },
  };
}

function createRecorder(lines: LogLine[]): Logger {
  const at =
    (level: string) =>
    (fields: LogFields, message: string): void =>
      void lines.push({ ...fields, level, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
