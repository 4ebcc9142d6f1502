import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { OPTIONS } from '../../src/config/options.ts';
import { variableOf } from '../../src/config/settings.ts';
import { readProjectFile } from '../repo/project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const run = promisify(execFile);

const UNITS = ['walguard.service', 'walguard-drill@.service', 'walguard-drill@.timer'];
/** Of 100, by the points that systemd gives; a unit with nothing forbidden has 96. */
const MOST_EXPOSED = 20;

function instanceOf(name: string): string {
  return name.replace('@.', '@main.');
}

/** What systemd has to say of the units, after a change to them; nothing if all is well. */
async function complaintsOf(change: (service: string) => string = (service) => service): Promise<string> {
  await using folder = await temporaryFolder();
  for (const name of UNITS) {
    // Whether walguard is installed on the machine of the tests is not the question.
    const unit = change(readProjectFile(`deploy/systemd/${name}`).replace(/\/usr\/bin\/walguard\b/, '/bin/true'));
    await writeFile(join(folder.path, instanceOf(name)), unit);
  }
  const paths = UNITS.map((name) => join(folder.path, instanceOf(name)));
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

  it('have variables beside them that walguard knows', () => {
    const names = [...readProjectFile('deploy/systemd/walguard.env').matchAll(/^#?(WALGUARD_\w+)=/gm)].map(
      ([, name]) => name,
    );
    const known = new Set(['config.file', ...Object.values(OPTIONS).map(({ flag }) => flag)].map(variableOf));
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !known.has(name ?? ''))).toEqual([]);
  });

  it('let walguard do little: systemd says how little', async () => {
    const { stdout } = await judge(readProjectFile('deploy/systemd/walguard.service'));
    expect(stdout).toContain('Overall exposure level');
  });

  it('would be judged exposed without what they forbid', async () => {
    const open = readProjectFile('deploy/systemd/walguard.service').replaceAll(
      /^(?:Protect|Private|Restrict|SystemCall).*$/gm,
      '',
    );
    await expect(judge(open)).rejects.toThrow('Overall exposure level');
  });
});

/** Rejects, with the table, where the unit is more exposed. */
async function judge(unit: string): Promise<{ readonly stdout: string }> {
  await using folder = await temporaryFolder();
  const path = await folder.write('walguard.service', unit);
  try {
    return await run('systemd-analyze', [
      'security',
      '--no-pager',
      '--offline=yes',
      `--threshold=${MOST_EXPOSED}`,
      path,
    ]);
  } catch (thrown) {
    throw new Error((thrown as { readonly stdout: string }).stdout, { cause: thrown });
  }
}
