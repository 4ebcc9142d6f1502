/** A log as it lies there now. */
export interface LogFile {
  readonly path: string;
  /** The same for one log whatever its name, and another for any other. */
  readonly identity: string;
  readonly sizeBytes: number;
  /** Milliseconds since 1970. */
  readonly changedMs: number;
}

/** A log that is open for reading. */
export interface OpenLog extends AsyncDisposable {
  /** Undefined: it can no longer be reached this way, and is to be opened anew. */
  readonly sizeBytes: () => Promise<number | undefined>;
  /** Fills the room from this position on; gives how many bytes there were. */
  readonly read: (room: Uint8Array, position: number) => Promise<number>;
}

/** Where the logs of a server lie. Its functions throw what the system or the server says. */
export interface LogPlace {
  /** All that are to be read, each once, the oldest first. What is not there is left out. */
  readonly list: () => Promise<readonly LogFile[]>;
  /** Where a log is now that had this path, also if it has another name; undefined if it is not there any more. */
  readonly find: (path: string, identity: string) => Promise<LogFile | undefined>;
  /** Undefined: there is none, or another log has its name. */
  readonly open: (file: LogFile) => Promise<OpenLog | undefined>;
}
