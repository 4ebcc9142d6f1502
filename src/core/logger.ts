/** The fields of a log line. Never a secret, a DSN or a query's data. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where walguard says what it does: constant messages, data in fields. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}
