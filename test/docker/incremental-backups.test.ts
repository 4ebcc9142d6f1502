import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GenericContainer, Network, type StartedNetwork, type StartedTestContainer } from 'testcontainers';

import { baseBackupFolder } from '../../src/backup/pg-basebackup/source.ts';
import type { BackupCatalogue } from '../../src/core/catalogue.ts';
import { checkEngine, imageOf, type PostgresImage, startPostgresImage } from '../support/postgres-image.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);
const never = new AbortController().signal;

/**
 * Makes backups in a container with the newest pg_basebackup, which older servers understand: a full one, two that build
 * upon each other, a tar upon the first, and on a server of its own version a full one put together of three.
 */
const SCRIPT = `
set -e
mkdir /tmp/backups && cd /tmp/backups
change() { psql -qc "CREATE TABLE $1 AS SELECT generate_series(1, 100000)"; }
copy() { pg_basebackup -c fast -l "$1" -D "$@" 2>&1; }
change a; copy full
change b; copy second -i full/backup_manifest
change c; copy third -i second/backup_manifest
change d; copy tar -Ft -z -i full/backup_manifest
copy plain-tar -Ft
if [ "$MAJOR" = 19 ]; then pg_combinebackup full second third -o combined; fi
tar -cf /tmp/backups.tar -C /tmp backups
`;

const password = 'superuser';

describe.each([17, 19] as const)('incremental backups of PostgreSQL %i', (major) => {
  let network: StartedNetwork;
  let server: PostgresImage;
  let tools: StartedTestContainer;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    await checkEngine();
    network = await new Network().start();
    server = await startPostgresImage(major, { network, alias: 'primary' }, { summarize_wal: 'on' });
    const rule = 'host replication all all scram-sha-256';
    await server.sql(`COPY (SELECT '${rule}') TO PROGRAM 'cat >> pg_hba.conf'; SELECT pg_reload_conf()`);
    tools = await new GenericContainer(imageOf(19))
      .withNetwork(network)
      .withEnvironment({ PGHOST: 'primary', PGUSER: 'postgres', PGPASSWORD: password, MAJOR: String(major) })
      .withEntrypoint(['sleep', '600'])
      .start();
    const { exitCode, output } = await tools.exec(['bash', '-c', SCRIPT]);
    if (exitCode !== 0) throw new Error(`The backups could not be made:\n${output}`);
    folder = await temporaryFolder();
    const archive = await tools.copyArchiveFromContainer('/tmp/backups.tar');
    const unpack = run('sh', ['-c', 'tar -xO | tar -x'], { cwd: folder.path });
    if (unpack.child.stdin !== null) archive.pipe(unpack.child.stdin);
    await unpack;
  });

  afterAll(async () => {
    await tools?.stop({ timeout: 0 });
    await server?.[Symbol.asyncDispose]();
    await network?.stop();
    await folder?.[Symbol.asyncDispose]();
  });

  const read = (): Promise<BackupCatalogue> => baseBackupFolder(join(folder.path, 'backups')).read(never);

  it('need those that they build upon', async () => {
    const { backups, problems, running } = await read();

    expect({ problems, running }).toEqual({ problems: [], running: [] });
    const [[identifier] = []] = await server.sql('SELECT system_identifier::text FROM pg_control_system()');
    const combined = major === 19 ? [['combined', 'full', []]] : [];
    expect(backups.map(({ label, type, needs }) => [label, type, needs])).toEqual([
      ...combined,
      ['full', 'full', []],
      ['plain-tar', 'full', []],
      ['second', 'incremental', ['full']],
      ['tar', 'incremental', ['full']],
      ['third', 'incremental', ['second', 'full']],
    ]);
    const expected = { systemIdentifier: identifier, majorVersion: major * 10_000, wal: { included: true } };
    for (const backup of backups) {
      expect(backup).toMatchObject(expected);
      expect(backup.sizeBytes === undefined).toBe(backup.type === 'incremental');
    }
  });

  it('keep a place for one that was removed', async () => {
    await run('rm', ['-r', join(folder.path, 'backups', 'second')]);

    const { backups } = await read();

    const needs = backups.find(({ label }) => label === 'third')?.needs;
    expect(needs).toHaveLength(1);
    expect(needs?.[0]).toMatch(/^\(the backup that began at 0\/[0-9A-F]+\)$/);
  });
});
