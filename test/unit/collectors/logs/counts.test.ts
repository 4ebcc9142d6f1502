import { describe, expect, it } from 'vitest';

import { LogCounts } from '../../../../src/collectors/logs/counts.ts';
import { createLogParser } from '../../../../src/collectors/logs/parse/index.ts';

const AT = '2026-11-22 05:33:17.725 UTC';

// As servers of these majors wrote them; their numbers are shortened.
const LINES = {
  13: `${AT} [7] 00000 LOG:  checkpoint starting: immediate force wait
${AT} [7] 00000 LOG:  checkpoint complete: wrote 921 buffers (5.6%); 0 WAL file(s) added, 1 removed, 2 recycled; write=0.012 s, sync=0.003 s, total=0.021 s; sync files=28, longest=0.002 s, average=0.001 s; distance=32768 kB, estimate=32768 kB
${AT} [8] 00000 LOG:  automatic analyze of table "shop.public.orders" system usage: CPU: user: 0.05 s, system: 0.00 s, elapsed: 0.25 s
${AT} [9] 00000 LOG:  archive command failed with exit code 3
`,
  18: `${AT} [7] 00000 LOG:  checkpoint starting: fast force wait
${AT} [7] 00000 LOG:  checkpoint complete: wrote 921 buffers (5.6%), wrote 3 SLRU buffers; 0 WAL file(s) added, 1 removed, 2 recycled; write=0.012 s, sync=0.003 s, total=0.021 s; sync files=28, longest=0.002 s, average=0.001 s; distance=32768 kB, estimate=32768 kB; lsn=0/9000080, redo lsn=0/8FFF028
${AT} [8] 00000 LOG:  automatic analyze of table "shop.public.orders"
\tavg read rate: 0.000 MB/s, avg write rate: 0.000 MB/s
\tsystem usage: CPU: user: 0.05 s, system: 0.00 s, elapsed: 0.25 s
${AT} [9] 00000 LOG:  archive command failed with exit code 3
`,
} as const;

const SESSION = `${AT} [41] 00000 al@shop LOG:  connection authorized: user=al database=shop application_name=load
${AT} [41] 00000 al@shop LOG:  temporary file: path "base/pgsql_tmp/pgsql_tmp41.0", size 1024
${AT} [41] 00000 al@shop LOG:  duration: 300.000 ms  statement: SELECT 1
${AT} [41] 00000 al@shop LOG:  process 41 still waiting for ShareLock on transaction 742 after 100.101 ms
${AT} [41] 00000 al@shop LOG:  process 41 acquired ShareLock on transaction 742 after 300.000 ms
${AT} [41] 40P01 al@shop ERROR:  deadlock detected
${AT} [41] 00000 al@shop LOG:  disconnection: session time: 0:01:02.500 user=al database=shop host=[local]
${AT} [42] 28P01 al@gone FATAL:  password authentication failed for user "al"
`;

function countsOf(text: string): LogCounts {
  const counts = new LogCounts();
  counts.setDatabases(['shop']);
  const parser = createLogParser('stderr', '%m [%p] %e %q%u@%d ');
  parser.push(Buffer.from(text), (record) => counts.add(record));
  parser.flush((record) => counts.add(record));
  return counts;
}

describe.each([13, 18] as const)('what PostgreSQL %i logs', (major) => {
  it('comes to counters and distributions', () => {
    const { counters, histograms } = countsOf(LINES[major]).save();
    expect(counters['pg_log_checkpoints_total']).toMatchObject({ requested: 1, time: 0, wal: 0 });
    expect(histograms['pg_log_checkpoint_duration_seconds']?.['']?.sum).toBe(0.021);
    expect(counters['pg_log_archive_failures_total']).toMatchObject({ exit: 1, signal: 0 });
    expect(histograms['pg_log_autoanalyze_duration_seconds']?.['shop']?.sum).toBe(0.25);
  });
});

describe('what a session logs', () => {
  const { counters, histograms } = countsOf(SESSION).save();

  it.each([
    ['pg_log_connections_total', 1],
    ['pg_log_disconnections_total', 1],
    ['pg_log_temp_files_total', 1],
    ['pg_log_temp_file_bytes_total', 1_024],
    ['pg_log_lock_waits_total', 1],
    ['pg_log_deadlocks_total', 1],
  ])('is counted by its database: %s', (family, count) => {
    expect(counters[family]).toMatchObject({ shop: count, '': 0 });
  });

  it('has its statements in a histogram, and a database that does not exist has no label', () => {
    expect(histograms['pg_log_statement_duration_seconds']?.['shop']?.sum).toBeCloseTo(0.3);
    expect(counters['pg_log_authentication_failures_total']).toMatchObject({ '\npassword': 1 });
    expect(JSON.stringify(counters)).not.toContain('gone');
  });

  it('is the same after a restart', () => {
    const counts = countsOf(SESSION);
    const later = new LogCounts();
    later.restore(counts.save());
    later.setDatabases(['shop']);
    expect(later.save()).toEqual(counts.save());
  });
});
