import { createLogReport, type LogReportDocument, type ReportSpan } from '../../collectors/logs/report/index.ts';
import type { Environment } from '../../config/given.ts';
import type { LogFormat } from '../../core/log-record.ts';
import { filtersIn } from '../../process/filter-program.ts';
import { programEnvironment } from '../../process/launch.ts';
import { factsAt } from '../../storage/folder.ts';
import { readPieces } from '../../storage/read-file.ts';
import { readLog } from './read-log.ts';

/** Finished logs that are to be read, in this order. */
export interface LogReportRequest {
  /** `-` is the standard input. */
  readonly paths: readonly string[];
  readonly standardInput: AsyncIterable<Uint8Array>;
  /** Undefined: guessed for each file. */
  readonly format: LogFormat | undefined;
  readonly prefix: string | undefined;
  readonly span: ReportSpan;
  readonly top: number;
  readonly env: Environment;
  readonly stop: AbortSignal;
  readonly onProgress: (progress: LogProgress) => void;
}

/** How far the reading is; bytes as they lie on the disk. */
export interface LogProgress {
  readonly doneBytes: number;
  /** Undefined if it is not known, as of the standard input. */
  readonly totalBytes: number | undefined;
}

const STANDARD_INPUT = '-';

/** Reads logs and says what they come to. Throws what readLog throws, and an AbortError when it is to stop. */
export async function reportLogs(request: LogReportRequest): Promise<LogReportDocument> {
  const { paths, span, top, env, stop, format, prefix } = request;
  const report = createLogReport(span);
  const filter = filtersIn(programEnvironment(env, {}))(stop);
  const sizes = await Promise.all(paths.map(sizeOf));
  const totalBytes = sizes.every((size) => size > 0) ? sizes.reduce((sum, size) => sum + size, 0) : undefined;
  let doneBytes = 0;
  async function* told(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      stop.throwIfAborted();
      yield piece;
      doneBytes += piece.length;
      request.onProgress({ doneBytes, totalBytes });
    }
  }
  const files = [];
  for (const path of paths) {
    const pieces = told(path === STANDARD_INPUT ? request.standardInput : readPieces(path, stop));
    files.push(await readLog({ name: path, pieces }, { format, prefix, filter, onRecord: report.add }));
  }
  stop.throwIfAborted();
  return report.finish(files, top);
}

/** 0 for what has none, or is not there. */
async function sizeOf(path: string): Promise<number> {
  if (path === STANDARD_INPUT) return 0;
  const facts = await factsAt(path).catch(() => undefined);
  return facts?.kind === 'file' ? facts.sizeBytes : 0;
}
