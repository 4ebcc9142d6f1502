import { setTimeout as sleep } from 'node:timers/promises';
import { type Finding, type Scenario, summarize } from './figures.ts';
import { cpuMsOf, memoryOf, serverCpuMsOf } from './process-figures.ts';
import type { ProxyReading } from './proxy-process.ts';
import type { Subject } from './subject.ts';
import { warmUp } from './warm-up.ts';

export interface RoundsOptions {
  readonly scenario: Scenario;
  readonly tables: number;
  readonly delayMs: number;
  readonly rounds: number;
  /** Process number of the postmaster. */
  readonly postmaster: number;
  /** What one scrape of each needs of the server, by name. */
  readonly needs: ReadonlyMap<string, ProxyReading>;
}

/** With the event loop watched. */
const WATCHED = 5;
const SETTLE_MS = 1_500;

/** What is summed up of one subject over the rounds. */
class Account {
  readonly subject: Subject;
  readonly #latencies: number[] = [];
  readonly #failed = new Set<string>();
  #cpuMs: number | undefined = 0;
  #serverCpuMs: number | undefined = 0;
  #samples: number | undefined;
  #bytes = 0;

  constructor(subject: Subject) {
    this.subject = subject;
  }

  async takeTurn(postmaster: number): Promise<void> {
    const { pid } = this.subject;
    const [cpu, serverCpu] = await Promise.all([cpuMsOf(pid), serverCpuMsOf(postmaster)]);
    const turn = await this.subject.takeTurn();
    // A backend counts what it did when it gives up the processor; the last of it comes after its answer.
    await sleep(5);
    const [cpuAfter, serverCpuAfter] = await Promise.all([cpuMsOf(pid), serverCpuMsOf(postmaster)]);
    this.#latencies.push(turn.latencyMs);
    this.#cpuMs = plus(this.#cpuMs, cpu, cpuAfter);
    this.#serverCpuMs = plus(this.#serverCpuMs, serverCpu, serverCpuAfter);
    this.#bytes = turn.bytes;
    const contents = turn.contents();
    this.#samples = contents?.samples;
    for (const collector of contents?.failed ?? []) this.#failed.add(collector);
  }

  async finish({ scenario, tables, delayMs, needs }: RoundsOptions): Promise<Finding> {
    const { subject } = this;
    const rounds = this.#latencies.length;
    const need = needs.get(subject.name);
    const memory = await memoryOf(subject.pid);
    const mean = (sum: number | undefined): number | undefined => (sum === undefined ? undefined : sum / rounds);
    return {
      scenario,
      subject: subject.name,
      tables,
      delayMs,
      rounds,
      scrapers: 1,
      latencyMs: summarize(this.#latencies),
      cpuMs: mean(this.#cpuMs),
      serverCpuMs: mean(this.#serverCpuMs),
      idleRssMb: memory?.residentMb,
      peakRssMb: memory?.peakMb,
      longestBlockMs: await this.#longestBlock(),
      samples: this.#samples,
      bytes: this.#bytes,
      connections: need?.connections,
      turns: need?.turns,
      failed: [...this.#failed],
    };
  }

  async #longestBlock(): Promise<number | undefined> {
    return await this.subject.watchBlocks?.(async () => {
      for (let scrape = 0; scrape < WATCHED; scrape++) await this.subject.takeTurn();
    });
  }
}

/** Has subjects scrape in turn, A B A B, so that what else the machine does meets all alike. */
export async function runRounds(subjects: readonly Subject[], options: RoundsOptions): Promise<readonly Finding[]> {
  const accounts = subjects.map((subject) => new Account(subject));
  for (const subject of subjects) await warmUp(subject);
  for (let round = 0; round < options.rounds; round++) {
    for (const account of accounts) await account.takeTurn(options.postmaster);
  }
  await sleep(SETTLE_MS);
  const findings: Finding[] = [];
  for (const account of accounts) findings.push(await account.finish(options));
  return findings;
}

function plus(sum: number | undefined, before: number | undefined, after: number | undefined): number | undefined {
  return sum === undefined || before === undefined || after === undefined ? undefined : sum + after - before;
}
