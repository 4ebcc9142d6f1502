import type { SegmentNumber } from './segments.ts';

/** Segments of an archive that follow each other without a hole. */
export interface WalSpan {
  readonly timeline: number;
  readonly first: SegmentNumber;
  readonly last: SegmentNumber;
  readonly firstName: string;
  readonly lastName: string;
  /** When the first and the last of them came into the archive; Unix seconds. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
}

/** The calendar's units that a retention rule counts. */
export type CalendarUnit = 'daily' | 'weekly' | 'monthly';

/** A day, a week or a month of the policy's time zone. */
export interface CalendarSlot {
  /** Its first day, `2026-11-22`. */
  readonly firstDay: string;
  readonly usableBackups: number;
  /** A rule asks for one in it. */
  readonly required: boolean;
}

/** In which of the last days, weeks or months there is a usable backup. */
export interface RetentionCalendar {
  readonly unit: CalendarUnit;
  /** Oldest first; the last is the one of now. */
  readonly slots: readonly CalendarSlot[];
}
