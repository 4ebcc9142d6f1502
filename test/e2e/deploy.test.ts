import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { readProjectFile } from '../repo/project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

/** What systemd has to say of the units, after a change to the service; nothing if all is well. */
async function complaintsOf(change: (service: string) => string = (service) => service): Promise<string> {
  await using folder = await temporaryFolder();
  const units = ['service', 'timer'].map((type) => [type, readProjectFile(`deploy/systemd/walguard-drill@.${type}`)]);
  for (const [type = '', text = ''] of units) {
    // Whether walguard is installed on the machine of the tests is not the question.
    const unit = change(text.replace('/usr/bin/walguard ', '/bin/true '));
    await writeFile(join(folder.path, `walguard-drill@main.${type}`), unit);
  }
  const paths = units.map(([type]) => join(folder.path, `walguard-drill@main.${type}`));
  const verified = await run('systemd-analyze', ['verify', '--man=no', ...paths]).catch((thrown: unknown) => thrown);
  const { stdout = '', stderr = String(verified) } = verified as { stdout?: string; stderr?: string };
  return stdout + stderr;
}

describe('the units of systemd', () => {
  it('are what systemd takes, without a warning', async () => {
    expect(await complaintsOf()).toBe('');
  });

  it('would be complained of for a key that is none', async () => {
    expect(await complaintsOf((unit) => unit.replace('OOMPolicy=', 'OOMPolitics='))).toContain('OOMPolitics');
  });
});
