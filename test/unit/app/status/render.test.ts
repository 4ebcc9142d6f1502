import { stripVTControlCharacters } from 'node:util';

import { describe, expect, it } from 'vitest';

import { toStatusDocument } from '../../../../src/app/status/document.ts';
import { renderBrief, renderText } from '../../../../src/app/status/render.ts';
import type { Assessment, ServerView } from '../../../../src/core/recoverability.ts';
import { assessmentOf, backupOf, broken, findingOf, labelOf, NOW, repositoryOf } from './assessments.ts';

const context = { target: 'db.example:5432', version: '1.2.3', server: undefined };
const plain = { width: 100, colours: false };

function text(assessment: Assessment, look = plain): string {
  return renderText(toStatusDocument(assessment, context), look);
}

describe('the answer for a person', () => {
  it('says what there is where all is well', () => {
    expect(text(assessmentOf())).toMatchInlineSnapshot(`
      "RECOVERABLE - any moment from 2026-11-21 18:00:00 UTC to 2026-11-22 17:59:48 UTC; 12 s would be lost now
      db.example:5432, as of 2026-11-22 18:00:00 UTC

      Server
        the server did not answer

      Exposure
        12 s, 8.00 EiB of WAL would be lost if the disk died now; wanted are 1 min at most (by the WAL
          positions walguard saw; the archive shows it)

      Repository main
        restorable: 2026-11-21 18:00:00 UTC to 2026-11-22 17:59:48 UTC, timeline 1, from 2 backups
        type         ended                    age  size      use   label
        incremental  2026-11-22 12:00:00 UTC  6 h            pitr  20261121-175500F_20261122-120000I
        full         2026-11-21 18:00:00 UTC  1 d  1.50 GiB  pitr  20261121-175500F
        archive: 321 segments, up to 16/B4000000 on timeline 1, the last of 2026-11-22 17:59:48 UTC
        retention pitr: 1 d of 1 d, kept (warming up)
        a restore takes about 5 min, and recovery 1 min 15 s, by the rates that are configured

      Sources
        repository  source  method      state  last read
        main        backup  pgbackrest  up     20 s ago
      "
    `);
  });

  it('says what is wrong first, the critical before the rest, with the cure', () => {
    expect(text(broken)).toMatchInlineSnapshot(`
      "NOT RECOVERABLE - 1 segment of WAL is missing in repository main; and 1 more finding
      db.example:5432, as of 2026-11-22 18:00:00 UTC

      Findings
        CRITICAL archive_gap: 1 segment of WAL is missing in repository main.
          seen in: 000000010000000100000021
          cure: Take a backup.
        WARNING retention: Repository main keeps 1 of 7 daily backups. (limit: 7 backups)
          cure: Keep more backups, or ask for fewer.
        not known: wal_full

      Server
        the server did not answer

      Exposure
        not known; wanted are 1 min at most

      Repository main
        no moment is known that can be restored
        missing WAL: 00000001000000010000002C to 00000001000000010000002E (3 segments, accepted: the disk
          that held it is gone)
        missing WAL: 000000010000000100000021 (1 segment)
        type  ended                    age  size      use      label
        full  2026-11-21 18:00:00 UTC  1 d  1.50 GiB  limited  20261121-175500F
          20261121-175500F: WAL is missing
          20261121-175500F: it has errors
        not counted: 1 backup of which only the archive tells; the last, by hand, ended 2026-11-20
          18:00:00 UTC
        retention daily: 1 of 7, NOT KEPT

      Sources
        repository  source   method     state  last read
        main        archive  directory  DOWN   never
        main, archive, directory: SOURCE_UNREADABLE: /backup cannot be listed
          hint: Let walguard read it.
      "
    `);
  });

  it('says that nothing is known where nothing is configured', () => {
    const nothing = { findings: [], exposure: undefined, repositories: [], sources: [] };
    expect(text(assessmentOf({ verdict: 'unknown', ...nothing }))).toMatchInlineSnapshot(`
      "UNKNOWN - no repository of backups and WAL is configured
      db.example:5432, as of 2026-11-22 18:00:00 UTC

      Server
        the server did not answer

      Exposure
        not known; wanted are 1 min at most
      "
    `);
  });

  it('stays within a narrow terminal, but for names', () => {
    const lines = text(broken, { ...plain, width: 40 })
      .trimEnd()
      .split('\n')
      .slice(1);
    expect(lines.filter((line) => line.length > 40)).toEqual([]);
    expect(text(broken, { ...plain, width: 40 })).toMatchInlineSnapshot(`
      "NOT RECOVERABLE - 1 segment of WAL is missing in repository main; and 1 more finding
      db.example:5432, as of 2026-11-22
        18:00:00 UTC

      Findings
        CRITICAL archive_gap: 1 segment of WAL
          is missing in repository main.
          seen in: 000000010000000100000021
          cure: Take a backup.
        WARNING retention: Repository main
          keeps 1 of 7 daily backups. (limit:
          7 backups)
          cure: Keep more backups, or ask for
            fewer.
        not known: wal_full

      Server
        the server did not answer

      Exposure
        not known; wanted are 1 min at most

      Repository main
        no moment is known that can be
          restored
        missing WAL: 00000001000000010000002C
          to 00000001000000010000002E (3
          segments, accepted: the disk that
          held it is gone)
        missing WAL: 000000010000000100000021
          (1 segment)
        type: full
          ended: 2026-11-21 18:00:00 UTC
          age: 1 d
          size: 1.50 GiB
          use: limited
          label: 20261121-175500F
          20261121-175500F: WAL is missing
          20261121-175500F: it has errors
        not counted: 1 backup of which only
          the archive tells; the last, by
          hand, ended 2026-11-20 18:00:00 UTC
        retention daily: 1 of 7, NOT KEPT

      Sources
        repository: main
          source: archive
          method: directory
          state: DOWN
          last read: never
        main, archive, directory:
          SOURCE_UNREADABLE: /backup cannot be
          listed
          hint: Let walguard read it.
      "
    `);
  });

  it('has colours where they are wanted, and is the same text otherwise', () => {
    const painted = text(broken, { ...plain, colours: true });
    expect(painted).toContain('\u001b[1;31mNOT RECOVERABLE\u001b[0m - ');
    expect(painted).toContain('\u001b[33mWARNING\u001b[0m retention');
    expect(stripVTControlCharacters(painted)).toBe(text(broken));
    expect(text(broken)).not.toContain('\u001b');
  });

  it('lets no name move the cursor or begin a line', () => {
    const nasty = 'a\u001b[2J\nRECOVERABLE - all is well\u202e\u009b1m';
    const hostile = assessmentOf({
      verdict: 'at_risk',
      findings: [findingOf({ present: true, message: nasty, evidence: [nasty], cure: nasty })],
      repositories: [repositoryOf({ name: nasty, backups: [backupOf(nasty)] })],
    });
    const said = [text(hostile), renderBrief(toStatusDocument(hostile, context))].join('');
    expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(said).not.toMatch(/^RECOVERABLE/m);
    expect(said).toContain(String.raw`a\x1b[2J\x0aRECOVERABLE - all is well\u{202e}\x9b1m`);
  });

  it('says that only the end of a backup can be restored where no WAL follows it', () => {
    const one = { ...backupOf('a'), recoverability: 'consistent_only' } as const;
    const exposure = { seconds: 60, bytes: undefined, method: 'backup', evidence: 'archive' } as const;
    const said = text(assessmentOf({ exposure, repositories: [repositoryOf({ backups: [one], windows: [] })] }));
    expect(said).toContain('\n  restorable: only the end of a backup, the newest 2026-11-21 18:00:00 UTC\n');
    expect(said).toContain('(since the newest backup)');
    const useless = { ...one, recoverability: 'broken' } as const;
    const lost = text(assessmentOf({ repositories: [repositoryOf({ backups: [useless], windows: [] })] }));
    expect(lost).toContain('\n  no moment is known that can be restored\n');
  });

  it('counts the backups of which only the archive tells apart from those that can be used', () => {
    const unlisted = [labelOf('a'), labelOf('b', NOW - 60)];
    const said = text(assessmentOf({ repositories: [repositoryOf({ backups: [], unlisted })] }));
    expect(said).toContain(
      '  not counted: 2 backups of which only the archive tells; the last, b, ended 2026-11-22 17:59:00 UTC\n',
    );
    expect(said).toContain('  no backup\n');
  });

  it('lists ten of what there is much of, and says how many more', () => {
    const gap = { timeline: 1, firstName: 'A', lastName: 'B', accepted: false, reason: undefined };
    const gaps = Array.from({ length: 250 }, (_, index) => ({ ...gap, first: index, last: index }));
    const document = toStatusDocument(assessmentOf({ repositories: [repositoryOf({ gaps })] }), context);
    expect(document.repositories[0]?.gaps).toHaveLength(100);
    expect(document.repositories[0]?.gaps_omitted).toBe(150);
    const said = renderText(document, plain);
    expect(said.split('missing WAL:')).toHaveLength(11);
    expect(said).toContain('\n  and 240 more\n');
  });
});

it('says that nothing would be lost where that is so', () => {
  const exposure = { seconds: 0, bytes: 0n, method: 'lsn_ring', evidence: 'archive' } as const;
  expect(text(assessmentOf({ exposure }))).toMatch(/^RECOVERABLE - any moment from .*; nothing would be lost now\n/);
});

describe('what is said of the server', () => {
  const server: ServerView = {
    timeSeconds: NOW - 300 + 2.5,
    clockSkewSeconds: 2.5,
    systemIdentifier: '7443210987654321098',
    timeline: 3,
    inRecovery: false,
    segmentBytes: 16_777_216,
    lsn: 0x16_b374_d848n,
    archivingExpected: true,
    archiverState: 'failing',
    archivedEnd: 0x16_b300_0000n,
    lastArchivedFile: undefined,
    lastArchivedTimeSeconds: undefined,
    lastArchivedClosedSeconds: undefined,
    readySegments: undefined,
    oldestReadyTimeSeconds: undefined,
    receivers: [],
    walUntilFullSeconds: undefined,
    walRetainedBytes: new Map(),
  };

  it('is when it last answered, by the clock of walguard, and what it is', () => {
    const document = toStatusDocument(assessmentOf(), { ...context, server });
    expect(document.server).toEqual({
      answered_at: '2026-11-22T17:55:00.000Z',
      clock_skew_seconds: 2.5,
      system_identifier: '7443210987654321098',
      timeline: 3,
      in_recovery: false,
      lsn: '16/B374D848',
      archiver_state: 'failing',
      archived_up_to_lsn: '16/B3000000',
    });
    expect(renderText(document, plain)).toContain(
      '\n  primary on timeline 3 at 16/B374D848, archiver failing; it answered 5 min ago\n',
    );
  });

  it('is that it never answered', () => {
    expect(toStatusDocument(assessmentOf(), context).server).toBeNull();
    expect(text(assessmentOf())).toContain('\n  the server did not answer\n');
  });
});

describe('the answer for Icinga', () => {
  it.each([
    [assessmentOf(), /^RECOVERABLE - any moment from .* \| exposure=12.345s;60 critical=0 warning=0\n$/],
    [
      broken,
      /^NOT RECOVERABLE - 1 segment of WAL is missing in repository main; and 1 more finding \| critical=1 warning=1\n$/,
    ],
    [
      assessmentOf({
        verdict: 'at_risk',
        findings: [findingOf({ present: true, message: 'a | b', severity: 'warning' })],
      }),
      /^AT RISK - a \/ b \| exposure=12.345s;60 critical=0 warning=1\n$/,
    ],
    [
      assessmentOf({
        verdict: 'unknown',
        policy: { rpoSeconds: undefined, rtoSeconds: undefined },
        findings: [findingOf({ present: undefined })],
      }),
      /^UNKNOWN - not known: archive_gap \| exposure=12.345s critical=0 warning=0\n$/,
    ],
    [
      assessmentOf({
        verdict: 'unknown',
        sources: assessmentOf().sources.map((source) => ({ ...source, up: undefined })),
      }),
      /^UNKNOWN - no source was read yet \|/,
    ],
  ])('is one line', (assessment, expected) => {
    expect(renderBrief(toStatusDocument(assessment, context))).toMatch(expected);
  });
});
