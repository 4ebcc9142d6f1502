import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';

import { freePort, waitFor } from '../../servers/index.ts';
import { fetchText } from '../support/http.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { Walguard } from '../support/walguard.ts';

const cli = join(projectDirectory, 'dist/main.js');
const env = { DATA_SOURCE_NAME: 'postgres://walguard@127.0.0.1:1/postgres' };

function serveArgs(port: number): readonly string[] {
  return [cli, `--web.listen-address=127.0.0.1:${port}`, '--log.level=debug'];
}

/** Lets it serve and stop: what its page says of the server, and how it ended. */
async function serveAndStop(
  walguard: Walguard,
): Promise<{ readonly up: string | undefined; readonly code: number | null }> {
  const ready = async (): Promise<boolean> =>
    walguard.hasEnded || (await fetchText(`${walguard.url}/-/ready`)).status === 200;
  await waitFor('walguard to be ready', ready, 15_000);
  const { text } = await fetchText(`${walguard.url}/metrics`);
  walguard.signal('SIGTERM');
  return { up: /^pg_up .*$/m.exec(text)?.[0], code: (await walguard.finished).code };
}

it('serves although the disk that its log goes to is full', async () => {
  const port = await freePort();
  await using full = await open('/dev/full', 'w');
  const child = spawn(process.execPath, serveArgs(port), { env, stdio: ['ignore', 'pipe', full.fd] });
  await using walguard = new Walguard(child, port);

  expect(await serveAndStop(walguard)).toEqual({ up: 'pg_up 0', code: 0 });
});

it('serves although nobody reads its log any more', async () => {
  const port = await freePort();
  const child = spawn(process.execPath, serveArgs(port), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  await using walguard = new Walguard(child, port);
  child.stderr.destroy();

  expect(await serveAndStop(walguard)).toEqual({ up: 'pg_up 0', code: 0 });
});

it('prints its help to a reader that goes away in the middle', async () => {
  const child = spawn(process.execPath, [cli, '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdout.destroy();
  const [code] = (await once(child, 'close')) as [number | null];

  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});
