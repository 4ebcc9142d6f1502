import { describe, expect, it } from 'vitest';

import { parseBackupLabel } from '../../../src/core/backup-label.ts';
import { parseTimelineHistory } from '../../../src/core/timeline-history.ts';

const LABEL = `START WAL LOCATION: 0/1A00028 (file 00000001000000000000001A)
STOP WAL LOCATION: 1/1A00100 (file 00000001000000000000001A)
CHECKPOINT LOCATION: 0/1A00060
BACKUP METHOD: streamed
BACKUP FROM: primary
START TIME: 2026-11-22 05:33:44 UTC
LABEL: lab base 1
START TIMELINE: 1
STOP TIME: 2026-11-22 05:33:45 UTC
STOP TIMELINE: 1
`;

describe('texts of an archive', () => {
  it('a .backup file tells where and when the backup began and ended', () => {
    const stopSeconds = Date.UTC(2026, 10, 22, 5, 33, 45) / 1000;
    expect(parseBackupLabel(LABEL)).toEqual({
      startLsn: 0x1a00028n,
      startFile: '00000001000000000000001A',
      label: 'lab base 1',
      fromStandby: false,
      startTime: { localSeconds: stopSeconds - 1, seconds: stopSeconds - 1 },
      startTimeline: 1,
      checkpointLsn: 0x1a00060n,
      incrementalFrom: undefined,
      stopLsn: 0x101a00100n,
      stopTime: { localSeconds: stopSeconds, seconds: stopSeconds },
    });
  });

  it('the label of an incremental backup tells where the one before it began', () => {
    const text = `${LABEL}INCREMENTAL FROM LSN: 1/2000028\nINCREMENTAL FROM TLI: 1\n`;
    expect(parseBackupLabel(text)?.incrementalFrom).toBe(0x102000028n);
  });

  it.each([
    ['CET', 4, 33],
    ['CEST', 3, 33],
    ['EST', 10, 33],
    ['+03', 2, 33],
    ['-0330', 9, 3],
    ['+0545', -1, 48],
  ])('a time in %s is that much from UTC', (zone, hour, minute) => {
    const label = parseBackupLabel(LABEL.replaceAll(' UTC', ` ${zone}`));
    expect(label?.stopTime?.seconds).toBe(Date.UTC(2026, 10, 22, hour, minute, 45) / 1000);
  });

  it.each(['IST', 'CST', 'constructor'])('no moment is guessed from %s, which several zones may be', (zone) => {
    const label = parseBackupLabel(LABEL.replaceAll(' UTC', ` ${zone}`));
    expect(label?.stopTime?.seconds).toBeUndefined();
    expect((label?.stopTime?.localSeconds ?? 0) - (label?.startTime?.localSeconds ?? 0)).toBe(1);
  });

  it('a backup_label has no end, and one of a standby says so', () => {
    const text = LABEL.replace(/^STOP.*\n/gm, '').replace('primary', 'standby');
    expect(parseBackupLabel(text)).toMatchObject({ fromStandby: true, stopLsn: undefined, stopTime: undefined });
  });

  it.each(['', 'START WAL LOCATION: 0/1A00028', 'Salted__\u0001\u0002'])('%j is no label', (text) => {
    expect(parseBackupLabel(text)).toBeUndefined();
  });

  it('a history file lists the ancestors, oldest first', () => {
    const text =
      '1\t0/6060570\tbefore 2026-11-22 05:42:16.268979+00\n\n\n# by hand\n2\t16/B374D848\tno recovery target specified\n';
    expect(parseTimelineHistory(3, text)).toEqual([
      { parent: 1, switchLsn: 0x6060570n },
      { parent: 2, switchLsn: 0x16b374d848n },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['a line that is none', '1\t0/6060570\treason\nx\n'],
    ['a switch point that is none', '1\t0/\treason\n'],
    ['its own timeline as parent', '3\t0/6060570\treason\n'],
    ['parents that descend', '2\t0/6060570\treason\n1\t0/7060570\treason\n'],
    ['switch points that descend', '1\t0/7060570\treason\n2\t0/6060570\treason\n'],
    ['ciphertext', 'Salted__\u0001\u0002\u0003'],
  ])('a history file with %s is none', (_, text) => {
    expect(parseTimelineHistory(3, text)).toBeUndefined();
  });
});
