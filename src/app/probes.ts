import type { AuthModule } from '../config/auth-modules.ts';
import type { ServerSettings, Settings } from '../config/settings.ts';
import { collect, type WalguardError, WalguardErrors } from '../core/error.ts';
import type { Refusal } from '../http/served.ts';
import { identityOf } from './definitions.ts';
import { Departures } from './departures.ts';
import { definitionOfProbe, findPlace, type Place, placeText } from './probe-place.ts';
import type { Packs } from './packs.ts';
import { ServedTarget, type ServedTargetContext } from './served-target.ts';

/** A server that nobody asked about for so long is let go. */
const IDLE_MS = 300_000;
/** Each has connections and a past; who asks for more asks for what is not there. */
const MOST = 200;

interface Probed {
  readonly served: ServedTarget;
  readonly place: Place;
  readonly moduleName: string;
  readonly identity: string;
  askedMs: number;
}

interface Prepared {
  readonly settings: ServerSettings;
  readonly modules: ReadonlyMap<string, AuthModule>;
  readonly packs: Packs;
}

/** The servers that requests name, which an auth module has credentials for: kept while they are asked about. */
export class Probes implements AsyncDisposable {
  readonly #context: Omit<ServedTargetContext, 'packs'>;
  readonly #probed = new Map<string, Probed>();
  readonly #departures: Departures;
  #prepared: Prepared | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(context: Omit<ServedTargetContext, 'packs'>) {
    this.#context = context;
    this.#departures = new Departures(context.log);
  }

  /**
   * Looks whether these modules can be used.
   *
   * @returns what takes them up; servers of before stay that are as they were
   * @throws WalguardErrors with everything that is wrong with them
   */
  prepare(settings: Settings, packs: Packs): () => void {
    // Nobody said which repositories hold the backups of a server that nobody named.
    const ofProbe = { ...settings, recoverability: { ...settings.recoverability, repositories: [] } };
    const modules = new Map(settings.authModules.map((module) => [module.name, module]));
    const problems: WalguardError[] = [];
    for (const module of modules.values())
      collect(problems, () =>
        definitionOfProbe({ host: 'host', port: 5432, database: undefined }, module, ofProbe).resolve(),
      );
    if (problems.length > 0) throw new WalguardErrors(problems);
    return () => {
      this.#prepared = { settings: ofProbe, modules, packs };
      for (const key of this.#probed.keys()) this.#keepOrLetGo(key, this.#prepared);
    };
  }

  #keepOrLetGo(key: string, { settings, modules, packs }: Prepared): void {
    const probed = this.#probed.get(key);
    if (probed === undefined) return;
    const { served, place, moduleName, identity } = probed;
    const module = modules.get(moduleName);
    const isListed = module !== undefined && !('reason' in findPlace(placeText(place), module));
    const definition = isListed ? definitionOfProbe(place, module, settings) : undefined;
    const isSame = definition !== undefined && collect([], () => identityOf(definition, packs)) === identity;
    if (isSame) served.adopt(definition);
    else this.#letGo(key);
  }

  /** @param text `host:port/database`, as the request has it */
  find(text: string, moduleName: string): ServedTarget | Refusal {
    const { settings, modules, packs } = this.#prepared ?? NOTHING;
    const module = modules.get(moduleName);
    if (settings === undefined || packs === undefined || module === undefined)
      return { status: 404, reason: `There is no auth module ${JSON.stringify(moduleName)}.` };
    const place = findPlace(text, module);
    if ('reason' in place) return place;
    const key = JSON.stringify([module.name, placeText(place)]);
    const known = this.#probed.get(key);
    if (known !== undefined) {
      known.askedMs = performance.now();
      return known.served;
    }
    if (this.#probed.size >= MOST) return TOO_MANY;
    return this.#open(key, place, module, { settings, modules, packs });
  }

  #open(key: string, place: Place, module: AuthModule, { settings, packs }: Prepared): ServedTarget | Refusal {
    const problems: WalguardError[] = [];
    const definition = definitionOfProbe(place, module, settings);
    const identity = collect([], () => identityOf(definition, packs)) ?? '';
    const served = collect(problems, () => new ServedTarget(definition, { ...this.#context, packs }));
    for (const { code, message: reason, hint } of problems)
      this.#context.log.error({ target: definition.name, code, reason, hint }, 'a target cannot be asked');
    if (served === undefined) return UNUSABLE;
    this.#probed.set(key, { served, place, moduleName: module.name, identity, askedMs: performance.now() });
    this.#timer ??= setInterval(() => this.#letIdleGo(), IDLE_MS / 5).unref();
    return served;
  }

  #letIdleGo(): void {
    for (const [key, { askedMs }] of this.#probed) if (performance.now() - askedMs >= IDLE_MS) this.#letGo(key);
  }

  #letGo(key: string): void {
    const served = this.#probed.get(key)?.served;
    this.#probed.delete(key);
    if (served !== undefined) this.#departures.letGo(served);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const key of this.#probed.keys()) this.#letGo(key);
    await this.#departures[Symbol.asyncDispose]();
  }
}

const UNUSABLE: Refusal = { status: 503, reason: 'The auth module cannot be used now; the log says why.' };
const NOTHING: Partial<Prepared> & Pick<Prepared, 'modules'> = { modules: new Map() };
const TOO_MANY: Refusal = { status: 503, reason: `${MOST} servers are asked about at once, which is the most.` };
