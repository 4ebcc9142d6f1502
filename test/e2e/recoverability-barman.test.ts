import { copyFile, readdir, truncate, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, waitFor } from '../../servers/index.ts';
import { BARMAN_SERVER, type BarmanFlow, type BarmanLab, startBarmanLab } from '../support/barman.ts';
import { samplesOf, scrape, type Scrape, valueOf } from '../support/http.ts';
import { findingsOf, verdictOf } from '../support/recoverability.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { switchTimeline } from '../support/timeline-switch.ts';
import { startWalguard, type Walguard } from '../support/walguard.ts';

/** The same store twice: its backups read from files, and asked of Barman. */
const NAMES = ['by_files', 'by_program'];

describe.each([{ flow: 'stream' }, { flow: 'archive' }] as const)(
  'a server whose WAL and backups Barman keeps ($flow)',
  ({ flow }: { flow: BarmanFlow }) => {
    let lab: BarmanLab;
    let folder: TemporaryFolder;
    let walguard: Walguard;

    const page = (): Promise<Scrape> => scrape(`${walguard.url}/metrics`);
    const ofEach = ({ families }: Scrape, name: string): readonly (number | undefined)[] =>
      NAMES.map((repository) => valueOf(families, name, { repository }));
    const backupsOf = ({ families }: Scrape): readonly string[] =>
      samplesOf(families, 'pg_backups')
        .filter(({ labels, value }) => value > 0 && labels['repository'] === 'by_files')
        .map(({ labels, value }) => `${labels['type']} ${labels['recoverability']} ${value}`);

    async function until(what: string, holds: (found: Scrape) => boolean): Promise<Scrape> {
      let found = await page();
      await waitFor(what, async () => holds((found = await page())), 60_000);
      return found;
    }

    beforeAll(async () => {
      lab = await startBarmanLab(flow, flow === 'stream' ? { compression: 'gzip' } : {});
      await lab.backUp();
      await lab.archive(5);
      folder = await temporaryFolder();
      const archive = `{method: barman, path: '${lab.path}', server: ${BARMAN_SERVER}}`;
      const program = `{method: barman, server: ${BARMAN_SERVER}, config: '${lab.config}', environment: {HOME: '${lab.path}'}}`;
      const config = await folder.write(
        'walguard.yml',
        `repositories:
  by_files: {interval: 300ms, pending_after: 1s, archive: ${archive}, backups: [${archive}]}
  by_program: {interval: 1s, pending_after: 1s, archive: ${archive}, backups: [${program}]}
`,
      );
      walguard = await startWalguard({
        dataSourceName: await createMonitorRole(lab.server),
        args: [`--config.file=${config}`],
      });
    }, 120_000);

    afterAll(async () => {
      await walguard?.[Symbol.asyncDispose]();
      await folder?.[Symbol.asyncDispose]();
      await lab?.[Symbol.asyncDispose]();
    });

    it('is recoverable', async () => {
      const found = await until('the verdict', (each) => verdictOf(each) === 'recoverable');

      expect(findingsOf(found)).toEqual([]);
      expect(backupsOf(found)).toEqual(['full pitr 1']);
      expect(ofEach(found, 'pg_archive_gap_segments')).toEqual([0, 0]);
      expect(ofEach(found, 'pg_pitr_windows')).toEqual([1, 1]);
      expect(samplesOf(found.families, 'walguard_source_up').map(({ value }) => value)).toEqual([1, 1, 1, 1]);
    });

    it('is at risk with a segment that was cut short in the middle, and not recoverable to now without it', async () => {
      const victim = (await lab.segments()).at(-3) ?? '';
      const path = join(lab.home, 'wals', victim.slice(0, 16), victim);
      const kept = join(lab.path, 'kept');
      await copyFile(path, kept);
      await truncate(path, 300);
      await utimes(path, Date.now() / 1000 - 600, Date.now() / 1000 - 600);
      const cut = await until('the gap', (each) => ofEach(each, 'pg_archive_gap_segments').every((one) => one === 1));
      await unlink(path);
      const found = await until('the hole', (each) => !findingsOf(each).includes('bad_wal_files'));

      expect(findingsOf(cut)).toEqual(expect.arrayContaining(['no_way_to_now', 'archive_gap', 'bad_wal_files']));
      expect([verdictOf(found), backupsOf(found)]).toEqual(['not_recoverable', ['full limited 1']]);
      expect(findingsOf(found)).toEqual(expect.arrayContaining(['no_way_to_now', 'archive_gap']));
      expect(ofEach(found, 'pg_archive_gap_segments')).toEqual([1, 1]);
      await copyFile(kept, path);
      await until('the whole', (each) => verdictOf(each) === 'recoverable');
    });

    it('is recoverable again behind a gap with another backup', async () => {
      const victim = (await lab.segments()).at(-3) ?? '';
      await unlink(join(lab.home, 'wals', victim.slice(0, 16), victim));
      await until('the gap', (each) => verdictOf(each) === 'not_recoverable');
      const id = await lab.backUp();
      await lab.archive(2);
      const found = await until('the backup', (each) => verdictOf(each) === 'at_risk' && backupsOf(each).length === 2);

      expect(findingsOf(found)).toEqual(['archive_gap']);
      expect(backupsOf(found)).toEqual(['full pitr 1', 'full limited 1']);
      expect(id).not.toBe('');
    });

    it('has no usable backup once they were deleted, and a switch of timelines is no gap', async () => {
      await switchTimeline(lab.server);
      await lab.receive();
      await lab.archive(3);
      const after = await until('the other timeline', (each) =>
        ofEach(each, 'pg_pitr_windows').every((one) => one === 2),
      );
      expect(ofEach(after, 'pg_archive_gap_segments')).toEqual([1, 1]);
      expect(backupsOf(after)).toEqual(['full pitr 1', 'full limited 1']);

      for (const id of await readdir(join(lab.home, 'base'))) await lab.run('delete', BARMAN_SERVER, id);
      const found = await until('the loss', (each) => findingsOf(each).includes('no_usable_backup'));
      expect(verdictOf(found)).toBe('not_recoverable');
    });
  },
);
