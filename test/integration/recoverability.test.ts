import { chmod, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { waitFor } from '../../servers/index.ts';
import { fetchText, samplesOf, scrape, valueOf } from '../support/http.ts';
import { verdictOf } from '../support/recoverability.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startWalguard } from '../support/walguard.ts';

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('recoverability without a source', () => {
  it('is unknown, beside what PostgreSQL says of its own archiving', async () => {
    const { monitorUrl } = newestSharedServer();
    await using walguard = await startWalguard({ dataSourceName: monitorUrl });
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(verdictOf({ families })).toBe('unknown');
    expect(samplesOf(families, 'walguard_source_up')).toEqual([]);
    for (const { labels } of samplesOf(families, 'pg_recovery_point_exposure_info'))
      expect(labels['evidence']).toBe('server');
  });

  it('is on the page by itself, or not at all, as it is asked for', async () => {
    const { monitorUrl } = newestSharedServer();
    await using on = await startWalguard({ dataSourceName: monitorUrl });
    await using off = await startWalguard({ dataSourceName: monitorUrl, args: ['--no-collector.recoverability'] });

    const alone = await scrape(`${on.url}/metrics?collect[]=recoverability`);
    const without = await scrape(`${off.url}/metrics`);

    expect(verdictOf(alone)).toBe('unknown');
    expect(valueOf(alone.families, 'pg_in_recovery')).toBeUndefined();
    expect(without.text).not.toMatch(/^pg_recover/m);
  });

  it('is said also while the server is down', async () => {
    await using walguard = await startWalguard({ dataSourceName: 'postgresql://walguard@127.0.0.1:1/postgres' });
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(valueOf(families, 'pg_up')).toBe(0);
    expect(verdictOf({ families })).toBe('unknown');
    expect(valueOf(families, 'walguard_collector_success', { collector: 'recoverability', datname: '' })).toBe(1);
  });
});

describe('a tool that hangs', () => {
  it('keeps no scrape waiting, is given up at its time limit, and leaves no process when walguard stops', async () => {
    const { monitorUrl } = newestSharedServer();
    await using folder = await temporaryFolder();
    const pids = `${folder.path}/pids`;
    const tool = await folder.write('tool', `#!/bin/sh\nsleep 1000 &\necho $$ $! >> '${pids}'\nwait\n`);
    await chmod(tool, 0o755);
    const backups = (limit: string): string => `[{method: pgbackrest, stanza: main, command: ['${tool}']${limit}}]`;
    const config = await folder.write(
      'walguard.yml',
      `repositories:\n  quick: {interval: 100ms, backups: ${backups(', time_limit: 200ms')}}\n  slow: {backups: ${backups('')}}\n`,
    );
    await using walguard = await startWalguard({ dataSourceName: monitorUrl, args: [`--config.file=${config}`] });
    const upOf = async (): Promise<ReadonlyMap<string | undefined, number>> => {
      const { families } = await scrape(`${walguard.url}/metrics`);
      return new Map(
        samplesOf(families, 'walguard_source_up').map(({ labels, value }) => [labels['repository'], value]),
      );
    };

    await waitFor('the time limit', async () => (await upOf()).get('quick') === 0);
    expect((await upOf()).has('slow')).toBe(false);
    const starts = async (): Promise<readonly number[]> => {
      const text = await readFile(pids, 'utf8');
      return text.split(/\s+/).filter(Boolean).map(Number);
    };
    await waitFor('three runs', async () => (await starts()).length >= 6);
    expect(await walguard.stop()).toBe(0);

    await waitFor('all that was started to end', async () => !(await starts()).some(isRunning), 2_000);
    const said = walguard.logLines.filter(({ msg }) => msg === 'source cannot be read');
    expect(said).toMatchObject([
      { repository: 'quick', source: 'backup', method: 'pgbackrest', code: 'SOURCE_TIMEOUT' },
    ]);
  });
});

describe('a tool that tells its secrets', () => {
  it('has them in no log line, page or answer', async () => {
    const { monitorUrl } = newestSharedServer();
    await using folder = await temporaryFolder();
    const tool = await folder.write('tool', '#!/bin/sh\necho "ERROR: [041]: $CIPHER_PASS $*" >&2\nexit 41\n');
    await chmod(tool, 0o755);
    const config = await folder.write(
      'walguard.yml',
      `repositories:
  main:
    interval: 100ms
    backups:
      - {method: pgbackrest, stanza: main, command: ['${tool}', --key=hunter2], environment: {CIPHER_PASS: hunter3}}
`,
    );
    const args = [`--config.file=${config}`, '--log.level=debug'];
    await using walguard = await startWalguard({ dataSourceName: monitorUrl, args });
    await waitFor('the source to be down', async () => {
      return valueOf((await scrape(`${walguard.url}/metrics`)).families, 'walguard_source_up') === 0;
    });
    const page = await scrape(`${walguard.url}/metrics`);
    const status = await fetchText(`${walguard.url}/api/v1/status`);
    await walguard.stop();

    expect(walguard.stderr).toContain('SOURCE_PROGRAM_FAILED');
    expect(status.text).toContain('SOURCE_PROGRAM_FAILED');
    for (const text of [walguard.stderr, walguard.stdout, page.text, status.text]) expect(text).not.toMatch(/hunter\d/);
  });
});
