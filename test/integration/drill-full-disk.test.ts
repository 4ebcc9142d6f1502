import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { giveToServer, waitFor } from '../../servers/index.ts';
import { age } from '../support/base-backups.ts';
import { type DrillLab, fingerprint, reportsOf, startDrill, startDrillLab } from '../support/drill-lab.ts';
import { archivedEnd, backUp, segmentsPass } from '../support/restore-lab.ts';
import { ownedByServers } from '../support/tool-drill.ts';

const run = promisify(execFile);
/** More than the least that has to stay free, and less than the file of zeros. */
const DISK = '400m';
const ZEROS_BYTES = 700_000_000;

/** What a drill demands beforehand is known by the size of the backup: of a packed one without a manifest nobody knows it. */
describe('a drill whose disk runs full', () => {
  let lab: DrillLab & AsyncDisposable;
  let disk: string;
  let archiveBefore: string;

  beforeAll(async () => {
    lab = await startDrillLab(15);
    lab.writer.start(20, 60_000);
    await backUp(lab, 'first');
    await segmentsPass(lab.server, 2);
    await lab.writer.stop();
    await lab.server.sql('CREATE TABLE large AS SELECT generate_series(1, 300000) AS id');
    await archivedEnd(lab.server, lab.archive);
    archiveBefore = await fingerprint(lab.archive);
    disk = join(lab.drills, 'disk');
    await mkdir(disk);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', disk]);
    await giveToServer(lab.server.cluster, disk);
  }, 120_000);

  afterAll(async () => {
    if (disk !== undefined) await run('umount', ['-l', disk]);
    await lab?.[Symbol.asyncDispose]();
  });

  /** The drills of the lab, in a folder on the small disk. */
  async function configure(backups?: string): Promise<string> {
    const config = await lab.configure(backups === undefined ? {} : { backups });
    await run('sed', ['-i', `s#^  directory: .*#  directory: ${disk}#`, config]);
    return config;
  }

  /** All that it holds that is no report. */
  async function left(): Promise<readonly string[]> {
    return (await readdir(disk)).filter((name) => name !== 'filler');
  }

  it('while it restores says so, and leaves nothing but its report', async () => {
    const packed = join(lab.drills, 'packed', 'copy');
    await mkdir(packed, { recursive: true });
    const first = join(lab.backups, 'first');
    const zeros = join(first, 'zeros');
    await writeFile(zeros, '');
    await truncate(zeros, ZEROS_BYTES);
    await run('tar', ['-czf', join(packed, 'base.tar.gz'), '--exclude=./backup_manifest', '-C', first, '.']);
    await rm(zeros);
    await age(packed);
    await ownedByServers(packed);
    await using drill = startDrill(lab, await configure(join(packed, '..')));
    const { code, stdout } = await drill.finished;
    expect({ code, stdout }).toMatchObject({ code: 1, stdout: expect.stringContaining('DRILL_NO_SPACE') as string });
    expect((await reportsOf(lab)).at(-1)).toMatchObject({ failure: { phase: 'restore', code: 'DRILL_NO_SPACE' } });
    expect(await left()).toEqual([]);
  }, 60_000);

  it('while its server recovers says so, and leaves nothing but its report', async () => {
    await using drill = startDrill(lab, await configure());
    await waitFor('its restore', () => drill.stdout.includes('start ...') || drill.hasEnded, 60_000);
    await run('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=1M']).catch(() => undefined);
    const { code } = await drill.finished;
    expect(code).toBe(1);
    expect((await reportsOf(lab)).at(-1)?.failure?.code).toBe('DRILL_NO_SPACE');
    expect(await left()).toEqual([]);
  }, 60_000);

  it('leaves the archive alone', async () => {
    expect(await fingerprint(lab.archive)).toBe(archiveBefore);
  });
});
