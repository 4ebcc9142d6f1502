import type { Proof } from './look.ts';
import { type Proven, type ProofTools, proveByReading, proveByRestore } from './proofs.ts';

/** A dump that is to be proven. */
export interface Candidate {
  readonly path: string;
  /** Another one once it was changed. */
  readonly look: string;
  readonly packing: string;
  readonly proof: Proof;
}

interface Kept {
  readonly look: string;
  readonly proven: Proven;
  /** By a clock that never goes back. */
  readonly atMs: number;
}

/** What could not be told is tried again after that; a time limit that is too short would else be spent all the time. */
const AGAIN_AFTER_MS = 3_600_000;
/** A program that was not there costs nothing to look for. */
const MISSING_AGAIN_AFTER_MS = 30_000;

/**
 * Proves dumps, one after the other: each reads all of one, and a disk has only so much to give. Results are remembered
 * until the dump changes.
 */
export class DumpChecks {
  readonly #tools: ProofTools;
  readonly #kept = new Map<string, Kept>();
  #queue: readonly Candidate[] = [];
  #running: Promise<void> | undefined;
  #signal: AbortSignal = new AbortController().signal;
  #current: AbortController | undefined;

  constructor(tools: ProofTools) {
    this.#tools = tools;
  }

  /** Undefined while it is not known. */
  resultOf({ path, look }: Pick<Candidate, 'path' | 'look'>): Proven | undefined {
    const kept = this.#kept.get(path);
    return kept?.look === look ? kept.proven : undefined;
  }

  /** Forgets what was of other files. */
  keepOnly(paths: ReadonlySet<string>): void {
    for (const path of this.#kept.keys()) if (!paths.has(path)) this.#kept.delete(path);
  }

  /**
   * Takes these for what is to be proven next, in their order, and returns when that is done, or after a while: the rest
   * goes on beside the readings, until the signal of the last of them is aborted.
   */
  async prove(candidates: readonly Candidate[], patienceMs: number, signal: AbortSignal): Promise<void> {
    this.#queue = candidates;
    this.#signal.removeEventListener('abort', this.#stop);
    this.#signal = signal;
    signal.addEventListener('abort', this.#stop);
    this.#running ??= this.#work().finally(() => (this.#running = undefined));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([this.#running, patience]);
    clearTimeout(timer);
  }

  async #work(): Promise<void> {
    for (;;) {
      const next = this.#queue.find((candidate) => this.#isDue(candidate));
      if (next === undefined || this.#signal.aborted) return;
      const proven = await this.#proveOne(next);
      if (this.#signal.aborted) return;
      this.#kept.set(next.path, { look: next.look, proven, atMs: performance.now() });
    }
  }

  #isDue(candidate: Candidate): boolean {
    const proven = this.resultOf(candidate);
    if (proven === undefined) return true;
    const age = performance.now() - (this.#kept.get(candidate.path)?.atMs ?? -Infinity);
    const limit = proven.problem?.code === 'SOURCE_PROGRAM_MISSING' ? MISSING_AGAIN_AFTER_MS : AGAIN_AFTER_MS;
    return proven.valid === undefined && age > limit;
  }

  readonly #stop = (): void => this.#current?.abort();

  /** It outlives the reading that began it: what ends it is the signal of the last one. */
  async #proveOne({ path, packing, proof }: Candidate): Promise<Proven> {
    this.#current = new AbortController();
    const { signal } = this.#current;
    return proof === 'restore'
      ? await proveByRestore(path, this.#tools, signal)
      : await proveByReading(path, packing, this.#tools, signal);
  }
}
