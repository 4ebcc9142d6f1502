import { barePageOf } from './bare-page.ts';
import { type Finding, type Latency, NOT_OF_ONE_SCRAPE, summarize } from './figures.ts';
import { memoryOf } from './process-figures.ts';
import type { StartSubject, Subject } from './subject.ts';
import type { Database } from './database.ts';
import { warmUp } from './warm-up.ts';

/** How many scrape at once. */
export const SCRAPERS = 50;

export interface CrowdOptions {
  readonly database: Database;
  readonly tables: number;
  readonly starts: readonly StartSubject[];
  /** Scrapes of one alone, and then for each of the many. */
  readonly rounds: number;
  readonly say: (text: string) => void;
}

/**
 * Measures each exporter with one scraper, then with many of which each asks again when it has its page; and at last a
 * page out of memory that is as long as the longest of theirs.
 */
export async function measureCrowd(options: CrowdOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const start of options.starts) findings.push(...(await measureOneAndMany(start, options)));
  const bytes = Math.max(...findings.map((finding) => finding.bytes));
  return [...findings, ...(await measureOneAndMany(barePageOf(bytes), options))];
}

async function measureOneAndMany(start: StartSubject, options: CrowdOptions): Promise<readonly Finding[]> {
  await using subject = await start(options.database.url());
  options.say(`scrapers: ${subject.name}, ${options.tables} tables, 1 and ${SCRAPERS} at once`);
  await warmUp(subject);
  return [await measureAtOnce(subject, 1, options), await measureAtOnce(subject, SCRAPERS, options)];
}

async function measureAtOnce(subject: Subject, scrapers: number, { tables, rounds }: CrowdOptions): Promise<Finding> {
  const latencies: number[] = [];
  // One alone must give as many figures as it takes for a 99th percentile.
  const scrapes = scrapers === 1 ? rounds * 5 : rounds;
  let bytes = 0;
  const scrapeOn = async (): Promise<void> => {
    for (let scrape = 0; scrape < scrapes; scrape++) {
      const turn = await subject.takeTurn();
      latencies.push(turn.latencyMs);
      bytes = turn.bytes;
    }
  };
  await Promise.all(Array.from({ length: scrapers }, scrapeOn));
  const contents = (await subject.takeTurn()).contents();
  const memory = await memoryOf(subject.pid);
  const latencyMs: Latency = summarize(latencies);
  return {
    scenario: 'scrapers',
    subject: subject.name,
    tables,
    ...NOT_OF_ONE_SCRAPE,
    rounds: scrapes,
    scrapers,
    latencyMs,
    idleRssMb: memory?.residentMb,
    peakRssMb: memory?.peakMb,
    samples: contents?.samples,
    bytes,
    failed: contents?.failed ?? [],
  };
}
