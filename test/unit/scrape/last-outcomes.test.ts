import { describe, expect, it } from 'vitest';
import { WalguardError } from '../../../src/core/error.ts';
import { createLastOutcomes } from '../../../src/scrape/last-outcomes.ts';
import type { Outcome } from '../../../src/scrape/outcome.ts';

const nothing = { rows: 1, samples: 1, dropped: new Map() };

function failed(collector: string, database: string): Outcome {
  const error = new WalguardError('QUERY_TIMEOUT', 'it took too long', { hint: 'Give it more time.' });
  return { status: 'failed', collector, database, seconds: 2, error };
}

describe('the last outcomes of collectors', () => {
  it('are one a collector, that of all its databases together', () => {
    const last = createLastOutcomes(() => 100);
    last.take([
      { status: 'ok', collector: 'tables', database: 'a', seconds: 0.5, ...nothing },
      failed('tables', 'b'),
      { status: 'skipped', collector: 'tables', database: 'c', reason: 'version' },
      { status: 'ok', collector: 'archiver', seconds: 0.25, ...nothing },
    ]);
    expect(last.list()).toMatchObject([
      { collector: 'archiver', status: 'ok', seconds: 0.25, runs: 1, failed: 0, error: undefined },
      {
        collector: 'tables',
        status: 'failed',
        atSeconds: 100,
        seconds: 2,
        runs: 3,
        failed: 1,
        error: { code: 'QUERY_TIMEOUT', message: 'it took too long', hint: 'Give it more time.' },
      },
    ]);
  });

  it('of those that were not asked again stay, with their time', () => {
    let now = 100;
    const last = createLastOutcomes(() => now);
    last.take([{ status: 'skipped', collector: 'wal', reason: 'role' }, failed('tables', 'a')]);
    now = 160;
    last.take([{ status: 'ok', collector: 'tables', seconds: 1, ...nothing }]);
    expect(last.list()).toMatchObject([
      { collector: 'tables', status: 'ok', atSeconds: 160, failed: 0 },
      { collector: 'wal', status: 'skipped', atSeconds: 100, seconds: undefined, skipReason: 'role' },
    ]);
  });
});
