import { describe, expect, it } from 'vitest';

import { createHistory } from '../../../src/core/history.ts';
import { layOutPage } from '../../../src/exposition/page.ts';
import { resolveConnection } from '../../../src/postgres/resolve.ts';
import { Target } from '../../../src/scrape/target.ts';

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
