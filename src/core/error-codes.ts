/**
 * Every error walguard can report: its code, what it means, and the class of cure.
 *
 * `docs/errors.md` has one heading for each; a test ties the two. A thrown error adds what happened, where, and
 * a hint with the cure for the case at hand.
 */
export const ERROR_CODES = {
  CONFIG_FILE_UNREADABLE: 'A file named by a flag, an environment variable or the configuration cannot be read.',
  CONFIG_YAML_SYNTAX: 'A configuration file or query pack is not well-formed YAML.',
  CONFIG_UNKNOWN_KEY: 'A key is not known at this place.',
  CONFIG_BAD_VALUE: 'A value is of the wrong type or outside what is allowed.',
  CONFIG_MISSING_KEY: 'A required key is absent.',
  PACK_DUPLICATE_COLLECTOR: 'Two collectors, or two branches of one collector for the same server, have one name.',
  PACK_DUPLICATE_FAMILY: 'A metric family is declared twice, with different types or labels, or by two collectors.',
  PACK_BAD_NAME: 'A metric or label name is not one that Prometheus accepts.',
  USAGE_UNKNOWN_OPTION: 'An option, command or collector given on the command line is not known.',
  USAGE_BAD_VALUE: 'The value of an option or environment variable is not usable.',
  TARGET_MISSING: 'No PostgreSQL server was named.',
  TARGET_BAD_DSN: 'The connection string cannot be understood.',
  TARGET_UNREACHABLE: 'No connection to the server could be made.',
  TARGET_STARTING: 'The server is starting up, shutting down or in recovery and refuses connections.',
  TARGET_AUTHENTICATION: 'The server refused the user or password.',
  TARGET_TLS: 'TLS was asked for and could not be agreed on with the server.',
  TARGET_DATABASE_MISSING: 'The database to connect to does not exist.',
  TARGET_TOO_MANY_CONNECTIONS: 'The server or role has no connection left.',
  TARGET_PARAMETER_REFUSED: 'A pooler refused a parameter of the connection string.',
  TARGET_TOO_OLD: 'The server is older than PostgreSQL 13.',
  TARGET_WRONG_ROLE: 'No server that was reached is what target_session_attrs asks for.',
  TARGET_CONNECTION_LOST: 'The connection broke while a query ran.',
  QUERY_TIMEOUT: "A collector's query ran longer than its time limit.",
  QUERY_LOCK_TIMEOUT: "A collector's query waited for a lock longer than the lock time limit.",
  QUERY_DEADLINE: 'The time of the scrape was over before the query ended.',
  QUERY_PERMISSION: 'The role may not read what the query reads.',
  QUERY_OBJECT_MISSING: 'A table, column or function the query names does not exist on this server.',
  QUERY_NOT_ONE_STATEMENT: 'A query is not one statement that returns rows, or holds parameters.',
  QUERY_FAILED: 'PostgreSQL refused or aborted the query.',
  QUERY_BAD_RESULT: 'What a query returned is not what its pack declares, or a predicate query returned no boolean.',
  SOURCE_PROGRAM_MISSING: 'A program that a source calls is not there, or may not be run.',
  SOURCE_PROGRAM_FAILED: 'A program that a source calls ended without an answer.',
  SOURCE_TIMEOUT: 'Reading a source took longer than its time limit.',
  SOURCE_NOT_FOUND: 'The folder, stanza or repository that a source names does not exist.',
  SOURCE_UNREADABLE: 'A folder, file or repository of a source cannot be read.',
  SOURCE_BAD_ANSWER: 'What a source holds or answers is not what it should be.',
  BACKUP_INCOMPLETE: 'A copy is not a whole backup, and counts as none.',
  DUMP_INVALID: 'A dump is empty, cut off or damaged, or no dump at all.',
  LISTEN_FAILED: 'The address to listen on cannot be used.',
  STATUS_UNREACHABLE: 'The walguard that is asked for its status does not answer.',
  STATUS_BAD_ANSWER: 'What answers is no walguard that has a status this one can read.',
  BUG: 'walguard broke one of its own assumptions.',
} as const;

/** One of the closed set of error codes. */
export type ErrorCode = keyof typeof ERROR_CODES;
