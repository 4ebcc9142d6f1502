import { describe, expect, it } from 'vitest';

import { toStatusDocument } from '../../../../src/app/status/document.ts';
import { renderJson, renderText } from '../../../../src/app/status/render.ts';
import { statusDocument } from '../../../../src/http/schema.ts';
import { assessmentOf, backupOf, broken, NOW, repositoryOf } from './assessments.ts';

const context = { target: 'db.example:5432', version: '1.2.3', server: undefined };
const plain = { width: 100, colours: false };

describe('the answer for a program', () => {
  it('says all of it, numbers beyond 2^53 as text and what is not known as null', () => {
    const document: unknown = JSON.parse(renderJson(toStatusDocument(assessmentOf(), context)));
    expect(document).toMatchInlineSnapshot(`
      {
        "archiver_states": [],
        "archiver_states_omitted": 0,
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
              "spans": [],
              "spans_omitted": 0,
              "timelines": [
                1,
              ],
            },
            "backup_interval_seconds": null,
            "backups": [
              {
                "encrypted": null,
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
                "encrypted": null,
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
            "calendars": [],
            "drill_interval_seconds": null,
            "drills": null,
            "dumps": null,
            "gaps": [],
            "gaps_omitted": 0,
            "name": "main",
            "restore_estimate": {
              "recovery_measured_at": null,
              "recovery_seconds": 75,
              "restore_measured_at": null,
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
            "running": null,
            "time_zone": "UTC",
            "unlisted_backups": [],
            "unlisted_backups_omitted": 0,
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
        "server": null,
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
    expect(renderText(read, plain)).toBe(renderText(toStatusDocument(broken, context), plain));
  });

  it('says why a gap was accepted, and of which backups only the archive tells', () => {
    const [repository] = toStatusDocument(broken, context).repositories;
    expect(repository?.gaps.map(({ accepted, reason }) => [accepted, reason])).toEqual([
      [false, null],
      [true, 'the disk that held it is gone'],
    ]);
    expect(repository?.unlisted_backups).toEqual([
      {
        label: 'by hand',
        file: '000000010000000100000001.00000028.backup',
        from_standby: false,
        started_at: '2026-11-20T17:59:00.000Z',
        stopped_at: '2026-11-20T18:00:00.000Z',
        timeline: 1,
        start_lsn: '1/1000028',
        stop_lsn: '1/1000138',
      },
    ]);
    expect(repository?.unlisted_backups_omitted).toBe(0);
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
