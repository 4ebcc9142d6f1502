import { describe, expect, it } from 'vitest';

import type { DerivedStep } from '../../../src/core/collector.ts';
import { declareFamily } from '../../../src/core/family.ts';
import { createHistory } from '../../../src/core/history.ts';
import { layOutPage } from '../../../src/exposition/page.ts';
import { resolveConnection } from '../../../src/postgres/resolve.ts';
import type { Selection } from '../../../src/scrape/plan.ts';
import { Target } from '../../../src/scrape/target.ts';
import { collectorOf } from '../support/collectors.ts';

const nothing = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a scrape whose time went by while another had the server', () => {
  it('says nothing of the server, and counts against the deadline', async () => {
    await using target = new Target({
      connection: { name: 'nowhere', database: 'postgres', read: () => resolveConnection({ host: '/nowhere' }, {}) },
      connections: 2,
      databases: { include: [], exclude: [], connections: 1 },
      collectors: [],
      history: createHistory(),
      seriesCaps: { perCollector: 10, perPage: 10 },
      log: nothing,
    });

    const families = await target.scrape({ collect: undefined, exclude: new Set() }, 0, new AbortController().signal)
      .result;

    const page = Buffer.concat([...layOutPage(families, 'text')]).toString();
    expect(page).not.toContain('pg_up');
    expect(page).toContain('walguard_collector_failures_total{collector="facts",reason="deadline"} 1');
  });
});

describe('a page without the server', () => {
  const VERDICT = declareFamily('verdict', 'gauge', 'Whether there is one.');
  const step: DerivedStep = { kind: 'derived', emit: (sink) => sink.add(VERDICT, sink.labels([], []), 1) };
  const collectors = [
    { ...collectorOf('verdict', step), withoutServer: step, only: 'server' } as const,
    collectorOf('query'),
  ];
  const everything: Selection = { collect: undefined, exclude: new Set() };

  async function pageOf(selection: Selection, { database = 'postgres', budgetMs = 1_000 } = {}): Promise<string> {
    await using target = new Target({
      connection: { name: 'nowhere', database, read: () => resolveConnection({ host: '/nowhere' }, {}) },
      connections: 1,
      databases: { include: [], exclude: [], connections: 1 },
      collectors,
      history: createHistory(),
      seriesCaps: { perCollector: 10, perPage: 10 },
      log: nothing,
    });
    const families = await target.scrape(selection, budgetMs, new AbortController().signal).result;
    return Buffer.concat([...layOutPage(families, 'text')]).toString();
  }

  it('has what needs none, and how that went', async () => {
    const page = await pageOf(everything);

    expect(page).toContain('pg_up 0\n');
    expect(page).toContain('\nverdict 1\n');
    expect(page).toContain('walguard_collector_success{collector="verdict",datname=""} 1\n');
    expect(page).not.toContain('collector="query"');
  });

  it('has it also where another scrape took all the time', async () => {
    expect(await pageOf(everything, { budgetMs: 0 })).toContain('\nverdict 1\n');
  });

  it('has it only if the request asks for it', async () => {
    expect(await pageOf({ collect: new Set(['verdict']), exclude: new Set() })).toContain('\nverdict 1\n');
    expect(await pageOf({ collect: new Set(['query']), exclude: new Set() })).not.toContain('verdict');
    expect(await pageOf({ collect: undefined, exclude: new Set(['verdict']) })).not.toContain('verdict');
  });

  it('has nothing of a server where the console of PgBouncer is to be scraped', async () => {
    expect(await pageOf(everything, { database: 'pgbouncer' })).not.toContain('verdict');
  });
});
