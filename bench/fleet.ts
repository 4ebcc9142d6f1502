import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWalguard } from '../test/support/walguard.ts';
import type { Database } from './database.ts';
import { type Finding, NOT_OF_ONE_SCRAPE, summarize } from './figures.ts';
import { memoryOf } from './process-figures.ts';
import { pageTurns, type Turn } from './subject.ts';

/** Servers of one walguard, and how often each is scraped. */
export const FLEET = { targets: 200, intervalMs: 15_000 } as const;
/** Not counted: all connections are opened, of a server on the same machine, and walguard's code is still cold. */
const WARM_UP_ROUNDS = 4;
/** A scrape that begins or ends later than so long after it was due. */
const LATE_MS = 1_000;

export interface FleetOptions {
  readonly database: Database;
  readonly tables: number;
  /** Scrapes of each target. */
  readonly rounds: number;
  /** Folder for the configuration. */
  readonly out: string;
  readonly say: (text: string) => void;
}

/**
 * Measures one walguard with many targets, which are one server with as many names: each is scraped at its own moment of the
 * interval, as Prometheus spreads them, whether or not the scrape of another one has ended.
 */
export async function measureFleet({ database, tables, rounds, out, say }: FleetOptions): Promise<readonly Finding[]> {
  const { targets, intervalMs } = FLEET;
  say(`fleet: ${targets} targets with ${tables} tables each, ${rounds} scrapes of each, every ${intervalMs / 1_000} s`);
  await using walguard = await startWalguard({ args: [`--config.file=${await writeConfig(out, database.url())}`] });
  const pid = walguard.pid ?? 0;
  const probes = Array.from({ length: targets }, (_, index) => pageTurns(`${walguard.url}/probe?target=t${index}`));
  const began = performance.now();
  const scrapes = await Promise.all(
    probes.map(async ({ takeTurn }, index) => {
      const taken: Scrape[] = [];
      for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
        const dueMs = began + (round + index / targets) * intervalMs;
        await sleep(Math.max(0, dueMs - performance.now()));
        const turn = await takeTurn();
        if (round >= WARM_UP_ROUNDS) taken.push({ turn, lateMs: performance.now() - dueMs });
      }
      return taken;
    }),
  );
  const memory = await memoryOf(pid);
  for (const { stop } of probes) stop();
  return [toFinding(scrapes.flat(), { tables, rounds, memory })];
}

interface Scrape {
  readonly turn: Turn;
  /** From when it was due to its end. */
  readonly lateMs: number;
}

type Measured = Pick<FleetOptions, 'tables' | 'rounds'> & { readonly memory: Awaited<ReturnType<typeof memoryOf>> };

function toFinding(scrapes: readonly Scrape[], { tables, rounds, memory }: Measured): Finding {
  const contents = scrapes.map(({ turn }) => turn.contents());
  return {
    scenario: 'fleet',
    subject: 'walguard',
    tables,
    ...NOT_OF_ONE_SCRAPE,
    rounds,
    scrapers: FLEET.targets,
    latencyMs: summarize(scrapes.map(({ turn }) => turn.latencyMs)),
    idleRssMb: memory?.residentMb,
    peakRssMb: memory?.peakMb,
    samples: contents.at(-1)?.samples,
    bytes: scrapes.at(-1)?.turn.bytes ?? 0,
    failed: [...new Set(contents.flatMap((each) => each?.failed ?? []))],
    late: scrapes.filter(({ lateMs }) => lateMs > LATE_MS).length,
  };
}

async function writeConfig(out: string, url: string): Promise<string> {
  const path = join(out, 'fleet.yml');
  const data_source = { name: `${url}?sslmode=disable` };
  const targets = Object.fromEntries(
    Array.from({ length: FLEET.targets }, (_, index) => [`t${index}`, { data_source }]),
  );
  await mkdir(out, { recursive: true });
  await writeFile(path, JSON.stringify({ targets }));
  return path;
}
