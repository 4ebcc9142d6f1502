import { readdir } from 'node:fs/promises';

import { startFaultProxy } from '../test/support/fault-proxy.ts';
import { scrapeRound, SCRAPES_OF_A_ROUND } from '../test/support/fault-rounds.ts';
import { startWalguard } from '../test/support/walguard.ts';
import type { Database } from './database.ts';
import { memoryOf } from './process-figures.ts';

/** What walguard held after so many scrapes among faults of the network. */
export interface FaultFinding {
  readonly scrapes: number;
  /** Pages so far that said that the server is up. */
  readonly up: number;
  readonly residentMb: number | undefined;
  /** Undefined where the system has no /proc. */
  readonly files: number | undefined;
  /** Of walguard, in pg_stat_activity. */
  readonly sessions: number;
}

/** Once as often, a round asks for whole pages. */
const LOOK_EVERY = 1_000;

/** Scrapes a server again and again among faults, and looks at what is held after each thousand of scrapes. */
export async function measureFaults(
  database: Database,
  scrapes: number,
  say: (text: string) => void,
): Promise<readonly FaultFinding[]> {
  const { server } = database;
  await using proxy = await startFaultProxy(server.port);
  await using walguard = await startWalguard({
    dataSourceName: `${database.url(proxy.port)}?sslmode=disable`,
    args: ['--scrape.timeout=60s'],
  });
  const { url, pid = 0 } = walguard;
  const findings: FaultFinding[] = [];
  let up = 0;
  for (let done = 0; done < scrapes;) {
    up += await scrapeRound({ url, proxy, server }, done % LOOK_EVERY === 0);
    done += SCRAPES_OF_A_ROUND;
    if (done % LOOK_EVERY !== 0 && done < scrapes) continue;
    const sql = `SELECT count(*) FROM pg_stat_activity WHERE usename = 'walguard'`;
    const [[sessions] = []] = await server.sql(sql);
    const found = {
      scrapes: done,
      up,
      residentMb: (await memoryOf(pid))?.residentMb,
      files: (await readdir(`/proc/${pid}/fd`).catch(() => undefined))?.length,
      sessions: Number(sessions),
    };
    findings.push(found);
    say(`faults: ${JSON.stringify(found)}`);
  }
  return findings;
}

/** By how much RSS grew for each 1,000 scrapes, MB: the line of least squares, without what was before the first look. */
export function growthOf(findings: readonly FaultFinding[]): number | undefined {
  const points = findings.flatMap(({ scrapes, residentMb }) =>
    residentMb === undefined ? [] : [{ x: scrapes / 1_000, y: residentMb }],
  );
  if (points.length < 2) return undefined;
  const mean = (of: (point: { x: number; y: number }) => number): number =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  return mean(({ x, y }) => (x - meanX) * (y - meanY)) / mean(({ x }) => (x - meanX) ** 2);
}
