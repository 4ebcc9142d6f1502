import { describe, expect, it } from 'vitest';
import type { Assessment, RepositoryAssessment, ServerView } from '../../../../src/core/recoverability.ts';
import { toStatusDocument } from '../../../../src/app/status/document.ts';
import { sentenceOf } from '../../../../src/http/page/sentence.ts';
import { assessmentOf, backupOf, broken, findingOf, NOW, repositoryOf } from '../../app/status/assessments.ts';

const server: ServerView = {
  timeSeconds: NOW - 4,
  clockSkewSeconds: 0,
  systemIdentifier: undefined,
  timeline: 1,
  inRecovery: false,
  segmentBytes: 16_777_216,
  lsn: 0x16_b374_d848n,
  archivingExpected: true,
  archiverState: 'ok',
  archivedEnd: undefined,
  lastArchivedFile: undefined,
  lastArchivedTimeSeconds: undefined,
  lastArchivedClosedSeconds: undefined,
  readySegments: 0,
  oldestReadyTimeSeconds: undefined,
  receivers: [],
  walUntilFullSeconds: undefined,
  walRetainedBytes: new Map(),
};

function sentence(changes: Partial<Assessment> = {}, seen: ServerView | 'silent' = server): string {
  return sentenceOf(
    toStatusDocument(assessmentOf(changes), {
      target: 'db:5432',
      version: '1.2.3',
      server: seen === 'silent' ? undefined : seen,
    }),
  );
}

function withRepository(changes: Partial<RepositoryAssessment>): Partial<Assessment> {
  return { repositories: [repositoryOf(changes)] };
}

describe('the verdict in words', () => {
  it('says to when, how much would be lost and how long it takes', () => {
    expect(sentence()).toBe(
      'Recoverable to 17:59:48 UTC, to any moment from 2026-11-21 18:00:00 UTC on. ' +
        "At most 12 s would be lost if the server's disk died now (wanted: 1 min at most). " +
        'A restore takes about 6 min 15 s.',
    );
  });

  it('begins with what is wrong if something is', () => {
    const message = 'The newest usable backup is 2 d old.';
    const findings = [findingOf({ severity: 'warning', present: true, message })];
    expect(sentence({ verdict: 'at_risk', findings })).toMatch(
      /^The newest usable backup is 2 d old\. Recoverable to 17:59:48 UTC, to any moment /,
    );
  });

  it('calls nothing recoverable that is not, and says to when one gets', () => {
    const findings = [findingOf({ present: true, message: '1 segment is missing.' })];
    const windows = repositoryOf().windows.map((window) => ({ ...window, latestSeconds: NOW - 86_000 }));
    const text = sentence({ verdict: 'not_recoverable', findings, ...withRepository({ windows }) });
    expect(text).toMatch(/^1 segment is missing\. The latest moment that can be restored is 2026-11-21 18:06:40 UTC/);
    expect(text).not.toMatch(/Recoverable/);
  });

  it('says plainly what is not known', () => {
    const windows = repositoryOf().windows.map((window) => ({ ...window, latestSeconds: undefined }));
    const text = sentence(
      { exposure: undefined, ...withRepository({ windows, restoreEstimate: undefined }) },
      'silent',
    );
    expect(text).toBe(
      'Recoverable to WAL position 16/B374D848, written at a time that is not known, to any moment from ' +
        "2026-11-21 18:00:00 UTC on. How much would be lost if the server's disk died now is not known. " +
        'The server did not answer yet. How long a restore takes is not known.',
    );
  });

  it('says since when a silent server is silent, and what is only its word', () => {
    const exposure = { seconds: 0, bytes: 0n, method: 'done_time', evidence: 'server' } as const;
    const text = sentence({ exposure }, { ...server, timeSeconds: NOW - 300 });
    expect(text).toContain(
      "Nothing would be lost if the server's disk died now (wanted: 1 min at most), by PostgreSQL's word only",
    );
    expect(text).toContain('The server last answered 5 min ago.');
  });

  it('says what is left where no moment can be chosen', () => {
    const nothing = toStatusDocument(broken, { target: 'db:5432', version: '1.2.3', server });
    expect(sentenceOf(nothing)).toContain('No moment is known that can be restored.');
    const backups = [{ ...backupOf('a'), recoverability: 'consistent_only' as const }];
    expect(sentence(withRepository({ backups, windows: [] }))).toContain(
      'Only the end of a backup can be restored, the newest of 2026-11-21 18:00:00 UTC.',
    );
  });

  it('claims nothing of backups where none are configured', () => {
    const text = sentence({ verdict: 'unknown', repositories: [], sources: [] });
    expect(text).toBe(
      "No repository of backups and WAL is configured. At most 12 s would be lost if the server's disk died now " +
        '(wanted: 1 min at most).',
    );
  });
});
