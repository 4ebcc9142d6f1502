import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type DrillImage, type ImageRepository, startDrillImage } from '../support/drill-image.ts';

/** The backup that a drill to the end takes. */
const NEWEST: Readonly<Record<Exclude<ImageRepository, 'dump'>, RegExp>> = {
  pgbackrest: /^\d{8}-\d{6}F_\d{8}-\d{6}I$/,
  barman: /^\d{8}T\d{6}$/,
  blocks: /^\d{8}T\d{6}$/,
  plain: /^copy$/,
  tar: /^copy$/,
  chain: /^third$/,
  bucket: /^copy$/,
};

/** What the table t holds there, and on which timeline that is. */
const EXPECTED = {
  moment: { rows: '1000', timeline: 1 },
  emptied: { rows: '0', timeline: 1 },
  latest: { rows: '107', timeline: 2 },
} as const;

const DRILLS: readonly (readonly [keyof typeof NEWEST, readonly (keyof typeof EXPECTED)[]])[] = [
  ['pgbackrest', ['moment', 'emptied', 'latest']],
  ['barman', ['moment', 'latest']],
  ['blocks', ['moment', 'latest']],
  ['chain', ['moment', 'latest']],
  ['plain', ['emptied', 'latest']],
  ['tar', ['moment']],
  ['bucket', ['moment', 'latest']],
];

describe('drills with PostgreSQL 18 and the newest tools', () => {
  let lab: DrillImage;
  let moment: string;
  let before: readonly string[];

  beforeAll(async () => {
    lab = await startDrillImage();
    moment = await lab.run('cat /lab/moment');
    before = await lab.contents();
    await lab.watch();
    await lab.run('cp /lab/server.log /lab/server.log.before');
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it.each(DRILLS)('recover from %s to where they are asked to: %j', async (repository, targets) => {
    for (const target of targets) {
      const { code, report } = await lab.drill(repository, target === 'moment' ? moment : target);
      const { failure, recoveredTo, checks, backup } = report;
      expect({ code, failure, major: backup?.majorVersion }).toEqual({ code: 0, major: 180_000 });
      const rows = checks.find(({ name }) => name === 'rows')?.found;
      expect({ rows, timeline: recoveredTo?.timeline }).toEqual(EXPECTED[target]);
      expect(checks.find(({ name }) => name === 'checksums')?.result).toBe('passed');
      if (target === 'latest') expect(backup?.label).toMatch(NEWEST[repository]);
      if (repository === 'blocks') expect(backup).toMatchObject({ type: 'incremental', verifiedBy: 'manifest' });
    }
  });

  it('restore a dump into a server of its own', async () => {
    const { code, report } = await lab.drill('dump', 'latest');
    expect({ code, failure: report.failure }).toEqual({ code: 0, failure: undefined });
    expect(report.checks.find(({ name }) => name === 'rows')?.found).toBe(EXPECTED.latest.rows);
  });

  it('only read from the bucket', () => {
    const kinds = lab.bucket.take().map(({ kind }) => kind);
    expect(kinds).toContain('get');
    expect(kinds).not.toContain('other');
  });

  it('leave backups and WAL as they were', async () => {
    expect(await lab.contents()).toEqual(before);
  });

  it('are not seen by the server, neither in its log nor in its statistics', async () => {
    expect(await lab.run('cat /lab/server.log.before')).toContain('connection received');
    const grown = await lab.run('tail -c +$(($(stat -c %s /lab/server.log.before) + 1)) /lab/server.log');
    expect(grown).not.toContain('connection received');
    const watched = await lab.watched();
    expect(watched).toHaveLength(1);
    expect(watched[0]).toMatch(/^\d+ sessions, others: 0$/);
  });

  it('say what is damaged in the full backup that changed blocks of Barman build upon', async () => {
    await lab.run(`cd /lab/barman/blocks/base && cd "$(ls | head -n 1)/data" && echo >>global/pg_filenode.map`);
    const { code, report } = await lab.drill('blocks', 'latest');
    expect(code).toBe(1);
    expect(report.failure).toMatchObject({ phase: 'restore', code: 'BACKUP_DAMAGED' });
    expect(report.failure?.message).toContain('global/pg_filenode.map');
  });
});
