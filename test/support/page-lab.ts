import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { waitFor } from '../../servers/index.ts';
import type { DrillReport } from '../../src/core/drill-report.ts';
import type { StatusDocument } from '../../src/http/schema.ts';
import { putReports } from './drill-reports.ts';
import { fetchText } from './http.ts';
import { archivedEnd, backUp, type RestoreLab, Scraper, segmentsPass, startRestoreLab } from './restore-lab.ts';
import { assemble } from './standbys.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startWalguard, type Walguard } from './walguard.ts';
import { segmentNamesIn } from './wal-archive.ts';

/** A server with a backup, an archive, and a walguard that watched while they were made. */
export interface PageLab {
  readonly lab: RestoreLab;
  readonly walguard: Walguard;
  /** Of the backup. */
  readonly first: string;
  readonly status: () => Promise<StatusDocument>;
}

export interface PageLabOptions {
  /** Of the target, as the configuration file has it. */
  readonly policy: string;
  /** Of the repository. */
  readonly wanted: readonly string[];
  /** What restore drills of it reported. */
  readonly drills?: readonly DrillReport[];
}

const MAJOR = 15;

export function startPageLab({ policy, wanted, drills = [] }: PageLabOptions): Promise<PageLab & AsyncDisposable> {
  return assemble(async (keep) => {
    const lab = keep(await startRestoreLab(MAJOR));
    const folder = keep(await temporaryFolder());
    const lines = [
      'interval: 200ms',
      'pending_after: 1s',
      ...wanted,
      `archive: {method: directory, path: '${lab.archive}'}`,
      `backups: [{method: pg_basebackup, path: '${lab.backups}'}]`,
    ];
    const config = await folder.write(
      'walguard.yml',
      `repositories:\n  main:\n    ${lines.join('\n    ')}\nrecoverability: ${policy}\ndrills: {directory: ${folder.path}/drills}\n`,
    );
    await putReports(join(folder.path, 'drills', 'reports'), ...drills);
    const dataSourceName = lab.server.url({ user: 'walguard', password: 'walguard' });
    const args = [`--config.file=${config}`];
    const walguard = keep(await startWalguard({ dataSourceName, args, readyTimeoutMs: 60_000 }));
    await using _scraper = new Scraper(walguard, 200);
    lab.writer.start(40, 60_000);
    await segmentsPass(lab.server, 2);
    const first = await backUp(lab, 'first');
    await segmentsPass(lab.server, 8);
    const status = async (): Promise<StatusDocument> =>
      JSON.parse((await fetchText(`${walguard.url}/api/v1/status`)).text) as StatusDocument;
    return { lab, walguard, first, status };
  });
}

/** Ends the writing, removes a segment that the backup needs on its way to now, and returns its name once it is missed. */
export async function makeGap({ lab, status }: PageLab): Promise<string> {
  await lab.writer.stop();
  await archivedEnd(lab.server, lab.archive);
  const names = await segmentNamesIn(lab.archive);
  const lost = names.at(-4) ?? '';
  await rm(join(lab.archive, lost));
  await waitFor(
    'the gap to be seen',
    async () => (await status()).repositories[0]?.gaps.some(({ first_file: name }) => name === lost) === true,
    60_000,
  );
  return lost;
}
