import { describe, expect, it } from 'vitest';
import type { BadFile } from '../../../src/core/catalogue.ts';
import { WalguardError } from '../../../src/core/error.ts';
import type { Assessment, RecoverabilityInput } from '../../../src/core/recoverability.ts';
import { assess } from '../../../src/recoverability/assess.ts';
import { type FindingName, FINDINGS } from '../../../src/recoverability/finding-list.ts';
import {
  archiveOf,
  arrival,
  at,
  backupOf,
  CLUSTER,
  dumpOf,
  findingOf,
  inputOf,
  NOW,
  presentIn,
  sample,
  serverOf,
  sourceOf,
} from './world.ts';
import { drillReportOf, failedDrillOf } from '../../support/drill-reports.ts';
import { NOTHING_WANTED } from '../../support/recoverability.ts';

type Given = NonNullable<Parameters<typeof inputOf>[0]>;

/** A primary that archives, an archive that was just read, one backup. */
const healthy: Given = { server: serverOf(), archive: archiveOf({ 1: '1-10' }), backups: [backupOf()] };

function assessed(given: Given = {}): Assessment {
  return assess(inputOf({ ...healthy, ...given }));
}

const wanted = (given: Given['wanted']): Given => ({ wanted: given ?? {} });
const incomplete = new WalguardError('BACKUP_INCOMPLETE', 'The copy c is not whole.');
const badFile = (segment: number): BadFile => ({ name: 'x', reason: 'wrong_size', timeline: 1, segment });
const bad = (name: string, reason: 'wrong_size' | 'conflicting', segment: number): Given => ({
  archive: archiveOf({ 1: '1-4 6-10' }, { badFiles: [{ name, reason, timeline: 1, segment }] }),
});

const invalidDump = new WalguardError('DUMP_INVALID', 'app.dump is no good dump.', { hint: 'Make it again.' });
const uncheckedDump = new WalguardError('SOURCE_PROGRAM_MISSING', 'app.dump could not be checked.');

/** What makes each finding present, with all that is present then. */
const SCENARIOS: Readonly<Record<FindingName, readonly [Given, readonly FindingName[]]>> = {
  no_usable_backup: [{ backups: [] }, []],
  no_way_to_now: [{ archive: archiveOf({ 1: '1-5 7-10' }) }, ['archive_gap']],
  archiver_losing: [{ archive: archiveOf({ 1: '1-9' }) }, []],
  wrong_cluster: [{ server: serverOf({ systemIdentifier: '7' }) }, ['no_usable_backup']],
  server_set_back: [
    { server: serverOf({ lsn: at(9, 1), archivedEnd: at(9), lastArchivedFile: '000000010000000000000008' }) },
    [],
  ],
  archive_gap: [
    {
      archive: archiveOf({ 1: '1-5 7-10' }),
      backups: [backupOf(), backupOf({ label: 'b', wal: { start: at(8), stop: at(8, 50) } })],
    },
    [],
  ],
  archiving_failing: [{ server: serverOf({ archiverState: 'hung' }) }, []],
  not_archiving: [{ server: serverOf({ archiverState: 'disabled', archivingExpected: false }) }, []],
  exposure_over_rpo: [{ policy: { rpoSeconds: 60, rtoSeconds: undefined } }, []],
  timeline_history_missing: [
    {
      archive: archiveOf({ 1: '1-5', 2: '5-10' }),
      backups: [backupOf(), backupOf({ label: 'b', wal: { timeline: 2, start: at(8), stop: at(8, 50) } })],
      server: serverOf({ timeline: 2, lastArchivedFile: '00000002000000000000000A' }),
    },
    [],
  ],
  backup_too_old: [wanted({ backupIntervalSeconds: 3_600 }), []],
  backup_errors: [{ backups: [backupOf({ hasErrors: true })] }, []],
  backup_broken: [{ backups: [backupOf(), backupOf({ label: 'b', needs: ['gone'] })] }, []],
  backup_incomplete: [
    {
      repositories: [
        {
          name: 'main',
          policy: NOTHING_WANTED,
          archive: healthy.archive,
          catalogue: { backups: [backupOf()], running: [], lastFailureSeconds: undefined, problems: [incomplete] },
        },
      ],
    },
    [],
  ],
  bad_wal_files: [bad('000000010000000000000005', 'wrong_size', 5), ['no_way_to_now', 'archive_gap']],
  conflicting_archivers: [bad('000000010000000000000005-aa', 'conflicting', 5), ['no_way_to_now', 'archive_gap']],
  retention_not_satisfied: [wanted({ retention: { ...NOTHING_WANTED.retention, minimumRedundancy: 2 } }), []],
  pitr_window_too_short: [
    {
      ...wanted({ retention: { ...NOTHING_WANTED.retention, pitrSeconds: 864_000 } }),
      archive: archiveOf({ 1: '2-10' }),
    },
    [],
  ],
  restore_estimate_over_rto: [
    {
      ...wanted({ restoreBytesPerSecond: 1e6, replayBytesPerSecond: 1e6 }),
      policy: { rpoSeconds: undefined, rtoSeconds: 1_000 },
      backups: [backupOf({ sizeBytes: 1e9 })],
    },
    [],
  ],
  source_failing: [{ sources: [sourceOf({}), sourceOf({ source: 'archive', up: false })] }, []],
  clock_skew: [{ server: serverOf({ clockSkewSeconds: 31 }) }, []],
  wal_volume_filling: [{ server: serverOf({ walUntilFullSeconds: 14_399 }) }, []],
  wal_held_back: [{ server: serverOf({ walRetainedBytes: new Map([['slot', 5n << 30n]]) }) }, []],
  dump_too_old: [{ ...wanted({ dumpIntervalSeconds: 3_599 }), dumps: [dumpOf()] }, []],
  dump_invalid: [{ dumps: [dumpOf({ valid: false, problem: invalidDump })] }, []],
  dump_unchecked: [{ dumps: [dumpOf({ valid: undefined, problem: uncheckedDump })] }, []],
  dump_shrunk: [{ dumps: [dumpOf({ sizeBytes: 1 }), dumpOf({ file: 'old.dump', timeSeconds: NOW - 90_000 })] }, []],
  database_without_dump: [{ server: serverOf({ databases: ['app', 'other'] }), dumps: [dumpOf()] }, []],
  drill_failed: [{ drills: [failedDrillOf(), drillReportOf()] }, []],
  drill_overdue: [{ ...wanted({ drillIntervalSeconds: 86_400 }), drills: [drillReportOf()] }, []],
  drill_never_succeeded: [{ ...wanted({ drillIntervalSeconds: 86_400 }), drills: [] }, []],
};

describe('the findings', () => {
  it('are the closed list, in its order, each with its own severity, unit and a cure', () => {
    const { findings } = assessed();
    expect(findings.map(({ finding }) => finding)).toEqual(Object.keys(FINDINGS));
    for (const { finding, severity, unit, cure } of findings) {
      expect({ severity, unit }).toEqual({
        severity: FINDINGS[finding as FindingName].severity,
        unit: FINDINGS[finding as FindingName].unit,
      });
      expect(cure).not.toBe('');
    }
  });

  it('are all absent where all is well', () => {
    const assessment = assessed();
    expect(presentIn(assessment)).toEqual([]);
    expect(assessment.findings.every(({ message, evidence }) => message === undefined && evidence.length === 0)).toBe(
      true,
    );
    expect(assessment.verdict).toBe('recoverable');
  });

  it.each(Object.entries(SCENARIOS))(
    'have %s where it is so, with a message, and decide the verdict',
    (name, [given, others]) => {
      const assessment = assessed(given);
      expect(new Set(presentIn(assessment))).toEqual(new Set([name, ...others]));
      const all = assessment.findings.filter(({ present }) => present === true);
      expect(all.every(({ message }) => message !== undefined && /^[^\n]+\.$/.test(message))).toBe(true);
      const critical = all.some(({ severity }) => severity === 'critical');
      expect(assessment.verdict).toBe(critical ? 'not_recoverable' : 'at_risk');
    },
  );

  it('are unknown while nothing was read', () => {
    const { findings, verdict } = assess(inputOf({ sources: [sourceOf({ up: undefined })] }));
    expect(verdict).toBe('unknown');
    expect(findings.filter(({ present }) => present === true)).toEqual([]);
    const unknown = findings.filter(({ present }) => present === undefined).map(({ finding }) => finding);
    expect(unknown).toEqual(
      expect.arrayContaining(['no_usable_backup', 'no_way_to_now', 'archiver_losing', 'archive_gap']),
    );
  });
});

describe('the verdict', () => {
  const failing = sourceOf({ up: false, lastSuccessSeconds: undefined });
  const verdict = (given: Partial<RecoverabilityInput> & Given): string => assess(inputOf(given)).verdict;

  it('is unknown where nothing is configured', () => {
    expect(verdict({ repositories: [], sources: [] })).toBe('unknown');
  });

  it('is unknown until each source was read once', () => {
    const half = { ...healthy, sources: [sourceOf({}), sourceOf({ source: 'archive', up: undefined })] };
    expect(verdict(half)).toBe('unknown');
  });

  it('is unknown where backups could never be read: nobody knows of one', () => {
    expect(verdict({ archive: archiveOf({ 1: '1-10' }), sources: [failing, sourceOf({ source: 'archive' })] })).toBe(
      'unknown',
    );
  });

  it('is unknown where an archive is all that is configured', () => {
    expect(verdict({ archive: archiveOf({ 1: '1-10' }) })).toBe('unknown');
  });

  it('is unknown where backups and archive are in repositories of their own, so nobody knows if they fit', () => {
    const [archived] = inputOf({ archive: archiveOf({ 1: '1-5 7-10' }) }).repositories;
    const [copied] = inputOf({ backups: [backupOf()] }).repositories;
    const repositories = [archived, copied].flatMap((one, index) =>
      one === undefined ? [] : [{ ...one, name: `${index}` }],
    );
    const sources = [sourceOf({ repository: '0', source: 'archive' }), sourceOf({ repository: '1' })];
    expect(verdict({ repositories, sources })).toBe('unknown');
  });

  it('is at risk where a source fails and what was read before holds', () => {
    expect(assessed({ sources: [{ ...failing, lastSuccessSeconds: NOW - 60 }] }).verdict).toBe('at_risk');
  });

  it('is at risk where the archiver fails and a backup leads to what is archived', () => {
    expect(assessed({ server: serverOf({ archiverState: 'failing' }) }).verdict).toBe('at_risk');
  });

  it('is not recoverable without a usable backup, whatever else is unknown', () => {
    expect(verdict({ backups: [], sources: [sourceOf({}), sourceOf({ source: 'archive', up: undefined })] })).toBe(
      'not_recoverable',
    );
  });

  it('is recoverable by backups alone where no archive is configured nor a window asked for', () => {
    const off = serverOf({ archiverState: 'disabled', archivingExpected: false });
    expect(verdict({ backups: [backupOf()], server: off })).toBe('recoverable');
    expect(verdict({ backups: [backupOf()], server: off, policy: { rpoSeconds: 60, rtoSeconds: undefined } })).toBe(
      'at_risk',
    );
  });

  it('does not change because the server does not answer', () => {
    expect(assessed({ server: undefined }).verdict).toBe('recoverable');
    const { verdict: late, findings } = assessed({ nowSeconds: NOW + 3_600 });
    expect(late).toBe('recoverable');
    expect(findings.find(({ finding }) => finding === 'archiving_failing')?.present).toBeUndefined();
  });
});

describe('a finding', () => {
  it('of a gap names its files and says what to do with them', () => {
    const finding = findingOf(assessed(SCENARIOS.archive_gap[0]), 'archive_gap');
    expect(finding).toMatchObject({ value: 1, evidence: ['000000010000000000000006'] });
    expect(finding.cure).toContain('000000010000000000000006');
  });

  it('of a gap counts no accepted one, but nobody gets to the present over it', () => {
    const acceptedGaps = [{ timeline: 1, first: 6, last: 6 }];
    const assessment = assessed({ ...SCENARIOS.no_way_to_now[0], wanted: { acceptedGaps } });
    expect(presentIn(assessment)).toEqual(['no_way_to_now']);
  });

  it('of no way to the present waits for the WAL of a backup that has just ended', () => {
    const backups = [backupOf({ stopTimeSeconds: NOW - 10, wal: { included: true, start: at(11), stop: at(11, 90) } })];
    const server = serverOf({ lsn: at(12, 500_000) });
    expect(presentIn(assessed({ server, backups }))).toEqual([]);
    const older = [backupOf({ ...backups[0], stopTimeSeconds: NOW - 120 })];
    expect(presentIn(assessed({ server, backups: older }))).toEqual(['no_way_to_now']);
  });

  it('of no usable backup says why each is none', () => {
    const finding = findingOf(assessed({ archive: archiveOf({ 1: '1 3-10' }) }), 'no_usable_backup');
    expect(finding.evidence[0]).toContain('a: 000000010000000000000002');
  });

  it('of bad files leaves those before the oldest backup and copies in progress aside', () => {
    expect(presentIn(assessed({ archive: archiveOf({ 1: '2-10' }, { badFiles: [badFile(1)] }) }))).toEqual([]);
    expect(presentIn(assessed({ archive: archiveOf({ 1: '1-10' }, { badFiles: [badFile(11)] }) }))).toEqual([]);
    const history = { name: '00000002.history', reason: 'unreadable', timeline: 2, segment: undefined } as const;
    expect(presentIn(assessed({ archive: archiveOf({ 1: '1-10' }, { badFiles: [history] }) }))).toEqual([
      'bad_wal_files',
    ]);
  });

  it('of a broken backup is none for those of a cluster before this one, as long as a newer one is right', () => {
    const old = backupOf({ label: 'old', systemIdentifier: '7', stopTimeSeconds: arrival(1) });
    expect(presentIn(assessed({ backups: [old, backupOf()] }))).toEqual([]);
    expect(presentIn(assessed({ backups: [backupOf(), { ...old, stopTimeSeconds: NOW }] }))).toEqual(['wrong_cluster']);
  });

  it('of errors looks at the newest backup and at what it needs, not at older ones', () => {
    const damaged = backupOf({ hasErrors: true });
    const sound = backupOf({ label: 'b', stopTimeSeconds: NOW - 100 });
    expect(presentIn(assessed({ backups: [damaged, sound] }))).toEqual([]);
    expect(presentIn(assessed({ backups: [damaged, { ...sound, needs: ['a'] }] }))).toEqual(['backup_errors']);
  });

  it('of a backup that is too old looks at each repository', () => {
    const policy = { ...NOTHING_WANTED, backupIntervalSeconds: 1e9 };
    const catalogue = (...backups: readonly ReturnType<typeof backupOf>[]) => ({
      backups,
      running: [],
      lastFailureSeconds: undefined,
      problems: [],
    });
    const repositories = [
      { name: 'near', policy, archive: undefined, catalogue: catalogue(backupOf()) },
      { name: 'far', policy, archive: undefined, catalogue: catalogue() },
    ];
    const finding = findingOf(assessed({ repositories }), 'backup_too_old');
    expect(finding).toMatchObject({ present: true, value: undefined, evidence: ['far'] });
  });

  it('of an incomplete copy waits for a backup that runs', () => {
    const [repository] = SCENARIOS.backup_incomplete[0].repositories ?? [];
    const running = [{ type: undefined, startTimeSeconds: undefined, doneBytes: undefined, expectedBytes: undefined }];
    if (repository?.catalogue === undefined) throw new Error('The scenario has a catalogue.');
    const during = { ...repository, catalogue: { ...repository.catalogue, running } };
    expect(presentIn(assessed({ repositories: [during] }))).toEqual([]);
    const untold = { ...repository, catalogue: { ...repository.catalogue, running: undefined } };
    expect(presentIn(assessed({ repositories: [untold] }))).toEqual([]);
    expect(presentIn(assessed({ repositories: [untold], server: serverOf({ baseBackups: running }) }))).toEqual([]);
    expect(presentIn(assessed({ repositories: [untold], server: serverOf({ baseBackups: [] }) }))).toEqual([
      'backup_incomplete',
    ]);
  });

  it('of a source that fails gives the cure that its error has', () => {
    const error = { code: 'SOURCE_NOT_FOUND', message: 'There is no folder wal.', hint: 'Create it.' } as const;
    const sources = [sourceOf({ up: false, lastSuccessSeconds: NOW - 7_260, error })];
    expect(findingOf(assessed({ sources }), 'source_failing')).toMatchObject({
      value: 7_260,
      message: 'main (backup) cannot be read, for 2h 1m now.',
      evidence: ['main backup (directory): There is no folder wal.'],
      cure: 'Create it.',
    });
  });

  it('of the exposure has its number also while it is allowed', () => {
    const heartbeats = [sample(NOW - 30, at(10, 9)), sample(NOW, at(11, 500_000))];
    const policy = { rpoSeconds: 60, rtoSeconds: undefined };
    expect(findingOf(assessed({ heartbeats, policy }), 'exposure_over_rpo')).toMatchObject({
      present: false,
      value: 30,
      threshold: 60,
    });
  });

  it('of clocks sees those of the archive and of the backup host where they are ahead', () => {
    const archive = archiveOf({ 1: '1-10' }, { timeOf: (segment) => NOW - 9 + segment * 10 });
    expect(findingOf(assessed({ archive }), 'clock_skew')).toMatchObject({
      present: true,
      value: 91,
      evidence: ['archive of main'],
    });
    const backups = [backupOf({ stopTimeSeconds: NOW + 40 })];
    expect(findingOf(assessed({ backups }), 'clock_skew')).toMatchObject({ present: true, value: 40 });
  });

  it('of another cluster needs to know that of the server', () => {
    expect(
      findingOf(assessed({ server: serverOf({ systemIdentifier: undefined }) }), 'wrong_cluster').present,
    ).toBeUndefined();
    expect(findingOf(assessed(), 'wrong_cluster').present).toBe(false);
    expect(serverOf().systemIdentifier).toBe(CLUSTER);
  });
});

describe('a limit that nobody set', () => {
  it.each(['restore_estimate_over_rto', 'exposure_over_rpo', 'backup_too_old', 'pitr_window_too_short'] as const)(
    'is not exceeded, and not unknown: %s',
    (name) => {
      expect(findingOf(assessed({ server: undefined, heartbeats: [] }), name).present).toBe(false);
    },
  );

  it('is unknown once it is set, while nobody knows the number', () => {
    const policy = { rpoSeconds: 60, rtoSeconds: 60 };
    const assessment = assessed({ server: undefined, policy });
    expect(findingOf(assessment, 'restore_estimate_over_rto').present).toBeUndefined();
    expect(findingOf(assessment, 'exposure_over_rpo').present).toBeUndefined();
  });
});

describe('the restore estimate', () => {
  it('is the size of the newest backup and the WAL behind its start, by the configured rates', () => {
    const assessment = assessed(SCENARIOS.restore_estimate_over_rto[0]);
    const replayed = Number(at(11) - at(2, 40));
    expect(assessment.repositories[0]?.restoreEstimate).toEqual({
      restoreSeconds: 1_000,
      recoverySeconds: replayed / 1e6,
    });
  });

  it('is absent without a rate or a size', () => {
    const rates = { restoreBytesPerSecond: 1e6, replayBytesPerSecond: 1e6 };
    const estimate = (given: Given): unknown => assessed(given).repositories[0]?.restoreEstimate;
    expect(estimate({ wanted: rates })).toBeUndefined();
    expect(estimate({ wanted: { restoreBytesPerSecond: 1e6 }, backups: [backupOf({ sizeBytes: 1 })] })).toBeUndefined();
  });
});
