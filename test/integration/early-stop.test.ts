import { execFile, spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { gatePack } from '../support/gate.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { Walguard } from '../support/walguard.ts';

it.each(['SIGTERM', 'SIGINT'] as const)(
  'stops with 0 at a %s while it still reads its packs, which a container would not hear unless it listened by then',
  async (signal) => {
    await using folder = await temporaryFolder();
    const pack = join(folder.path, 'pack.yaml');
    await promisify(execFile)('mkfifo', [pack]);
    const args = [join(projectDirectory, 'dist/main.js'), '--web.listen-address=127.0.0.1:0'];
    const child = spawn(process.execPath, [...args, `--extend.query-path=${pack}`], {
      env: { DATA_SOURCE_NAME: 'postgres://walguard@127.0.0.1:1/postgres' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await using walguard = new Walguard(child, undefined);

    const writer = await openOnceRead(pack);
    walguard.signal(signal);
    await writer.writeFile(gatePack);
    await writer.close();

    const { code, stderr } = await walguard.finished;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(walguard.logLines.map(({ msg }) => msg)).toEqual(['walguard serves', 'walguard stops', 'walguard stopped']);
  },
);

/** Opening a pipe to write to it fails as long as nobody reads it. */
async function openOnceRead(path: string): Promise<FileHandle> {
  let writer: FileHandle | undefined;
  await waitFor('the pack to be read', async () => {
    writer = await open(path, constants.O_WRONLY | constants.O_NONBLOCK);
    return true;
  });
  if (writer === undefined) throw new Error('The pack was not opened.');
  return writer;
}
