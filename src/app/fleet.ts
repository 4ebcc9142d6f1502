import type { Settings } from '../config/settings.ts';
import { collect, type WalguardError, WalguardErrors } from '../core/error.ts';
import type { Format } from '../exposition/encode.ts';
import type { Page, Refusal, ServedServer, ServedServers } from '../http/served.ts';
import { definitionsOf, identityOf } from './definitions.ts';
import { Departures } from './departures.ts';
import { makeOwnPage } from './make-page.ts';
import { readPacksOnce, rememberDefaultPacks } from './packs.ts';
import { Probes } from './probes.ts';
import { ServedTarget, type ServedTargetContext, type TargetDefinition } from './served-target.ts';

/** What was loaded of one server. */
interface Loaded {
  readonly definition: TargetDefinition;
  readonly identity: string;
  readonly served: ServedTarget;
}

/** All servers of one walguard. Loading anew changes only those whose configuration has changed. */
export class Fleet implements ServedServers, AsyncDisposable {
  readonly #context: Omit<ServedTargetContext, 'packs'>;
  readonly #probes: Probes;
  readonly #defaultPacks = rememberDefaultPacks();
  /** By name, in the configuration's order; of the one that stands alone the name is undefined. */
  #loaded: ReadonlyMap<string | undefined, Loaded> = new Map();
  #isStarted = false;
  /** Those that a reload took away. */
  readonly #departures: Departures;
  #longestScrapeMs = 0;

  constructor(context: Omit<ServedTargetContext, 'packs'>) {
    this.#context = context;
    this.#probes = new Probes(context);
    this.#departures = new Departures(context.log);
  }

  /**
   * Takes up a configuration whole, or leaves everything as it was.
   *
   * @throws WalguardErrors with everything that is wrong with it
   */
  load(settings: Settings): void {
    const packs = readPacksOnce(this.#defaultPacks);
    const problems: WalguardError[] = [];
    const wanted = collect(problems, () => definitionsOf(settings, this.#context.env)) ?? [];
    const next = new Map<string | undefined, Loaded>();
    for (const definition of wanted) {
      const { name } = definition;
      const before = this.#loaded.get(name);
      const identity = collect([], () => identityOf(definition, packs)) ?? '';
      const served =
        before !== undefined && before.identity === identity
          ? before.served
          : collect(problems, () => new ServedTarget(definition, { ...this.#context, packs }));
      if (served !== undefined) next.set(name, { definition, identity, served });
    }
    const probing = collect(problems, () => this.#probes.prepare(settings, packs));
    if (problems.length > 0 || probing === undefined) throw new WalguardErrors(problems);
    this.#replace(next);
    probing();
    const timeouts = [...next.values()].map(({ served }) => served.scrapeTimeoutMs);
    this.#longestScrapeMs = Math.max(settings.scrapeTimeoutMs, ...timeouts);
  }

  #replace(next: ReadonlyMap<string | undefined, Loaded>): void {
    const before = [...this.#loaded.values()].map(({ served }) => served);
    const kept = new Set([...next.values()].map(({ served }) => served));
    for (const { served, definition } of next.values()) {
      if (before.includes(served)) served.adopt(definition);
      else if (this.#isStarted) served.start();
    }
    this.#loaded = next;
    for (const served of before) if (!kept.has(served)) this.#departures.letGo(served);
  }

  /** Begins what goes on between scrapes. */
  start(): void {
    this.#isStarted = true;
    for (const { served } of this.#loaded.values()) served.start();
  }

  only(): ServedTarget | undefined {
    return this.#loaded.get(undefined)?.served;
  }

  targets(): readonly ServedTarget[] {
    return this.only() === undefined ? [...this.#loaded.values()].map(({ served }) => served) : [];
  }

  find(name: string): ServedTarget | undefined {
    const found = this.#loaded.get(name)?.served ?? this.only();
    return found?.name === name ? found : undefined;
  }

  probe(place: string, authModule: string): ServedServer | Refusal {
    return this.#probes.find(place, authModule);
  }

  async makeOwnPage(format: Format): Promise<Page> {
    return await makeOwnPage(this.#context.instruments, format);
  }

  /** Of all servers, also those that requests name. */
  get longestScrapeMs(): number {
    return this.#longestScrapeMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { served } of this.#loaded.values()) this.#departures.letGo(served);
    await Promise.all([this.#departures[Symbol.asyncDispose](), this.#probes[Symbol.asyncDispose]()]);
  }
}
