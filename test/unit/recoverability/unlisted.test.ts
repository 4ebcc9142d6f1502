import { describe, expect, it } from 'vitest';

import type { BackupLabel } from '../../../src/core/catalogue.ts';
import { archiveOf, arrival, assessOne, at, backupOf, sourceOf } from './world.ts';

function labelOf(label: string, segment: number): BackupLabel {
  return {
    fileName: `${label}.backup`,
    label,
    wal: { timeline: 1, start: at(segment, 40), stop: at(segment + 1, 200) },
    startTimeSeconds: arrival(segment),
    stopTimeSeconds: arrival(segment + 1),
    fromStandby: false,
  };
}

describe('backups of which only the archive tells', () => {
  const archive = archiveOf({ 1: '1-10' }, { labels: [labelOf('late', 6), labelOf('ours', 2), labelOf('early', 4)] });

  it('are shown in the order in which they ended, and are no backups', () => {
    const one = assessOne({ archive, backups: [backupOf()] });
    expect(one.unlisted.map(({ label }) => label)).toEqual(['early', 'late']);
    expect(one.backups.map(({ backup }) => backup.label)).toEqual(['a']);
    expect(one.windows.flatMap(({ backups }) => backups)).toEqual(['a']);
  });

  it('are all of them where no source of backups is configured', () => {
    expect(assessOne({ archive }).unlisted).toHaveLength(3);
  });

  it('are none while a source of backups was never read', () => {
    const sources = [sourceOf({ source: 'archive' }), sourceOf({ up: false, lastSuccessSeconds: undefined })];
    expect(assessOne({ archive, sources }).unlisted).toEqual([]);
  });
});
