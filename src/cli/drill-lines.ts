import { bytesText, durationText } from '../core/words.ts';
import type { DrillListener, DrillProgress } from '../drill/parts.ts';

const CLEAR_LINE = '\r\u001B[K';
const REDRAW_MS = 200;
const SECOND_MS = 1_000;
/** Of a terminal that does not tell. */
const USUAL_COLUMNS = 80;

interface Ways {
  /** One line is written over again and again. */
  readonly terminal: boolean;
  readonly quiet: boolean;
}

/** Tells what a drill does: on a terminal in a line that changes, otherwise a line when a phase begins and when it ends. */
export function createDrillLines({ terminal, quiet }: Ways): DrillListener {
  let begunMs = 0;
  let drawnMs = 0;
  const write = (line: string): void => void (quiet || process.stdout.write(`${terminal ? CLEAR_LINE : ''}${line}\n`));
  return {
    begun(phase) {
      begunMs = performance.now();
      drawnMs = 0;
      if (terminal) draw(`${phase} ...`);
      else write(`${phase} ...`);
    },
    progress(progress) {
      const now = performance.now();
      if (!terminal || now - drawnMs < REDRAW_MS) return;
      drawnMs = now;
      draw(progressText(progress, (now - begunMs) / SECOND_MS));
    },
    ended: (phase, seconds, bytes) =>
      write(`${phase}: ${durationText(seconds)}${bytes === undefined ? '' : `, ${bytesText(bytes)}`}`),
    warn: (line) => void process.stderr.write(`${terminal ? CLEAR_LINE : ''}${line}\n`),
  };
}

/** What is longer than the line of the terminal would stay there in part. */
function draw(line: string): void {
  process.stdout.write(CLEAR_LINE + line.slice(0, (process.stdout.columns || USUAL_COLUMNS) - 1));
}

/** `restore: 1.20 GiB of 3.40 GiB, 35 s left`. */
function progressText(progress: DrillProgress, seconds: number): string {
  const { phase, what, doneBytes, totalBytes, segments } = progress;
  const total = totalBytes === undefined ? '' : ` of ${bytesText(totalBytes)}`;
  const rest = leftSeconds(progress, seconds);
  const parts = [
    ...(what === undefined ? [] : [what]),
    ...(doneBytes === undefined ? [] : [`${bytesText(doneBytes)}${total}`]),
    ...(segments === undefined ? [] : [`${segments} segments`]),
    ...(rest === undefined ? [] : [`${durationText(rest)} left`]),
  ];
  return `${phase}: ${parts.join(', ')}`;
}

/** Undefined as long as there is nothing to tell it by. */
function leftSeconds({ doneBytes = 0, totalBytes = 0 }: DrillProgress, seconds: number): number | undefined {
  if (doneBytes <= 0 || totalBytes <= doneBytes || seconds < 1) return undefined;
  return (seconds * (totalBytes - doneBytes)) / doneBytes;
}
