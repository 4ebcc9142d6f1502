import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findPeers, pgExporterPack } from '../test/support/peers.ts';
import { compare, type Comparison } from './compare.ts';
import { type Database, startDatabase } from './database.ts';
import type { Finding, Scenario } from './figures.ts';
import { measureIdle } from './idle.ts';
import { copyWithoutTtl } from './packs.ts';
import type { BenchOptions } from './arguments.ts';
import { measureCrowd } from './scrapers.ts';
import { defaultPostgresExporter, pgExporterWith, type StartSubject } from './subject.ts';
import type { Found } from './report.ts';
import { measureWal } from './wal.ts';
import { defaultCollectors, walguardWith } from './walguard-subject.ts';

type ServerScenario = Exclude<Scenario, 'wal'>;

export interface BenchContext {
  readonly options: BenchOptions;
  readonly say: (text: string) => void;
}

/** Tables of a large database. */
const MANY_TABLES = 10_000;
/** A scrape of many tables takes a second or more. */
const MOST_LONG_ROUNDS = 10;
const GROWTH_TABLES = [10, 30, 100, 300, 1_000, 3_000, MANY_TABLES] as const;

/** Runs one scenario, on a server of its own if it needs one. */
export async function runScenario(scenario: Scenario, context: BenchContext): Promise<Found> {
  if (scenario === 'wal') return { findings: [], wal: await measureWal(context.options.segments, context.say) };
  return { findings: await runOnServer(scenario, context), wal: [] };
}

async function runOnServer(scenario: ServerScenario, context: BenchContext): Promise<readonly Finding[]> {
  const { options, say } = context;
  // Said where the peers are looked for.
  if (scenario === 'pack' && !findPeers().pg_exporter) return [];
  const [firstOfGrowth] = GROWTH_TABLES;
  const tables = scenario === 'many' ? MANY_TABLES : scenario === 'growth' ? firstOfGrowth : options.tables;
  say(`${scenario}: a server with ${tables} tables`);
  await using database = await startDatabase(tables, options.major);
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
