import { describe, expect, it } from 'vitest';
import { WalguardError } from '../../../src/core/error.ts';
import { COMPATIBLE_FAMILIES, type ScrapeSummary, writeCompatible } from '../../../src/scrape/compatible.ts';
import type { Outcome } from '../../../src/scrape/outcome.ts';
import { createStepSink } from '../../../src/scrape/sink.ts';
import { factsOf } from '../support/facts.ts';
import { linesOf } from '../support/samples.ts';

const ran: Outcome = { status: 'ok', collector: 'a', seconds: 0.25, rows: 1, samples: 1, dropped: new Map() };
const failed: Outcome = {
  status: 'failed',
  collector: 'b',
  seconds: 0.5,
  error: new WalguardError('QUERY_FAILED', 'x'),
};
const skipped: Outcome = { status: 'skipped', collector: 'c', reason: 'role' };

function lines(changes: Partial<ScrapeSummary>): readonly string[] {
  const sink = createStepSink();
  writeCompatible({ outcomes: [ran, skipped], seconds: 0.75, scrapes: 3, facts: factsOf({}), ...changes }, sink);
  return linesOf(sink);
}

describe('what postgres_exporter says of its own scrapes', () => {
  it('is said by its names', () => {
    expect(lines({ outcomes: [ran, failed, skipped] })).toMatchInlineSnapshot(`
      [
        "pg_scrape_collector_success{collector="a"} 1",
        "pg_scrape_collector_success{collector="b"} 0",
        "pg_scrape_collector_duration_seconds{collector="a"} 0.25",
        "pg_scrape_collector_duration_seconds{collector="b"} 0.5",
        "pg_exporter_last_scrape_error 1",
        "pg_exporter_last_scrape_duration_seconds 0.75",
        "pg_exporter_scrapes_total 3",
        "pg_static{version="PostgreSQL 17.2 on x86_64-pc-linux-gnu",short_version="17.2.0"} 1",
      ]
    `);
  });

  it('has no error where every collector that ran succeeded', () => {
    expect(lines({})).toContain('pg_exporter_last_scrape_error 0');
  });

  it('has no version before the server has answered', () => {
    expect(lines({ facts: undefined }).filter((line) => line.startsWith('pg_static'))).toEqual([]);
  });

  it('is in families that are declared', () => {
    const given = lines({}).map((line) => /^\w+/.exec(line)?.[0]);
    expect(new Set(given)).toEqual(new Set(COMPATIBLE_FAMILIES.map(({ name }) => name)));
  });
});
