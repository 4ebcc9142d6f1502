import { setMaxListeners } from 'node:events';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { SupplyRequest, WalFetch, WalSupply } from '../core/drill.ts';
import { asWalguardError, renderError, type WalguardError } from '../core/error.ts';
import { readWalName } from '../core/wal-names.ts';
import { restoreCommandOf, shellWord } from '../core/shell-words.ts';
import { namesBehind } from '../core/segments.ts';
import { factsAt } from './folder.ts';
import { guarded } from './wal-guard.ts';

const FOLDERS = ['asked', 'part', 'ready', 'absent', 'failed'] as const;
const LOOK_MS = 20;
/** So many segments wait to be replayed, but not more than fit into so many bytes, and one in any case. */
const MOST_AHEAD = 8;
const MOST_AT_ONCE = 4;
const MOST_AHEAD_BYTES = 128 * 1_048_576;

/**
 * Waits for what is not ready yet, for as long as the drill lives; `$1` is the file's name, `$2` where it goes. Above 125
 * PostgreSQL gives up, which it shall where it cannot be told whether the archive holds a file.
 */
const SCRIPT = `
case $1 in */*|.*|'') exit 254 ;; esac
take() { [ -f "$depot/ready/$1" ] && mv -f -- "$depot/ready/$1" "$2"; }
take "$1" "$2" && exit 0
# What a server was told that ended before it heard it.
[ -f "$depot/absent/$1" ] && rm -f -- "$depot/absent/$1"
[ -f "$depot/failed/$1" ] && rm -f -- "$depot/failed/$1"
: > "$depot/asked/$1" || exit 254
while kill -0 "$drill" 2>/dev/null; do
  take "$1" "$2" && exit 0
  [ -f "$depot/absent/$1" ] && { rm -f -- "$depot/absent/$1"; exit 1; }
  [ -f "$depot/failed/$1" ] && { cat -- "$depot/failed/$1" >&2; rm -f -- "$depot/failed/$1"; exit 254; }
  sleep 0.02 2>/dev/null || sleep 1
done
echo "walguard drill has ended" >&2
exit 254
`;

/**
 * Hands WAL to a server that recovers: a script asks this process by a file, and takes what that has put there. What will
 * be asked next is fetched while one is replayed.
 *
 * All of it lies in a folder of the scratch directory.
 */
export async function openWalDepot(
  { scratchDirectory, backup }: Pick<SupplyRequest, 'scratchDirectory' | 'backup'>,
  fetch: WalFetch,
): Promise<WalSupply> {
  const folder = join(scratchDirectory, 'wal');
  for (const name of FOLDERS) await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
  const script = join(folder, 'get');
  await writeFile(script, `depot=${shellWord(folder)}\ndrill=${process.pid}\n${SCRIPT}`, { mode: 0o700 });
  const depot = new WalDepot(folder, guarded(fetch, backup.wal?.start));
  return {
    restoreCommand: restoreCommandOf(script),
    get failure() {
      return depot.failure;
    },
    [Symbol.asyncDispose]: () => depot[Symbol.asyncDispose](),
  };
}

class WalDepot implements AsyncDisposable {
  readonly #folder: string;
  readonly #fetch: WalFetch;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #fetching = new Map<string, Promise<number | undefined>>();
  /** What was put there and not taken yet, with its size. */
  readonly #ready = new Map<string, number>();
  /** Asked for and not taken yet: somebody waits for it, whatever is thought to be wanted next. */
  readonly #awaited = new Set<string>();
  #told = 0;
  #failure: WalguardError | undefined;

  constructor(folder: string, fetch: WalFetch) {
    this.#folder = folder;
    this.#fetch = fetch;
    // Each request that is under way listens, and several are.
    setMaxListeners(0, this.#stop.signal);
    this.#running = this.#run();
  }

  /** The last that the server was told. */
  get failure(): WalguardError | undefined {
    return this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await Promise.allSettled(this.#fetching.values());
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // A folder that is gone goes with the drill; what asks is told by its end.
      const asked = await readdir(this.#path('asked')).catch(() => []);
      for (const name of asked) {
        // Before the next look, so that each question is answered once.
        await rm(this.#path('asked', name), { force: true }).catch(() => undefined);
        void this.#answer(name);
      }
      await this.#seeWhatWasTaken();
      await sleep(LOOK_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #answer(name: string): Promise<void> {
    this.#awaited.add(name);
    try {
      // It came while it was asked for.
      if ((await factsAt(this.#path('ready', name))) !== undefined) return;
      const bytes = await this.#get(name);
      if (bytes === undefined) await this.#tell('absent', name, '');
      else await this.#fetchAhead(name, bytes);
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      this.#failure = asWalguardError(thrown);
      await this.#tell('failed', name, `walguard: ${renderError(this.#failure)}\n`).catch(() => undefined);
    }
  }

  /** The same file is fetched once at a time. */
  #get(name: string): Promise<number | undefined> {
    const known = this.#fetching.get(name);
    if (known !== undefined) return known;
    const fetched = this.#fetchToReady(name).finally(() => this.#fetching.delete(name));
    this.#fetching.set(name, fetched);
    return fetched;
  }

  async #fetchToReady(name: string): Promise<number | undefined> {
    const part = this.#path('part', name);
    await rm(part, { force: true });
    const bytes = await this.#fetch(name, part, this.#stop.signal);
    if (bytes === undefined) return undefined;
    this.#ready.set(name, bytes);
    await rename(part, this.#path('ready', name));
    return bytes;
  }

  async #seeWhatWasTaken(): Promise<void> {
    if (this.#ready.size === 0) return;
    const there = new Set(await readdir(this.#path('ready')).catch(() => []));
    const isTaken = (name: string): boolean => !there.has(name) && !this.#fetching.has(name);
    const taken = [...this.#ready.keys()].filter(isTaken).toSorted();
    const last = taken.at(-1) ?? '';
    const bytes = this.#ready.get(last) ?? 0;
    for (const name of taken) {
      this.#ready.delete(name);
      this.#awaited.delete(name);
    }
    await this.#fetchAhead(last, bytes);
  }

  async #fetchAhead(from: string, bytes: number): Promise<void> {
    if (readWalName(from)?.kind !== 'segment') return;
    const count = Math.max(1, Math.min(MOST_AHEAD, Math.floor(MOST_AHEAD_BYTES / bytes)));
    const wanted = namesBehind(from, bytes, count);
    // After the switch to another timeline nobody comes for the rest of the old one.
    const isWanted = (name: string): boolean => name === from || wanted.includes(name) || this.#awaited.has(name);
    const unwanted = [...this.#ready.keys()].filter((name) => !isWanted(name));
    for (const name of unwanted) {
      await rm(this.#path('ready', name), { force: true });
      this.#ready.delete(name);
    }
    for (const name of wanted) {
      if (this.#fetching.size >= MOST_AT_ONCE) return;
      // If it is asked for, it is fetched again, and what is wrong is told then.
      if (!this.#ready.has(name) && !this.#fetching.has(name)) void this.#get(name).catch(() => undefined);
    }
  }

  async #tell(folder: 'absent' | 'failed', name: string, text: string): Promise<void> {
    this.#awaited.delete(name);
    this.#told += 1;
    const part = this.#path('part', `${name}.${folder}.${this.#told}`);
    await writeFile(part, text);
    await rename(part, this.#path(folder, name));
  }

  #path(folder: (typeof FOLDERS)[number], name = ''): string {
    return join(this.#folder, folder, name);
  }
}
