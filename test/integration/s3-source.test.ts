import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { fetchText, scrape, valueOf } from '../support/http.ts';
import { putSegments } from '../support/s3-archive.ts';
import { BUCKET, credentialsOf, KEY, type S3Server, startS3Server } from '../support/s3-server.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard } from '../support/walguard.ts';

const SOURCE = { repository: 'cloud', source: 'archive', method: 's3' };

let server: S3Server;

beforeAll(async () => {
  server = await startS3Server();
  putSegments(server, 'main/wal/', 1, 5);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('a bucket in the configuration', () => {
  it('is read with the credentials of the environment, and told by its segments', async () => {
    await using folder = await temporaryFolder();
    const archive = `{method: s3, bucket: ${BUCKET}, prefix: main/wal, endpoint: '${server.url}'}`;
    const config = await folder.write('walguard.yml', `repositories: {cloud: {archive: ${archive}}}\n`);
    await using walguard = await startWalguard({
      dataSourceName: newestSharedServer().monitorUrl,
      args: [`--config.file=${config}`],
      env: credentialsOf(),
    });
    const up = async (): Promise<boolean> =>
      valueOf((await scrape(`${walguard.url}/metrics`)).families, 'walguard_source_up', SOURCE) === 1;
    await waitFor('the first reading', up, 30_000);
    const { families } = await scrape(`${walguard.url}/metrics`);

    expect(valueOf(families, 'pg_archive_segments', { repository: 'cloud' })).toBe(5);
    expect(await walguard.stop()).toBe(0);
  });

  it('that refuses the credentials is told in log, page and status without any of them', async () => {
    await using folder = await temporaryFolder();
    const secret = 'hunter3/wrong';
    const credentials = await folder.write(
      'credentials',
      `[backup]\naws_access_key_id = ${KEY.id}\naws_secret_access_key = ${secret}\n`,
    );
    const archive = `{method: s3, bucket: ${BUCKET}, prefix: main/wal, endpoint: '${server.url}', profile: backup}`;
    const config = await folder.write('walguard.yml', `repositories: {cloud: {archive: ${archive}}}\n`);
    await using walguard = await startWalguard({
      dataSourceName: newestSharedServer().monitorUrl,
      args: [`--config.file=${config}`, '--log.level=debug'],
      env: { ...credentialsOf({ id: '', secret: '' }), AWS_SHARED_CREDENTIALS_FILE: credentials },
    });
    const down = async (): Promise<boolean> =>
      valueOf((await scrape(`${walguard.url}/metrics`)).families, 'walguard_source_up', SOURCE) === 0;
    await waitFor('the source to be down', down, 30_000);
    const page = await scrape(`${walguard.url}/metrics`);
    const status = await fetchText(`${walguard.url}/api/v1/status`);
    await walguard.stop();

    expect(status.text).toContain('No credentials open s3://backups/main/wal/ (SignatureDoesNotMatch)');
    expect(walguard.stderr).toContain('S3_CREDENTIALS');
    for (const text of [walguard.stderr, walguard.stdout, page.text, status.text])
      for (const each of [secret, KEY.secret, KEY.id]) expect(text).not.toContain(each);
  });

  it.each([
    ['a password in the endpoint', `endpoint: 'https://me:hunter4@s3.example.com'`, 'endpoint is not usable'],
    ['an endpoint without a scheme', 'endpoint: s3.example.com', 'endpoint is not usable'],
    ['a slash in front of the prefix', 'prefix: /wal', 'prefix is not usable'],
    ['a secret', 'secret_key: hunter4', 'the key "secret_key" is not known'],
  ])('with %s is refused', async (_, keys, message) => {
    await using folder = await temporaryFolder();
    const archive = `{method: s3, bucket: b, ${keys}}`;
    const config = await folder.write('walguard.yml', `repositories: {cloud: {archive: ${archive}}}\n`);
    const { code, stdout, stderr } = await runWalguard(['serve', `--config.file=${config}`], {
      dataSourceName: 'postgresql://127.0.0.1:1/',
    });

    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(stdout + stderr).not.toContain('hunter4');
  });
});
