import type { Lsn } from '../../core/lsn.ts';

/** States of a backup as Barman knows them (barman/infofile.py). */
export const STATUSES = ['EMPTY', 'STARTED', 'WAITING_FOR_WALS', 'DONE', 'SYNCING', 'FAILED'] as const;
export type BarmanStatus = (typeof STATUSES)[number];

/** What Barman or barman-cloud tells of one backup, wherever it was read. Undefined is not told. Times in Unix seconds. */
export interface BarmanBackup {
  readonly id: string;
  readonly status: BarmanStatus;
  /** Why it failed, in Barman's words. */
  readonly error: string | undefined;
  /** `postgres`, `rsync-concurrent`, `snapshot-aws` and others. */
  readonly mode: string | undefined;
  /** The backup that this one, which holds changes only, was made after (3.11 and newer). */
  readonly parentId: string | undefined;
  readonly beginSeconds: number | undefined;
  readonly endSeconds: number | undefined;
  readonly begin: Lsn | undefined;
  readonly end: Lsn | undefined;
  /** Of the segments in which it began and ended. */
  readonly beginTimeline: number | undefined;
  readonly endTimeline: number | undefined;
  readonly segmentBytes?: number | undefined;
  /** Decimal text. */
  readonly systemIdentifier: string | undefined;
  /** As server_version_num has it. */
  readonly version: number | undefined;
  /** Of the database. */
  readonly sizeBytes: number | undefined;
  /** Without files that it shares with the backup before it. */
  readonly storedBytes: number | undefined;
  readonly encrypted: boolean | undefined;
}

const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:?\d\d)$/;

/** Reads a moment as Python writes it, in Unix seconds; undefined without a zone, which only Barman's host could tell. */
export function parseMoment(text: string | undefined): number | undefined {
  const [, date, time, fraction = '', zone = ''] = TIME.exec(text ?? '') ?? [];
  if (date === undefined || time === undefined) return undefined;
  const milliseconds = Date.parse(`${date}T${time}${zone.replace(/^(...)(\d\d)$/, '$1:$2')}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000 + Number(`0${fraction}`);
}
