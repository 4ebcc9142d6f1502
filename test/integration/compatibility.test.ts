import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres, startStandby } from '../../servers/index.ts';
import { buildCollectors } from '../../src/app/collectors.ts';
import { createHistory } from '../../src/core/history.ts';
import { TARGET_FAMILIES } from '../../src/scrape/target.ts';
import { readProjectFile } from '../repo/project.ts';
import { BUSY_SETTINGS, keepBusy } from '../support/busy-server.ts';
import { readAbsences, readOtherTypes, readPeerFamilies } from '../support/compatibility.ts';
import { openTransaction, problemsOfEverything } from '../support/every-collector.ts';
import { samplesOf, scrape } from '../support/http.ts';
import { failedIn } from '../support/outcomes.ts';
import { startWalguard } from '../support/walguard.ts';
import { supportedMajors } from '../support/supported-majors.ts';

const ACTIVITY_LABELS = [
  'server',
  'datname',
  'state',
  'usename',
  'application_name',
  'backend_type',
  'wait_event_type',
  'wait_event',
];

describe.each(supportedMajors)('every collector of every pack on PostgreSQL %i', (major) => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  let clients: readonly Client[] = [];

  beforeAll(async () => {
    primary = await startPostgres({ major, archive: true, initdbArgs: ['--wal-segsize=1'], settings: BUSY_SETTINGS });
    await createMonitorRole(primary);
    standby = await startStandby(primary);
    await keepBusy((text) => primary.sql(text));
    await standby.waitForSql('SELECT count(*) = 100 FROM quick');
    await standby.sql('SELECT pg_stat_reset()');
    await standby.sql("SELECT pg_create_physical_replication_slot('of_standby', true)");
    clients = await Promise.all([primary, standby].map((server) => openTransaction(server.url())));
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await standby?.[Symbol.asyncDispose]();
    await primary?.[Symbol.asyncDispose]();
  });

  it.each([
    { role: 'primary', user: 'walguard' },
    { role: 'primary', user: 'postgres' },
    { role: 'standby', user: 'walguard' },
    { role: 'standby', user: 'postgres' },
  ] as const)(
    `succeeds on ${major} as $user of a $role, with the families of postgres_exporter`,
    async ({ role, user }) => {
      const server = role === 'primary' ? primary : standby;
      const url = user === 'walguard' ? server.url({ user, password: 'walguard' }) : server.url();

      expect(await problemsOfEverything(url, { major, role })).toEqual([]);
    },
  );

  it(`tells on ${major} of each state and application how long its sessions have been idle`, async () => {
    const connect = async (name: string): Promise<Client> => {
      const client = new Client({ connectionString: primary.url(), ssl: false, application_name: name });
      await client.connect();
      return client;
    };
    const [first, second, third, busy] = await Promise.all(['shop', 'shop', 'shop', 'it"s'].map(connect));
    try {
      await first?.query('SELECT 1');
      await primary.waitForSql(
        `SELECT bool_or(clock_timestamp() - state_change > interval '1 s') FROM pg_stat_activity
          WHERE application_name = 'shop' AND state = 'idle'`,
      );
      await second?.query('SELECT 1');
      await third?.query('BEGIN');
      await busy?.query('SELECT 1');
      await using walguard = await startWalguard({
        dataSourceName: primary.url({ user: 'walguard', password: 'walguard' }),
        args: ['--collector.process_idle'],
      });
      const { families } = await scrape(`${walguard.url}/metrics`);

      const read = (state: string, name: string) => {
        const labels = { state, application_name: name };
        const of = (part: string) => samplesOf(families, `pg_process_idle_seconds_${part}`, labels);
        return {
          bounds: of('bucket').map((sample) => Number(sample.labels['le'])),
          counts: of('bucket').map(({ value }) => value),
          sum: of('sum')[0]?.value,
          count: of('count').map(({ value }) => value),
        };
      };
      const idle = read('idle', 'shop');
      expect(idle.bounds.slice(0, -1)).toEqual([1, 2, 5, 15, 30, 60, 90, 120, 300]);
      expect(idle.counts).toEqual(idle.counts.toSorted((a, b) => a - b));
      expect(idle.counts[0]).toBeLessThan(2);
      expect([...idle.counts.slice(-2), ...idle.count]).toEqual([2, 2, 2]);
      expect(idle.sum).toBeGreaterThan(1);
      expect(read('idle in transaction', 'shop').count).toEqual([1]);
      expect(read('idle', 'it"s').count).toEqual([1]);
    } finally {
      await Promise.all([first, second, third, busy].map(async (client) => await client?.end()));
    }
  });

  it(`has on ${major} the names and labels of postgres_exporter 0.19 by one pack`, async () => {
    const [, command = ''] =
      /```sh\n(walguard --extend\.query-path[^`]*0\.19\.yaml[^`]*)```/.exec(readProjectFile('docs/packs.md')) ?? [];
    const args = command
      .split(/[\s\\]+/)
      .slice(1)
      .filter((arg) => arg !== '');
    await using walguard = await startWalguard({
      dataSourceName: primary.url({ user: 'walguard', password: 'walguard' }),
      args,
    });

    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(failedIn(families)).toEqual([]);
    const found = Object.keys(OF_019).map((name) => [name, Object.keys(samplesOf(families, name)[0]?.labels ?? {})]);
    expect(Object.fromEntries(found)).toEqual(OF_019);
    const settings = [...families.values()].filter(({ name }) => name.startsWith('pg_settings_'));
    const places = new Set(settings.flatMap(({ samples }) => samples.map(({ labels }) => labels['server'])));
    expect([...places]).toEqual([`127.0.0.1:${primary.port}`]);
    expect(settings.length).toBeGreaterThan(220);
  });
});

/** Families that 0.20 renamed or took a label from, as 0.19 has them; those of replication need a receiver or a slot. */
const OF_019: Readonly<Record<string, readonly string[]>> = {
  pg_replication_slot_slot_current_wal_lsn: ['slot_name', 'slot_type'],
  pg_replication_slot_slot_is_active: ['slot_name', 'slot_type'],
  pg_replication_slot_safe_wal_size_bytes: ['slot_name', 'slot_type'],
  pg_replication_slot_wal_status: ['slot_name', 'slot_type', 'wal_status'],
  pg_replication_slots_active: ['server', 'slot_name', 'database'],
  pg_replication_slots_pg_wal_lsn_diff: ['server', 'slot_name', 'database'],
  pg_stat_replication_pg_wal_lsn_diff: ['server', 'application_name', 'client_addr', 'state', 'slot_name'],
  pg_stat_replication_pg_current_wal_lsn_bytes: ['server', 'application_name', 'client_addr', 'state', 'slot_name'],
  pg_stat_archiver_archived_count: ['server'],
  pg_stat_archiver_failed_count: ['server'],
  pg_stat_archiver_last_archive_age: ['server'],
  pg_stat_database_conflicts_confl_lock: ['server', 'datid', 'datname'],
  pg_stat_activity_count: [...ACTIVITY_LABELS],
  pg_stat_activity_max_tx_duration: [...ACTIVITY_LABELS],
  pg_settings_shared_buffers_bytes: ['server'],
  pg_settings_statement_timeout_seconds: ['server'],
  pg_settings_fsync: ['server'],
};

describe('docs/compatibility.md', () => {
  it('need not speak of what is switched off: what is on there by default is on here by default', () => {
    const settings = { queryPaths: [], switches: new Map(), stalledAfterMs: 1, walCapacityBytes: undefined };
    const collectors = buildCollectors(settings, createHistory());
    const mine = new Set(
      [...collectors.flatMap(({ families }) => families), ...TARGET_FAMILIES].map(({ name }) => name),
    );
    const others = readPeerFamilies().filter(({ name, isDefault }) => isDefault && !name.startsWith('pg_settings_'));
    expect(others.length).toBeGreaterThan(90);
    expect(others.filter(({ name }) => !mine.has(name)).map(({ name }) => name)).toEqual([]);
  });

  it('gives a reason for each difference, and names families of postgres_exporter only', () => {
    const names = new Set(readPeerFamilies().map(({ name }) => name));
    const differences = [...readAbsences(), ...readOtherTypes()];
    expect(differences.filter(({ family, reason }) => !names.has(family) || reason.length < 10)).toEqual([]);
    expect(names.size).toBeGreaterThan(400);
  });
});
