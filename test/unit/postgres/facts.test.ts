import { describe, expect, it } from 'vitest';
import { rowOf } from '../../../src/core/row.ts';
import { createFactsReader, type FactsAnswer } from '../../../src/postgres/facts.ts';
import { errorsOf } from '../support/problems.ts';

const primary: Readonly<Record<string, string | null>> = {
  version: '170002',
  version_text: 'PostgreSQL 17.2 on x86_64-pc-linux-gnu',
  in_recovery: 'f',
  read_only_by_default: 'off',
  database: 'shop',
  user_name: 'walguard',
  system_identifier: '7443210987654321098',
  start_time: '1704067200.250000',
  reads_all_stats: 't',
  lists_archive_status: 'f',
  wal_segment_bytes: '16777216',
  server_time: '1704067260.5',
  lsn: '1/40',
  timeline: '0000001A',
  archived_count: '9007199254740993',
  failed_count: '2',
  last_archived_wal: '0000001A0000000100000000',
};

function read(row: Readonly<Record<string, string | null>>): FactsAnswer {
  const reader = createFactsReader();
  reader.handler.columns(Object.keys(row).map((name) => ({ name, typeOid: 25 })));
  reader.handler.row(rowOf(Object.values(row)));
  void reader.handler.end();
  return reader.read();
}

describe('the facts of a target', () => {
  it('are read from the columns by their names, with the heartbeat of the same moment', () => {
    expect(read(primary)).toEqual({
      facts: {
        version: 170_002,
        versionText: 'PostgreSQL 17.2 on x86_64-pc-linux-gnu',
        inRecovery: false,
        readOnlyByDefault: false,
        database: 'shop',
        user: 'walguard',
        systemIdentifier: '7443210987654321098',
        startTimeSeconds: 1_704_067_200.25,
        timeline: 26,
        readsAllStats: true,
        listsArchiveStatus: false,
        walSegmentBytes: 16_777_216,
      },
      heartbeat: {
        serverTimeSeconds: 1_704_067_260.5,
        lsn: 4_294_967_360n,
        inRecovery: false,
        timeline: 26,
        archivedCount: 9_007_199_254_740_993n,
        failedCount: 2n,
        lastArchivedFile: '0000001A0000000100000000',
      },
    });
  });

  it('have the timeline of a standby as a number, where a primary gives the start of a file name', () => {
    expect(read({ ...primary, in_recovery: 't', timeline: '26' }).facts).toMatchObject({
      inRecovery: true,
      timeline: 26,
    });
    expect(read({ ...primary, in_recovery: 't', timeline: '10' }).heartbeat.timeline).toBe(10);
    expect(read({ ...primary, timeline: '00000010' }).heartbeat.timeline).toBe(16);
  });

  it('lack what the role may not read', () => {
    const { facts, heartbeat } = read({
      ...primary,
      system_identifier: null,
      timeline: null,
      lsn: null,
      last_archived_wal: null,
    });
    expect(facts.systemIdentifier).toBeUndefined();
    expect(facts.timeline).toBeUndefined();
    expect(heartbeat.lsn).toBeUndefined();
    expect(heartbeat.lastArchivedFile).toBeUndefined();
  });

  it('cannot be read before the row has come', () => {
    expect(errorsOf(() => createFactsReader().read()).map(({ code }) => code)).toEqual(['BUG']);
  });
});
