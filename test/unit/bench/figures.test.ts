import { expect, test } from 'vitest';
import { type Finding, perThousand, summarize } from '../../../bench/figures.ts';
import { drawGrowth } from '../../../bench/plot.ts';
import { judge } from '../../../bench/targets.ts';

const finding: Finding = {
  scenario: 'growth',
  subject: 'walguard',
  tables: 10,
  delayMs: 0,
  rounds: 1,
  scrapers: 1,
  latencyMs: summarize([10]),
  cpuMs: 1,
  serverCpuMs: 1,
  idleRssMb: undefined,
  peakRssMb: undefined,
  longestBlockMs: undefined,
  samples: 1_000,
  bytes: 1,
  connections: 2,
  turns: 2,
  failed: [],
};

function verdict(findings: readonly Finding[], what: string): number | undefined {
  return judge(findings).find((each) => each.what.startsWith(what))?.measured;
}

test('latencies are summed up by nearest rank', () => {
  const latencies = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(summarize(latencies)).toEqual({ p50: 50, p95: 95, p99: 99, least: 1 });
  expect(summarize([7])).toEqual({ p50: 7, p95: 7, p99: 7, least: 7 });
});

test('what is not known for a thousand samples is absent', () => {
  expect([perThousand(5, 2_000), perThousand(undefined, 1), perThousand(5, 0)]).toEqual([2.5, undefined, undefined]);
});

test('a ratio is of the same scenario and delay, and absent where one side is', () => {
  const of = (subject: Finding['subject'], delayMs: number, p50: number): Finding => ({
    ...finding,
    scenario: 'pack',
    subject,
    delayMs,
    latencyMs: summarize([p50]),
  });
  const findings = [of('walguard', 0, 30), of('pg_exporter', 0, 60), of('walguard', 5, 40), of('bare client', 5, 32)];
  expect(verdict(findings, 'same pack, local')).toBe(0.5);
  expect(verdict(findings, 'same pack, 5 ms away')).toBeUndefined();
  expect(verdict(findings, 'pack, 5 ms away: latency to the bare client')).toBe(1.25);
});

test('latency that grows as samples do has the exponent 1', () => {
  const points = [1_000, 10_000, 100_000].map((samples) => ({
    ...finding,
    samples,
    latencyMs: summarize([samples / 100]),
  }));
  expect(verdict(points, 'growth')).toBeCloseTo(1);
  expect(drawGrowth(points)).toMatch(/^<svg .*<polyline points="[^"]+".*>walguard<.*<\/svg>\n$/s);
  expect(drawGrowth([finding])).toBeUndefined();
});
