import { describe, expect, it } from 'vitest';
import {
  type ArchiveContents,
  type BackupCatalogue,
  emptyArchive,
  type KnownOfServer,
} from '../../../src/core/catalogue.ts';
import type { RecoverabilityInput } from '../../../src/core/recoverability.ts';
import { createAssessor, type ServerReport } from '../../../src/recoverability/assessor.ts';
import { joinCatalogues, RepositoryWatch } from '../../../src/recoverability/repository-watch.ts';
import { backupOf, catalogueOf, reportOf } from './reports.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const { acceptedGaps: _none, ...POLICY } = NOTHING_WANTED;

const ARCHIVE: ArchiveContents = { ...emptyArchive(0), segmentBytes: 1_048_576 };

describe('the answer of a moment', () => {
  it('is the same for all that ask, until a source or the server has said more', () => {
    const inputs: RecoverabilityInput[] = [];
    let readings = 0;
    const now: { server: ServerReport['server'] } = { server: undefined };
    const report = createAssessor({
      repositories: [],
      policy: { rpoSeconds: 5, rtoSeconds: undefined },
      server: () => ({ ...now, heartbeats: [] }),
      readingsSoFar: () => readings,
      assess: (input) => {
        inputs.push(input);
        return reportOf().assessment;
      },
    });

    const first = report();
    for (let asked = 0; asked < 50; asked++) expect(report()).toBe(first);
    expect(inputs).toHaveLength(1);

    readings++;
    expect(report()).not.toBe(first);
    now.server = { timeSeconds: 1 } as ServerReport['server'];
    expect(report().server).toBe(now.server);
    expect(inputs.map((input) => [input.server, input.policy.rpoSeconds])).toEqual([
      [undefined, 5],
      [undefined, 5],
      [now.server, 5],
    ]);
  });
});

describe('what several backup sources of a repository say', () => {
  it('is one catalogue, in which each backup has its method', () => {
    const joined = joinCatalogues([
      {
        method: 'pg_basebackup',
        catalogue: catalogueOf({ backups: [backupOf('a', 1)], lastFailureSeconds: 5, running: undefined }),
      },
      {
        method: 'pgbackrest',
        catalogue: catalogueOf({ backups: [backupOf('b', 2)], lastFailureSeconds: 7, running: [] }),
      },
      { method: 'later', catalogue: undefined },
    ]);

    expect(joined?.backups.map(({ label, method }) => [label, method])).toEqual([
      ['a', 'pg_basebackup'],
      ['b', 'pgbackrest'],
    ]);
    expect(joined).toMatchObject({ lastFailureSeconds: 7, running: [] });
  });

  it('is not known before one of them was read', () => {
    expect(joinCatalogues([])).toBeUndefined();
    expect(joinCatalogues([{ method: 'pgbackrest', catalogue: undefined }])).toBeUndefined();
  });
});

describe('a repository that is watched', () => {
  it('gives what its sources said, and the gaps that are accepted by the size of segments', async () => {
    const known: KnownOfServer[] = [];
    const catalogue: BackupCatalogue = catalogueOf({ backups: [backupOf('a', 1)] });
    const warnings: unknown[] = [];
    let readings = 0;
    await using watch = new RepositoryWatch(
      {
        name: 'main',
        intervalMs: 60_000,
        policy: POLICY,
        acceptedGaps: [
          { from: '0000000200000001000000FF', to: '000000020000000200000001', reason: 'a fire' },
          { from: '000000010000000000001000', to: '000000010000000000001000' },
        ],
        archive: {
          source: {
            method: 'directory',
            read: (told) => {
              known.push(told);
              return Promise.resolve(ARCHIVE);
            },
          },
          timeLimitMs: 1_000,
        },
        backups: [{ source: { method: 'pg_basebackup', read: () => Promise.resolve(catalogue) }, timeLimitMs: 1_000 }],
      },
      {
        known: () => ({ segmentBytes: undefined, systemIdentifier: '7' }),
        onRead: () => readings++,
        log: { ...SILENT, warn: (fields, message) => void warnings.push([message, fields['gaps']]) },
      },
    );
    expect(watch.input).toMatchObject({ archive: undefined, catalogue: undefined, policy: { acceptedGaps: [] } });

    await watch.readNow();
    await watch.readNow();

    expect(readings).toBe(4);
    expect(warnings).toEqual([
      ['accepted gaps are of no segments of this size', ['000000010000000000001000 to 000000010000000000001000']],
    ]);
    expect(known[0]).toEqual({ segmentBytes: undefined, systemIdentifier: '7' });
    expect(watch.input).toMatchObject({
      name: 'main',
      archive: ARCHIVE,
      // Of segments of 1 MB a log has 4,096, and no number 4,096.
      policy: { acceptedGaps: [{ timeline: 2, first: 4_096 + 255, last: 2 * 4_096 + 1, reason: 'a fire' }] },
    });
    expect(watch.input.catalogue?.backups).toHaveLength(1);
    expect(watch.sources.map(({ source, method, up }) => [source, method, up])).toEqual([
      ['archive', 'directory', true],
      ['backup', 'pg_basebackup', true],
    ]);
  });

  it('has its archive told what the newest backup says of the size of segments', async () => {
    const known: KnownOfServer[] = [];
    const wal = { timeline: 1, start: 0x400028n, stop: 0x400100n, included: false };
    const told = (
      label: string,
      stopTimeSeconds: number,
      segmentBytes?: number,
    ): BackupCatalogue['backups'][number] => ({
      ...backupOf(label, stopTimeSeconds),
      wal: { ...wal, segmentBytes },
    });
    const backups = [told('newer', 2, 4_194_304), told('newest', 3), told('older', 1, 1_048_576)];
    await using watch = new RepositoryWatch(
      {
        name: 'main',
        intervalMs: 60_000,
        policy: POLICY,
        acceptedGaps: [],
        archive: {
          source: {
            method: 'pgbackrest',
            read: (each) => {
              known.push(each);
              return Promise.resolve(ARCHIVE);
            },
          },
          timeLimitMs: 1_000,
        },
        backups: [
          {
            source: { method: 'pgbackrest', read: () => Promise.resolve(catalogueOf({ backups })) },
            timeLimitMs: 1_000,
          },
        ],
      },
      { known: () => ({ segmentBytes: undefined, systemIdentifier: '7' }), onRead: () => undefined, log: SILENT },
    );

    await watch.readNow();

    expect(known).toEqual([{ segmentBytes: undefined, systemIdentifier: '7', segmentBytesOfBackups: 4_194_304 }]);
  });
});
