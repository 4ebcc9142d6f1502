import type { LogLook, SavedLog } from '../../collectors/logs/follower.ts';

/** Somebody who reads logs of one server as they are written. */
export interface LogReader extends AsyncDisposable {
  /** Reads what has come. Throws what the system or the server says if nothing can be read. */
  readonly look: () => Promise<LogLook>;
  /** Where a later one goes on so that no message is given twice or not at all. */
  readonly save: () => readonly SavedLog[];
  /** From the next bytes on other parsers are made. */
  readonly renewParsers: () => void;
  /** What was behind too far, and what no parser could read or keep. */
  readonly skippedBytes: number;
}
