import { describe, expect, it } from 'vitest';
import { archiveOf, assessOne, backupOf } from './world.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';

describe('the first backup of a cluster', () => {
  it('is not older for a label of its own that has whole seconds', () => {
    const backup = backupOf({ stopTimeSeconds: 1_700_000_180.75 });
    const label = {
      fileName: '000000010000000000000002.00000028.backup',
      label: 'pg_basebackup base backup',
      wal: { timeline: 1, start: backup.wal?.start ?? 0n, stop: backup.wal?.stop ?? 0n },
      startTimeSeconds: 1_700_000_120,
      stopTimeSeconds: 1_700_000_180,
      fromStandby: false,
    };

    const { retention } = assessOne({
      backups: [backup],
      archive: archiveOf({ 1: '1-9' }, { labels: [label] }),
      wanted: { retention: { ...NOTHING_WANTED.retention, pitrSeconds: 3_600_000 } },
    });

    expect(retention).toMatchObject([{ rule: 'pitr', satisfied: true, warmingUp: true }]);
  });
});
