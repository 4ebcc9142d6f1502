import { describe, expect, it } from 'vitest';
import { createArchiverCollector } from '../../../../src/collectors/archiver/index.ts';
import type { Collector } from '../../../../src/core/collector.ts';
import type { TargetFacts } from '../../../../src/core/facts.ts';
import type { ServerSighting } from '../../../../src/core/server-watch.ts';
import { factsOf } from '../../support/facts.ts';
import { feed, linesOf } from '../../support/samples.ts';

type Row = Readonly<Record<string, string | null>>;

/** What a primary answers that has just archived a segment. */
const primary: Row = {
  archive_mode: 'on',
  configured: 't',
  archived_count: '18446744073709551615',
  last_archived_wal: '000000010000000000000007',
  last_archived_time: '9990.500000',
  failed_count: '2',
  last_failed_time: '9000.000000',
  stats_reset: '1000.250000',
  processes: '1',
  process_start: '2000.000000',
  in_command: 'f',
  ready_segments: '0',
  oldest_ready_time: null,
  oldest_ready_segment: null,
  last_archived_closed: '9989.000000',
  server_time: '10000.000000',
  server_start: '1500.000000',
  system_identifier: '7443210987654321098',
  lsn: '0/8000100',
  timeline: '00000001',
};

function scrape(collector: Collector, row: Row, facts: Partial<TargetFacts> = {}): ReadonlyMap<string, string> {
  const step = collector.choose(factsOf(facts));
  if (typeof step !== 'object' || step.kind !== 'query') throw new Error('the archiver is asked by a query');
  const lines = linesOf(feed(step.open, Object.keys(row), [Object.values(row)]));
  return new Map(
    lines.map((line) => [
      line.slice('pg_archiver_'.length, line.lastIndexOf(' ')),
      line.slice(line.lastIndexOf(' ') + 1),
    ]),
  );
}

function stateOf(samples: ReadonlyMap<string, string>): string | undefined {
  const present = [...samples]
    .filter(([name, value]) => name.startsWith('state{') && value === '1')
    .map(([name]) => name);
  return /^state\{state="(\w+)"\}$/.exec(present.join())?.[1];
}

describe('the archiver collector', () => {
  it('gives every family on a primary that archives', () => {
    const samples = scrape(createArchiverCollector(120_000), {
      ...primary,
      ready_segments: '1',
      oldest_ready_time: '9995',
    });
    expect(Object.fromEntries(samples)).toMatchInlineSnapshot(`
      {
        "archived_lsn_bytes": "134217728",
        "archived_total": "18446744073709551615",
        "command_configured": "1",
        "expected": "1",
        "failed_total": "2",
        "lag_bytes": "256",
        "lag_segments": "0",
        "last_archived_timestamp_seconds": "9990.5",
        "last_failed_timestamp_seconds": "9000",
        "oldest_ready_timestamp_seconds": "9995",
        "ready_segments": "1",
        "segment_latency_seconds": "1.5",
        "state{state="disabled"}": "0",
        "state{state="down"}": "0",
        "state{state="failing"}": "0",
        "state{state="hung"}": "0",
        "state{state="lagging"}": "0",
        "state{state="losing"}": "0",
        "state{state="not_configured"}": "0",
        "state{state="ok"}": "1",
        "state{state="stalled"}": "0",
        "state{state="standby"}": "0",
        "stats_reset_timestamp_seconds": "1000.25",
        "up": "1",
      }
    `);
  });

  it('gives only families it declares', () => {
    const collector = createArchiverCollector(120_000);
    const declared = collector.families.map(({ name }) => name.slice('pg_archiver_'.length));
    const given = [...scrape(collector, { ...primary, oldest_ready_time: '9995' }).keys()].map((name) =>
      name.replace(/\{.*/, ''),
    );
    expect(new Set(given)).toEqual(new Set(declared));
  });

  it('gives nothing for what is NULL', () => {
    const row = {
      ...primary,
      last_archived_wal: null,
      last_archived_time: null,
      last_failed_time: null,
      last_archived_closed: null,
    };
    const samples = scrape(createArchiverCollector(120_000), { ...row, stats_reset: null, oldest_ready_time: null });
    for (const name of [
      'last_archived_timestamp_seconds',
      'last_failed_timestamp_seconds',
      'stats_reset_timestamp_seconds',
      'archived_lsn_bytes',
      'oldest_ready_timestamp_seconds',
      'segment_latency_seconds',
    ]) {
      expect(samples.has(name), name).toBe(false);
    }
  });

  it('says nothing of a backlog it may not list, and does not ask for it', () => {
    const collector = createArchiverCollector(120_000);
    const hidden = { ...primary, ready_segments: null, last_archived_closed: null, last_archived_wal: null };
    const samples = scrape(collector, hidden, { listsArchiveStatus: false });
    for (const name of ['ready_segments', 'segment_latency_seconds', 'lag_bytes', 'lag_segments']) {
      expect(samples.has(name), name).toBe(false);
    }
    const sqlFor = (listsArchiveStatus: boolean): string => {
      const step = collector.choose(factsOf({ listsArchiveStatus }));
      return typeof step === 'object' && step.kind === 'query' ? step.sql : '';
    };
    expect(sqlFor(true)).toContain('pg_ls_archive_statusdir');
    expect(sqlFor(false)).not.toContain('pg_ls_archive_statusdir');
  });

  it.each([
    ['standby', { archive_mode: 'on', ready_segments: '5', oldest_ready_time: '1' }, true],
    ['disabled', { archive_mode: 'off', ready_segments: '5', oldest_ready_time: '1' }, false],
  ])(
    'gives no lag, no backlog and no process while it is %s, for what is left over says nothing',
    (state, changes, inRecovery) => {
      const samples = scrape(createArchiverCollector(120_000), { ...primary, ...changes }, { inRecovery });
      expect(samples.get('expected')).toBe('0');
      expect(stateOf(samples)).toBe(state);
      for (const name of [
        'up',
        'ready_segments',
        'oldest_ready_timestamp_seconds',
        'segment_latency_seconds',
        'lag_bytes',
        'lag_segments',
      ]) {
        expect(samples.has(name), name).toBe(false);
      }
    },
  );

  it('cannot see the process before 14, nor without the right', () => {
    const row = { ...primary, processes: '0' };
    expect(scrape(createArchiverCollector(120_000), row, { version: 130_020 }).has('up')).toBe(false);
    expect(scrape(createArchiverCollector(120_000), row, { readsAllStats: false }).has('up')).toBe(false);
    expect(scrape(createArchiverCollector(120_000), row, { version: 140_000 }).get('up')).toBe('0');
  });

  it('does not take a process it cannot see for one that is down', () => {
    const collector = createArchiverCollector(120_000);
    const row = { ...primary, processes: '0' };
    scrape(collector, row, { version: 130_020 });
    expect(stateOf(scrape(collector, { ...row, server_time: '10010' }, { version: 130_020 }))).toBe('ok');
  });

  it('is down after two samples without a process, and up with the next one', () => {
    const collector = createArchiverCollector(120_000);
    const states = [
      { server_time: '10000', processes: '0' },
      { server_time: '10012', processes: '0' },
      { server_time: '10013', processes: '1' },
    ].map((changes) => stateOf(scrape(collector, { ...primary, ...changes })));
    expect(states).toEqual(['ok', 'down', 'ok']);
  });

  it('is not down right after a promotion for the process that the standby had not', () => {
    const collector = createArchiverCollector(120_000);
    scrape(collector, { ...primary, processes: '0', server_time: '9990' }, { inRecovery: true });
    scrape(collector, { ...primary, processes: '0', server_time: '9995' }, { inRecovery: true });
    expect(stateOf(scrape(collector, { ...primary, processes: '0' }))).toBe('ok');
  });

  it('keeps the last position when a .history file was archived, and forgets it with the statistics', () => {
    const collector = createArchiverCollector(120_000);
    const hidden = { ...primary, ready_segments: null };
    const end = (last_archived_wal: string | null): string | undefined =>
      scrape(collector, { ...hidden, last_archived_wal }).get('archived_lsn_bytes');
    expect(end('00000002.history')).toBeUndefined();
    expect(end('000000010000000000000007')).toBe('134217728');
    expect(end('00000002.history')).toBe('134217728');
    expect(end('000000010000000000000008.00000028.backup')).toBe('150994944');
    expect(end(null)).toBeUndefined();
    expect(end('00000002.history')).toBeUndefined();
  });

  it('says whether a command or library is set', () => {
    const samples = scrape(createArchiverCollector(120_000), { ...primary, configured: 'f' });
    expect(samples.get('command_configured')).toBe('0');
    expect(stateOf(samples)).toBe('not_configured');
  });

  it('knows by the timeline whether the last archived segment or the backlog tells the lag', () => {
    const row = { ...primary, oldest_ready_segment: '000000100000000000000005', ready_segments: '3' };
    const lagOn = (timeline: string, last_archived_wal: string): string | undefined =>
      scrape(createArchiverCollector(120_000), { ...row, timeline, last_archived_wal }).get('lag_segments');
    expect(lagOn('00000010', '000000100000000000000006')).toBe('1');
    expect(lagOn('00000010', '0000000F0000000000000006')).toBe('3');
    expect(lagOn('0000000F', '0000000F0000000000000006')).toBe('1');
  });

  it('gives no latency below zero, though the server lists whole seconds', () => {
    const samples = scrape(createArchiverCollector(120_000), { ...primary, last_archived_closed: '9991' });
    expect(samples.get('segment_latency_seconds')).toBe('0');
  });

  it('stalls after the time it was given', () => {
    const row = { ...primary, ready_segments: '1', oldest_ready_time: '9995', last_archived_time: '9990' };
    expect(stateOf(scrape(createArchiverCollector(3_000), row))).toBe('stalled');
    expect(stateOf(scrape(createArchiverCollector(120_000), row))).toBe('ok');
  });

  it.each([
    ['losing where the archive lacks what was archived', true, {}, 'losing'],
    ['not losing where the archive holds it', false, {}, 'ok'],
    ['not losing where nobody knows', undefined, {}, 'ok'],
    ['losing rather than failing', true, { last_failed_time: '9995' }, 'losing'],
    ['disabled rather than losing', true, { archive_mode: 'off' }, 'disabled'],
    ['not configured rather than losing', true, { configured: 'f' }, 'not_configured'],
  ])('is %s', (_what, isLosing, changes, expected) => {
    const seen: ServerSighting[] = [];
    const ports = { saw: (sighting: ServerSighting) => seen.push(sighting), isLosing: () => isLosing };
    expect(stateOf(scrape(createArchiverCollector(120_000, ports), { ...primary, ...changes }))).toBe(expected);
    expect(seen.map(({ archiverState }) => archiverState)).not.toContain('losing');
  });

  it('is losing by what PostgreSQL says in this scrape', () => {
    const asked: (string | undefined)[] = [];
    const isLosing = ({ lastArchivedFile }: ServerSighting): boolean => {
      asked.push(lastArchivedFile);
      return lastArchivedFile === '000000010000000000000008';
    };
    const collector = createArchiverCollector(120_000, { saw: () => undefined, isLosing });
    expect(stateOf(scrape(collector, primary))).toBe('ok');
    expect(stateOf(scrape(collector, { ...primary, last_archived_wal: '000000010000000000000008' }))).toBe('losing');
    expect(asked).toEqual(['000000010000000000000007', '000000010000000000000008']);
  });

  it('is a standby rather than losing', () => {
    const collector = createArchiverCollector(120_000, { saw: () => undefined, isLosing: () => true });
    expect(stateOf(scrape(collector, { ...primary, timeline: null }, { inRecovery: true }))).toBe('standby');
  });

  it('tells what it saw of the server, names of receivers with blanks too', () => {
    const seen: ServerSighting[] = [];
    const collector = createArchiverCollector(120_000, {
      saw: (sighting) => seen.push(sighting),
      isLosing: () => false,
    });
    const receivers = '16/B374D848 pg_receivewal\n0/8000000 barman of host 1';
    scrape(collector, { ...primary, last_failed_time: null, receivers, base_backups: '9000.25 8192 65536\n9001 0' });
    // A backup label that is archived afterwards says nothing of when the segment was closed.
    const label = { last_archived_wal: '000000010000000000000007.00000028.backup', last_archived_closed: '9999' };
    scrape(collector, { ...primary, ...label, server_time: '10010', receivers: null });
    const first = {
      timeSeconds: 10_000,
      systemIdentifier: '7443210987654321098',
      inRecovery: false,
      segmentBytes: 16 * 1024 * 1024,
      lsn: 0x800_0100n,
      archivingExpected: true,
      archiverState: 'ok',
      archivedEnd: 0x800_0000n,
      lastArchivedFile: '000000010000000000000007',
      lastArchivedTimeSeconds: 9_990.5,
      lastArchivedClosedSeconds: 9_989,
      readySegments: 0,
      oldestReadyTimeSeconds: undefined,
      receivers: [
        { applicationName: 'pg_receivewal', flushLsn: 0x16_b374_d848n },
        { applicationName: 'barman of host 1', flushLsn: 0x800_0000n },
      ],
      baseBackups: [
        { type: undefined, startTimeSeconds: 9_000.25, doneBytes: 8_192, expectedBytes: 65_536 },
        { type: undefined, startTimeSeconds: 9_001, doneBytes: 0, expectedBytes: undefined },
      ],
    };
    const { last_archived_wal: lastArchivedFile } = label;
    expect(seen).toEqual([first, { ...first, timeSeconds: 10_010, lastArchivedFile, receivers: [], baseBackups: [] }]);
  });

  it('asks for receivers only if somebody is told of them', () => {
    const sqlOf = (collector: Collector): string => {
      const step = collector.choose(factsOf({}));
      return typeof step === 'object' && step.kind === 'query' ? step.sql : '';
    };
    expect(sqlOf(createArchiverCollector(1, { saw: () => undefined, isLosing: () => undefined }))).toContain(
      'AS receivers',
    );
    expect(sqlOf(createArchiverCollector(1))).not.toContain('receivers');
  });

  it('remembers each target apart', () => {
    scrape(createArchiverCollector(120_000), { ...primary, processes: '0', server_time: '9995' });
    expect(stateOf(scrape(createArchiverCollector(120_000), { ...primary, processes: '0' }))).toBe('ok');
  });

  it('forgets what it saw later than now when the clock of the server goes back', () => {
    const collector = createArchiverCollector(120_000);
    scrape(collector, { ...primary, processes: '0', server_time: '20000' });
    expect(stateOf(scrape(collector, { ...primary, processes: '0' }))).toBe('ok');
  });
});
