import type { LogProgress } from '../app/logs/report.ts';
import { bytesText, durationText } from '../core/words.ts';

const CLEAR_LINE = '\r\u001B[K';
const REDRAW_MS = 200;
const SECOND_MS = 1_000;
const BAR_CHARACTERS = 24;

/** A line on a terminal that changes while logs are read. */
export interface ProgressLine {
  readonly show: (progress: LogProgress) => void;
  readonly clear: () => void;
}

/** @param isTerminal false: nothing is written */
export function createProgressLine(isTerminal: boolean, write: (text: string) => void): ProgressLine {
  const begunMs = performance.now();
  let drawnMs = 0;
  return {
    show(progress) {
      const nowMs = performance.now();
      if (!isTerminal || nowMs - drawnMs < REDRAW_MS) return;
      drawnMs = nowMs;
      write(`${CLEAR_LINE}${progressText(progress, (nowMs - begunMs) / SECOND_MS)}`);
    },
    clear() {
      if (drawnMs > 0) write(CLEAR_LINE);
    },
  };
}

/** `[######------] 512 MiB of 1.00 GiB, 48.2 MiB/s, 11 s left`. */
function progressText({ doneBytes, totalBytes }: LogProgress, seconds: number): string {
  const rate = seconds > 0 ? doneBytes / seconds : 0;
  const speed = `${bytesText(rate)}/s`;
  if (totalBytes === undefined) return `${bytesText(doneBytes)}, ${speed}`;
  const share = Math.min(1, doneBytes / totalBytes);
  const full = Math.round(share * BAR_CHARACTERS);
  const bar = '#'.repeat(full) + '-'.repeat(BAR_CHARACTERS - full);
  const left = rate > 0 ? `, ${durationText(Math.max(0, totalBytes - doneBytes) / rate)} left` : '';
  return `[${bar}] ${bytesText(doneBytes)} of ${bytesText(totalBytes)}, ${speed}${left}`;
}
