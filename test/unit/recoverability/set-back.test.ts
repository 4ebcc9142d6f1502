import { describe, expect, it } from 'vitest';
import type { ArchiveContents } from '../../../src/core/catalogue.ts';
import type { AssessedFinding, ServerView } from '../../../src/core/recoverability.ts';
import { assess } from '../../../src/recoverability/assess.ts';
import { archiveOf, at, backupOf, findingOf, inputOf, NOW, serverOf } from './world.ts';

function found(server: ServerView, archive: ArchiveContents = archiveOf({ 1: '1-10' })): AssessedFinding {
  return findingOf(assess(inputOf({ server, archive, backups: [backupOf()] })), 'server_set_back');
}

describe('a server that was set back', () => {
  const back = serverOf({ lsn: at(7, 1), archivedEnd: at(7), lastArchivedFile: '000000010000000000000006' });

  it('is told with what the archive holds and where the server is', () => {
    expect(found(back)).toMatchObject({
      value: 4,
      message:
        'The archive of main holds 00000001000000000000000A, and the server is at 000000010000000000000007 only.',
      evidence: ['main'],
    });
  });

  it.each([
    ['one that wrote what came into the archive', serverOf({ lsn: at(11) }), false],
    ['one on a timeline of its own', { ...back, timeline: 2 }, false],
    ['one of another cluster', { ...back, systemIdentifier: '7' }, false],
    ['a standby that is behind', { ...back, inRecovery: true }, undefined],
    ['one that does not answer', { ...back, timeSeconds: NOW - 61 }, undefined],
    ['one whose position is not known', { ...back, lsn: undefined }, undefined],
  ])('is not %s', (_what, server, present) => {
    expect(found(server).present).toBe(present);
  });

  it('may have archived what came since it was asked', () => {
    const timeOf = (segment: number): number => NOW - 119 + segment - 10;
    expect(found(back, archiveOf({ 1: '1-10' }, { timeOf })).present).toBe(false);
  });
});
