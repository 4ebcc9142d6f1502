import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findPeers, pgExporterPack } from '../test/support/peers.ts';
import { compare, type Comparison } from './compare.ts';
import { type Database, startDatabase } from './database.ts';
import { measureFaults } from './faults.ts';
import type { Finding, Scenario } from './figures.ts';
import { FLEET, measureFleet } from './fleet.ts';
import { measureIdle } from './idle.ts';
import { measureLogs } from './logs.ts';
import { copyWithoutTtl } from './packs.ts';
import type { BenchOptions } from './arguments.ts';
import { measureCrowd } from './scrapers.ts';
import { defaultPostgresExporter, pgExporterWith, type StartSubject } from './subject.ts';
import type { Found } from './report.ts';
import { measureWal } from './wal.ts';
import { defaultCollectors, walguardWith } from './walguard-subject.ts';

type ServerScenario = Exclude<Scenario, 'wal' | 'faults' | 'logs'>;

export interface BenchContext {
  readonly options: BenchOptions;
  readonly say: (text: string) => void;
}

const FEW_TABLES = 10;
/** Tables of a large database. */
const MANY_TABLES = 10_000;
/** A scrape of many tables takes a second or more. */
const MOST_LONG_ROUNDS = 10;
const GROWTH_TABLES = [10, 30, 100, 300, 1_000, 3_000, MANY_TABLES] as const;

/** Runs one scenario, on a server of its own if it needs one. */
export async function runScenario(scenario: Scenario, context: BenchContext): Promise<Found> {
  const { options, say } = context;
  const nothing: Found = { findings: [], wal: [], faults: [], logs: [] };
  switch (scenario) {
    case 'wal':
      return { ...nothing, wal: await measureWal(options.segments, say) };
    case 'logs':
      return { ...nothing, logs: await measureLogs(options.logMb, options.major, say) };
    case 'faults': {
      say(`faults: ${options.scrapes} scrapes`);
      await using database = await startDatabase(FEW_TABLES, options.major);
      return { ...nothing, faults: await measureFaults(database, options.scrapes, say) };
    }
    default:
      return { ...nothing, findings: await runOnServer(scenario, context) };
  }
}

async function runOnServer(scenario: ServerScenario, context: BenchContext): Promise<readonly Finding[]> {
  const { options, say } = context;
  // Said where the peers are looked for.
  if (scenario === 'pack' && !findPeers().pg_exporter) return [];
  const [firstOfGrowth] = GROWTH_TABLES;
  const tables = scenario === 'many' ? MANY_TABLES : scenario === 'growth' ? firstOfGrowth : options.tables;
  say(`${scenario}: a server with ${tables} tables`);
  await using database = await startDatabase(
    tables,
    options.major,
    scenario === 'fleet' ? FLEET.targets * 2 + 20 : undefined,
  );
  const { rounds, delaysMs } = options;
  const common = { scenario, database, tables, rounds, delaysMs, say };
  const starts = defaultStarts(scenario, context);
  switch (scenario) {
    case 'pack':
      return await compare({ ...common, starts: await packStarts(database, context) });
    case 'defaults':
      return await compare({ ...common, starts });
    case 'many':
      return await compare({ ...common, starts, rounds: Math.min(rounds, MOST_LONG_ROUNDS), delaysMs: [0] });
    case 'growth':
      return await measureGrowth({ ...common, starts, rounds: Math.min(rounds, MOST_LONG_ROUNDS), delaysMs: [0] });
    case 'scrapers':
      return await measureCrowd({ ...common, starts });
    case 'fleet':
      return await measureFleet({ ...common, out: options.out });
    case 'idle':
      return await measureIdle(database, tables, walguardWith({}), say);
  }
}

async function measureGrowth(comparison: Comparison): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const tables of GROWTH_TABLES) {
    await comparison.database.growTo(tables);
    findings.push(...(await compare({ ...comparison, tables })));
  }
  return findings;
}

function defaultStarts(scenario: Scenario, { options }: BenchContext): readonly StartSubject[] {
  const walguard = walguardWith({ profileTo: profileFolder(scenario, options) });
  return findPeers().postgres_exporter ? [walguard, defaultPostgresExporter] : [walguard];
}

/** Walguard and pg_exporter, both with the pack that pg_exporter comes with and nothing else. */
async function packStarts(database: Database, { options }: BenchContext): Promise<readonly StartSubject[]> {
  const pack = join(options.out, 'pack');
  await mkdir(options.out, { recursive: true });
  await copyWithoutTtl(pgExporterPack(), pack);
  const off = (await defaultCollectors(database.url())).map((name) => `--no-collector.${name}`);
  const args = [...off, `--extend.query-path=${pack}`];
  return [walguardWith({ args, profileTo: profileFolder('pack', options) }), pgExporterWith(pack)];
}

function profileFolder(scenario: Scenario, { profile, out }: BenchOptions): string | undefined {
  return profile ? join(out, `profile-${scenario}`) : undefined;
}
