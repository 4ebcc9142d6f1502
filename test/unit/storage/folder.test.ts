import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { factsIn } from '../../../src/storage/folder.ts';

it('facts of many files keep one thread at a time, as a disk that hangs does not give it back', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'walguard-folder-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) await writeFile(join(folder, name), name.repeat(3));
  const before = pending();
  const facts = factsIn(folder, [...names, 'gone']);
  expect(pending() - before).toBe(1);
  expect((await facts).map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual(names.map((name) => [name, 3]));
});

function pending(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith('FSReq')).length;
}
