import { describe, expect, it } from 'vitest';
import { createWalGeneratedCollector } from '../../../../src/collectors/wal-generated/index.ts';
import { createHistory } from '../../../../src/core/history.ts';
import { createStepSink } from '../../../../src/scrape/sink.ts';
import { factsOf } from '../../support/facts.ts';
import { heartbeatOf } from '../../support/heartbeats.ts';
import { linesOf } from '../../support/samples.ts';

describe('the WAL generated', () => {
  it('is what the history has added up by the time the queries have ended', async () => {
    const history = createHistory();
    const step = createWalGeneratedCollector(history).choose(factsOf({}));
    for (const lsn of [2n ** 63n, 2n ** 63n + 5n]) {
      history.add(heartbeatOf({ lsn }), 'one');
    }
    const sink = createStepSink();
    if (typeof step === 'object' && step.kind === 'derived') await step.emit(sink);
    expect(linesOf(sink)).toEqual(['pg_wal_bytes_total 5']);
  });

  it('does not apply to a standby', () => {
    expect(createWalGeneratedCollector(createHistory()).choose(factsOf({ inRecovery: true }))).toBe('role');
  });
});
