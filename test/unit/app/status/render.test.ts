import { describe, expect, it } from 'vitest';

import { toStatusDocument } from '../../../../src/app/status/document.ts';
import { renderBrief, renderJson, renderText } from '../../../../src/app/status/render.ts';
import type { Assessment } from '../../../../src/core/recoverability.ts';
import { statusDocument } from '../../../../src/http/schema.ts';
import { assessmentOf, backupOf, broken, findingOf, NOW, repositoryOf } from './assessments.ts';

const context = { target: 'db.example:5432', version: '1.2.3' };
const plain = { width: 100, colours: false };

function text(assessment: Assessment, look = plain): string {
  return renderText(toStatusDocument(assessment, context), look);
}

describe('the answer for a person', () => {
  it('says what there is where all is well', () => {
    expect(text(assessmentOf())).toMatchInlineSnapshot(`
      "RECOVERABLE - any moment from 2026-11-21 18:00:00 UTC to 2026-11-22 17:59:48 UTC; 12 s would be lost now
      db.example:5432, as of 2026-11-22 18:00:00 UTC

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
        a restore takes about 5 min, and recovery 1 min 15 s

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

      Exposure
        not known; wanted are 1 min at most

      Repository main
        no moment is known that can be restored
        missing WAL: 00000001000000010000002C to 00000001000000010000002E (3 segments, accepted)
        missing WAL: 000000010000000100000021 (1 segment)
        type  ended                    age  size      use      label
        full  2026-11-21 18:00:00 UTC  1 d  1.50 GiB  limited  20261121-175500F
          20261121-175500F: WAL is missing
          20261121-175500F: it has errors
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

      Exposure
        not known; wanted are 1 min at most

      Repository main
        no moment is known that can be
          restored
        missing WAL: 00000001000000010000002C
          to 00000001000000010000002E (3
          segments, accepted)
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
    expect(painted.replaceAll(/\u001b\[[\d;]*m/g, '')).toBe(text(broken));
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

  it('lists ten of what there is much of, and says how many more', () => {
    const gap = { timeline: 1, firstName: 'A', lastName: 'B', accepted: false };
    const gaps = Array.from({ length: 250 }, (_, index) => ({ ...gap, first: index, last: index }));
    const document = toStatusDocument(assessmentOf({ repositories: [repositoryOf({ gaps })] }), context);
    expect(document.repositories[0]?.gaps).toHaveLength(100);
    expect(document.repositories[0]?.gaps_omitted).toBe(150);
    const said = renderText(document, plain);
    expect(said.split('missing WAL:')).toHaveLength(11);
    expect(said).toContain('\n  and 240 more\n');
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

describe('the answer for a program', () => {
  it('says all of it, numbers beyond 2^53 as text and what is not known as null', () => {
    const document: unknown = JSON.parse(renderJson(toStatusDocument(assessmentOf(), context)));
    expect(document).toMatchInlineSnapshot(`
      {
        "assessed_at": "2026-11-22T18:00:00.000Z",
        "exposure": {
          "bytes": "9223372036854775808",
          "evidence": "archive",
          "method": "lsn_ring",
          "seconds": 12.345,
        },
        "findings": [
          {
            "cure": "Take a backup.",
            "evidence": [],
            "finding": "archive_gap",
            "message": null,
            "present": false,
            "severity": "critical",
            "threshold": null,
            "unit": null,
            "value": null,
          },
        ],
        "policy": {
          "rpo_seconds": 60,
          "rto_seconds": null,
        },
        "repositories": [
          {
            "archive": {
              "bad_files": [],
              "bad_files_omitted": 0,
              "newest_at": "2026-11-22T17:59:48.000Z",
              "newest_end_lsn": "16/B4000000",
              "newest_timeline": 1,
              "oldest_at": "2026-11-20T18:00:00.000Z",
              "orphan_segments": 0,
              "pending_segments": 0,
              "segments": 321,
              "timelines": [
                1,
              ],
            },
            "backups": [
              {
                "has_errors": false,
                "label": "20261121-175500F_20261122-120000I",
                "method": "pgbackrest",
                "needs": [
                  "20261121-175500F",
                ],
                "reason": null,
                "recoverability": "pitr",
                "size_bytes": null,
                "start_lsn": "1/2000028",
                "started_at": "2026-11-21T17:55:00.000Z",
                "stop_lsn": "1/2000138",
                "stopped_at": "2026-11-22T12:00:00.000Z",
                "stored_bytes": 204800,
                "timeline": 1,
                "type": "incremental",
              },
              {
                "has_errors": false,
                "label": "20261121-175500F",
                "method": "pgbackrest",
                "needs": [],
                "reason": null,
                "recoverability": "pitr",
                "size_bytes": 1610612736,
                "start_lsn": "1/2000028",
                "started_at": "2026-11-21T17:55:00.000Z",
                "stop_lsn": "1/2000138",
                "stopped_at": "2026-11-21T18:00:00.000Z",
                "stored_bytes": 204800,
                "timeline": 1,
                "type": "full",
              },
            ],
            "backups_omitted": 0,
            "gaps": [],
            "gaps_omitted": 0,
            "name": "main",
            "restore_estimate": {
              "recovery_seconds": 75,
              "restore_seconds": 300,
            },
            "retention": [
              {
                "present": 86400,
                "required": 86400,
                "rule": "pitr",
                "satisfied": true,
                "warming_up": true,
              },
            ],
            "windows": [
              {
                "backups": [
                  "20261121-175500F",
                  "20261121-175500F_20261122-120000I",
                ],
                "backups_omitted": 0,
                "earliest_at": "2026-11-21T18:00:00.000Z",
                "latest_at": "2026-11-22T17:59:48.000Z",
                "latest_lsn": "16/B374D848",
                "timeline": 1,
              },
            ],
            "windows_omitted": 0,
          },
        ],
        "schema_version": 1,
        "sources": [
          {
            "error": null,
            "last_success_at": "2026-11-22T17:59:40.000Z",
            "method": "pgbackrest",
            "read_duration_seconds": 0.4,
            "repository": "main",
            "source": "backup",
            "up": true,
          },
        ],
        "status": "recoverable",
        "summary": "RECOVERABLE - any moment from 2026-11-21 18:00:00 UTC to 2026-11-22 17:59:48 UTC; 12 s would be lost now",
        "target": "db.example:5432",
        "walguard_version": "1.2.3",
      }
    `);
    expect(statusDocument.parse(document)).toEqual(document);
  });

  it('is the same after it was read by a client', () => {
    const document: unknown = JSON.parse(renderJson(toStatusDocument(broken, context)));
    const read = statusDocument.parse(document);
    expect(read).toEqual(document);
    expect(renderText(read, plain)).toBe(text(broken));
  });

  it.each([Number.NaN, Infinity, -1, 1e300])('has no time where a catalogue says %d', (stopTimeSeconds) => {
    const repository = repositoryOf({ backups: [backupOf('x', { stopTimeSeconds })] });
    const document = toStatusDocument(assessmentOf({ repositories: [repository] }), context);
    expect(document.repositories[0]?.backups[0]?.stopped_at).toBeNull();
    expect(statusDocument.safeParse(JSON.parse(JSON.stringify(document))).success).toBe(true);
    expect(renderText(document, plain)).toContain('an unknown time');
  });

  it('has the newest backups first, and how many are left out', () => {
    const backups = Array.from({ length: 130 }, (_, index) =>
      backupOf(`b${index}`, { stopTimeSeconds: NOW - 1_000 + index }),
    );
    const [repository] = toStatusDocument(
      assessmentOf({ repositories: [repositoryOf({ backups })] }),
      context,
    ).repositories;
    expect(repository?.backups.map(({ label }) => label).slice(0, 2)).toEqual(['b129', 'b128']);
    expect([repository?.backups.length, repository?.backups_omitted]).toEqual([100, 30]);
  });
});
