import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from './database.ts';
import { type Finding, NOT_OF_ONE_SCRAPE, summarize } from './figures.ts';
import { memoryOf } from './process-figures.ts';
import type { StartSubject } from './subject.ts';

/** Scrapes after which memory is looked at: it has to stay where it was. */
const LOOKS = [100, 500, 1_000] as const;
const IDLE_MS = 5_000;

/** Measures what an exporter holds of memory when it has scraped often and then nothing for a while. */
export async function measureIdle(
  database: Database,
  tables: number,
  start: StartSubject,
  say: (text: string) => void,
): Promise<readonly Finding[]> {
  await using subject = await start(database.url());
  const findings: Finding[] = [];
  const latencies: number[] = [];
  for (const scrapes of LOOKS) {
    say(`idle: ${tables} tables, ${scrapes} scrapes`);
    while (latencies.length < scrapes) latencies.push((await subject.takeTurn()).latencyMs);
    const turn = await subject.takeTurn();
    await sleep(IDLE_MS);
    const memory = await memoryOf(subject.pid);
    const contents = turn.contents();
    findings.push({
      scenario: 'idle',
      subject: subject.name,
      tables,
      ...NOT_OF_ONE_SCRAPE,
      rounds: scrapes,
      scrapers: 1,
      latencyMs: summarize(latencies),
      idleRssMb: memory?.residentMb,
      peakRssMb: memory?.peakMb,
      samples: contents?.samples,
      bytes: turn.bytes,
      failed: contents?.failed ?? [],
    });
  }
  return findings;
}
