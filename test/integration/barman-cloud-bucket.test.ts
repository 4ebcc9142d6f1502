import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { barmanCloud } from '../../src/backup/barman/cloud.ts';
import type { BackupSource } from '../../src/core/catalogue.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { placeOf, useCredentials } from '../support/s3-archive.ts';
import { type S3Server, startS3Server } from '../support/s3-server.ts';

const signal = AbortSignal.timeout(600_000);
const BASE = 'pg/main/base/';

describe('backups of barman-cloud in a bucket', () => {
  let server: S3Server;
  let done: string;
  let failed: string;
  let source: BackupSource;

  function putCopy(id: string, info: string | undefined, timeSeconds = 1_700_000_000): void {
    server.put(`${BASE}${id}/data.tar`, Buffer.alloc(700), { timeSeconds });
    server.put(`${BASE}${id}/16400.tar.gz`, Buffer.alloc(300), { timeSeconds });
    if (info !== undefined) server.put(`${BASE}${id}/backup.info`, info, { timeSeconds });
  }

  beforeAll(async () => {
    const fixture = (name: string): Promise<string> =>
      readFile(join(projectDirectory, 'test/fixtures/barman', name), 'utf8');
    [done, failed] = [await fixture('3.4_rsync_backup.info'), await fixture('3.4_failed_backup.info')];
    useCredentials();
    server = await startS3Server();
    source = barmanCloud({ place: placeOf(server), prefix: 'pg/', server: 'main' });
  });
  afterEach(() => {
    server.take();
    server.fault = () => undefined;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await server[Symbol.asyncDispose]();
  });

  it('of a server that is not there are not found', async () => {
    await expect(source.read(signal)).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: 'There is nothing below s3://backups/pg/main/',
    });
  });

  it('are none where only WAL is there yet', async () => {
    server.put('pg/main/wals/0000000100000000/000000010000000000000001', 'x');
    expect(await source.read(signal)).toMatchObject({ backups: [], problems: [] });
  });

  it('count with what their objects take, and are got once', async () => {
    putCopy('20261122T100000', done);
    const { backups, problems, running } = await source.read(signal);
    expect(backups).toMatchObject([{ label: '20261122T100000', type: 'full', storedBytes: 1_000 }]);
    expect([problems, running]).toEqual([[], undefined]);
    expect(server.take().map(({ kind }) => kind)).toEqual(['list', 'get']);

    await source.read(signal);
    expect(server.take().map(({ kind }) => kind)).toEqual(['list']);
  });

  it('that failed, were interrupted, were cut short or lost their copy do not count', async () => {
    putCopy('20261122T080000', failed);
    putCopy('20261122T080100', undefined);
    putCopy('20261122T080200', done.slice(0, 200));
    server.put(`${BASE}20261122T080300/backup.info`, done);

    const { backups, problems, lastFailureSeconds } = await source.read(signal);

    expect(backups.map(({ label }) => label)).toEqual(['20261122T100000']);
    expect(lastFailureSeconds).toBe(1_700_000_000);
    const told = problems.map(({ code, message }) => `${code} ${message.slice(0, 60)}`);
    expect(told.toSorted()).toEqual([
      'BACKUP_INCOMPLETE 20261122T080000 of Barman is no backup: it failed: failure c',
      'BACKUP_INCOMPLETE 20261122T080100 of barman-cloud is no backup: it has no back',
      'BACKUP_INCOMPLETE 20261122T080300 of barman-cloud is no backup: its copy is go',
      'SOURCE_BAD_ANSWER backup.info of 20261122T080200 cannot be read: it ends in th',
    ]);
  });

  it('without an end may run for a day, if nothing came after', async () => {
    const now = Date.now() / 1_000;
    putCopy('20261122T110000', undefined, now - 3_600);
    expect((await source.read(signal)).problems.filter(({ message }) => message.includes('T110000'))).toEqual([]);
    putCopy('20261122T110000', undefined, now - 90_000);
    expect((await source.read(signal)).problems.filter(({ message }) => message.includes('T110000'))).toHaveLength(1);
  });

  it('that may be listed and not be read are an error of their own', async () => {
    const fresh = barmanCloud({ place: placeOf(server), prefix: 'pg/', server: 'main' });
    server.fault = ({ kind }) => (kind === 'get' ? { status: 403, code: 'AccessDenied' } : undefined);
    await expect(fresh.read(signal)).rejects.toMatchObject({ code: 'S3_FORBIDDEN' });
  });
});
