import type { Collector } from '../core/collector.ts';
import { WalguardError } from '../core/error.ts';
import { declareFamily, type Family } from '../core/family.ts';
import type { History } from '../core/history.ts';
import type { Logger } from '../core/logger.ts';
import type { ServerWatch } from '../core/server-watch.ts';
import { giveBackChunks } from '../exposition/chunk-pool.ts';
import type { FamilyChunks } from '../exposition/page.ts';
import type { ConnectionSource } from '../postgres/connection-options.ts';
import { type Budget, createBudget } from './budget.ts';
import { COMPATIBLE_FAMILIES, writeCompatible } from './compatible.ts';
import type { Outcome } from './outcome.ts';
import { createLastOutcomes, type LastOutcome } from './last-outcomes.ts';
import { createOutcomeLog } from './outcome-log.ts';
import { withoutClashes } from './clashes.ts';
import type { Selection } from './plan.ts';
import type { DatabasePatterns } from './databases.ts';
import { Elsewhere } from './elsewhere.ts';
import { Sessions } from './sessions.ts';
import { createSingleFlight, type Flight } from './single-flight.ts';
import type { StepResult } from './run-lane.ts';
import type { SeriesCaps } from './series-limit.ts';
import { createStepSink } from './sink.ts';
import { createTally, FACTS_COLLECTOR, TALLY_FAMILIES } from './tally.ts';
import { type TargetResult, TargetScraper } from './target-scraper.ts';

const UP = declareFamily(
  'pg_up',
  'gauge',
  '1 if this scrape reached the server and no collector that is declared fatal failed.',
);
const BOUNCER_UP = declareFamily(
  'pgbouncer_up',
  'gauge',
  'The same as pg_up, where the console of PgBouncer is scraped; also while it cannot be reached.',
);
const CONNECTIONS = declareFamily(
  'walguard_postgres_connections',
  'gauge',
  'Connections walguard holds open to the server from one scrape to the next.',
  ['target'],
);

/** PgBouncer allows no other database of this name; on a server there may be one. */
const CONSOLE = 'pgbouncer';

/** The families of every target's page that no collector declares. */
export const TARGET_FAMILIES: readonly Family[] = [UP, BOUNCER_UP, CONNECTIONS, ...COMPATIBLE_FAMILIES];

/** What no collector's sample may be called. */
const OWN_NAMES: readonly string[] = [...TALLY_FAMILIES, ...TARGET_FAMILIES].map(({ name }) => name);

export interface TargetSettings {
  readonly connection: ConnectionSource;
  /** Connections at most, for steps that concern the whole server. */
  readonly connections: number;
  readonly databases: DatabasePatterns & {
    /** Connections at most, at one time, to databases beside the connected one. */
    readonly connections: number;
  };
  readonly collectors: readonly Collector[];
  readonly history: History;
  readonly seriesCaps: SeriesCaps;
  readonly log: Logger;
  /** Told of each scrape that reached a server; undefined if nobody watches it. */
  readonly watch?: ServerWatch | undefined;
}

/** How long a scrape lets an asking between scrapes go on that is slow, or that waits for a server that is silent. */
const PATIENCE_MS = 500;

/** All there are, of those it may choose from. */
const EVERYTHING: Selection = { collect: undefined, exclude: new Set() };

/** A PostgreSQL server to scrape: what is kept of it from one scrape to the next. */
export class Target implements AsyncDisposable {
  readonly name: string;
  readonly #database: string;
  readonly #sessions: Sessions;
  readonly #scraper: TargetScraper;
  readonly #collectors: readonly Collector[];
  readonly #watch: ServerWatch | undefined;
  readonly #tally = createTally();
  readonly #logOutcomes: (outcomes: readonly Outcome[]) => void;
  readonly #lastOutcomes = createLastOutcomes();
  readonly #flights = createSingleFlight<readonly FamilyChunks[]>((families) => {
    for (const { chunks } of families) giveBackChunks(chunks);
  });
  #scrapes = 0;
  #failedMs = -Infinity;
  /** Ends the asking under way. */
  #asking: AbortController | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor({ connection, connections, databases, collectors, history, seriesCaps, log, watch }: TargetSettings) {
    this.name = connection.name;
    this.#collectors = collectors;
    this.#watch = watch;
    this.#database = connection.database;
    this.#sessions = new Sessions(connection, connections, log);
    const elsewhere = new Elsewhere(connection, databases.connections);
    const mayBeConsole = connection.database === CONSOLE;
    const parts = { sessions: this.#sessions, elsewhere, databases, collectors, history, seriesCaps, mayBeConsole };
    this.#scraper = new TargetScraper(parts);
    this.#logOutcomes = createOutcomeLog(log, this.name);
  }

  /**
   * The families of one scrape, pg_up among them. Requests for the same collectors that have about as much time share
   * one run and its deadline; other requests wait for it. Never rejects.
   */
  scrape(selection: Selection, budgetMs: number, reader: AbortSignal): Flight<readonly FamilyChunks[]> {
    const started = performance.now();
    const run = async (abandoned: AbortSignal): Promise<readonly FamilyChunks[]> => {
      const timer = setTimeout(() => this.#asking?.abort(), PATIENCE_MS);
      try {
        return await this.#inTurn(() => this.#run(selection, budgetMs - (performance.now() - started), abandoned));
      } finally {
        clearTimeout(timer);
      }
    };
    return this.#flights.join(`${selectionKey(selection)} ${magnitudeOf(budgetMs)}`, run, reader);
  }

  /**
   * Asks the server between scrapes, in their queue and over their sessions: the history grows by a heartbeat, and
   * these collectors run for what they remember or tell others. What they give goes on no page. A scrape that has to
   * wait for it ends it.
   */
  async ask(collectors: readonly Collector[], budgetMs: number, abandoned: AbortSignal): Promise<void> {
    await this.#inTurn(async () => {
      if (abandoned.aborted) return;
      const asking = new AbortController();
      const end = (): void => asking.abort();
      abandoned.addEventListener('abort', end, { once: true });
      this.#asking = asking;
      try {
        using budget = createBudget(budgetMs, asking.signal);
        const { up, results } = await this.#ask(collectors, EVERYTHING, budget);
        for (const { families } of results) for (const { chunks } of families) giveBackChunks(chunks);
        if (!asking.signal.aborted)
          this.#tell(
            up,
            results.map(({ outcome }) => outcome),
          );
      } finally {
        this.#asking = undefined;
        abandoned.removeEventListener('abort', end);
      }
    });
  }

  /** When a scrape or another asking last failed to reach the server, by the clock of `performance`. */
  get failedMs(): number {
    return this.#failedMs;
  }

  /** What became of each collector when it last ran, by name. */
  get lastOutcomes(): readonly LastOutcome[] {
    return this.#lastOutcomes.list();
  }

  /** @param up undefined if the server was not asked */
  #tell(up: boolean | undefined, outcomes: readonly Outcome[]): void {
    if (up === false) this.#watch?.missed();
    this.#lastOutcomes.take(outcomes);
    this.#logOutcomes(outcomes);
  }

  async #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#last.then(run);
    // One that failed for a bug must not fail all that wait for it, and one that ended must not keep its page in memory.
    this.#last = done.then(toNothing, toNothing);
    return await done;
  }

  async #ask(collectors: readonly Collector[], selection: Selection, budget: Budget): Promise<TargetResult> {
    const result = await this.#scraper.scrape(collectors, selection, budget);
    if (result.facts !== undefined) this.#watch?.settle(result.facts);
    if (result.up === false) this.#failedMs = performance.now();
    return result;
  }

  async #run(selection: Selection, budgetMs: number, abandoned: AbortSignal): Promise<readonly FamilyChunks[]> {
    if (abandoned.aborted) return [];
    const started = performance.now();
    using budget = createBudget(Math.max(0, budgetMs), abandoned);
    // All its time went by in the queue: that says nothing of the server, and leaves its sessions alone.
    const isLate = budgetMs <= 0;
    const result = isLate ? QUEUED_TOO_LONG : await this.#ask(this.#collectors, selection, budget);
    const alone = await this.#scraper.runAlone(this.#collectors, selection, budget);
    if (abandoned.aborted) return [];
    const results = [...result.results, ...alone];
    return this.#assemble({ ...result, results }, isLate ? 0 : (performance.now() - started) / 1_000);
  }

  #assemble({ up, facts, kind, results }: TargetResult, seconds: number): readonly FamilyChunks[] {
    const { families, outcomes } = withoutClashes(results, OWN_NAMES);
    const fatal = outcomes.some((outcome) => outcome.status === 'failed' && outcome.fatal === true);
    const sink = createStepSink();
    this.#tell(up, outcomes);
    if (up !== undefined) {
      const value = up && !fatal ? 1 : 0;
      sink.add(UP, sink.labels([], []), value);
      if (kind === 'console' || (kind === undefined && this.#database === CONSOLE))
        sink.add(BOUNCER_UP, sink.labels([], []), value);
    }
    sink.add(CONNECTIONS, sink.labels(['target'], [this.name]), this.#sessions.open);
    this.#tally.report(outcomes, sink);
    this.#scrapes++;
    writeCompatible({ outcomes, seconds, scrapes: this.#scrapes, facts }, sink);
    return [...families, ...sink.finish()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#sessions[Symbol.asyncDispose]();
  }
}

function toNothing(): void {}

/** What is known of a server that was not asked. */
const QUEUED_TOO_LONG: TargetResult = { up: undefined, facts: undefined, kind: undefined, results: [queuedTooLong()] };

function queuedTooLong(): StepResult {
  const error = new WalguardError('QUERY_DEADLINE', 'a scrape of other collectors took all the time of this one', {
    hint: 'Let scrapes of the same server with different collect[] come one after the other.',
  });
  return { outcome: { status: 'failed', collector: FACTS_COLLECTOR, seconds: 0, error }, families: [] };
}

function selectionKey({ collect, exclude }: Selection): string {
  return JSON.stringify([collect === undefined ? null : [...collect].toSorted(), [...exclude].toSorted()]);
}

/** What is within a factor of two; who says that it has hardly any time must not decide for those who have more. */
function magnitudeOf(budgetMs: number): number {
  return Math.floor(Math.log2(budgetMs));
}
