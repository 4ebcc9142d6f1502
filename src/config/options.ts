import {
  type ListenAddress,
  oneOf,
  parseBytes,
  parseConnections,
  parseCount,
  parseFileName,
  parseListenAddress,
  parseName,
  parsePath,
  parseSwitch,
  parseTag,
  positiveDuration,
} from './option-texts.ts';

/** A setting that a flag, an environment variable or the configuration file gives as text. */
export interface Option<T> {
  /** Without the two dashes. The variable and the key in the file follow from it. */
  readonly flag: string;
  readonly placeholder: string;
  readonly help: string;
  readonly fallback: T;
  /** The default as a person would write it; empty if there is none to speak of. */
  readonly fallbackText: string;
  /** Throws an Error whose message says what is wanted, if the text is not usable. */
  readonly parse: (text: string) => T extends readonly (infer Element)[] ? Element : T;
  readonly repeatable: boolean;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export const LOG_FORMATS = ['json', 'logfmt'] as const;

function option<T>(definition: Option<T>): Option<T> {
  return definition;
}

/** Every option but the switches of the collectors and the connection string. */
export const OPTIONS = {
  listenAddresses: option<readonly ListenAddress[]>({
    flag: 'web.listen-address',
    placeholder: '<host:port>',
    help: 'Address to listen on; may be given several times.',
    fallback: [{ host: undefined, port: 9187 }],
    fallbackText: ':9187',
    parse: parseListenAddress,
    repeatable: true,
  }),
  telemetryPath: option<string>({
    flag: 'web.telemetry-path',
    placeholder: '<path>',
    help: 'Path under which the metrics are served.',
    fallback: '/metrics',
    fallbackText: '/metrics',
    parse: parsePath,
    repeatable: false,
  }),
  webConfigPath: option<string | undefined>({
    flag: 'web.config.file',
    placeholder: '<path>',
    help: 'File with TLS, users and headers of what walguard serves, as exporters of Prometheus have it.',
    fallback: undefined,
    fallbackText: '',
    parse: (text) => text,
    repeatable: false,
  }),
  mostRequests: option<number>({
    flag: 'web.max-requests',
    placeholder: '<count>',
    help: 'Scrapes that are answered at once; further ones get 503.',
    fallback: 100,
    fallbackText: '100',
    parse: parseCount,
    repeatable: false,
  }),
  enableLifecycle: option<boolean>({
    flag: 'web.enable-lifecycle',
    placeholder: '[true|false]',
    help: 'Read the configuration anew when POST /-/reload is asked for, as at SIGHUP.',
    fallback: false,
    fallbackText: 'false',
    parse: parseSwitch,
    repeatable: false,
  }),
  queryPaths: option<readonly string[]>({
    flag: 'extend.query-path',
    placeholder: '<path>',
    help: 'Query pack to load beside those that come with walguard: a file, a directory or a pattern; may be given several times.',
    fallback: [],
    fallbackText: '',
    parse: (text) => text,
    repeatable: true,
  }),
  tags: option<readonly string[]>({
    flag: 'extend.tag',
    placeholder: '<tag>',
    help: 'Tag that blocks of query packs may ask for (tags: [gold]) or refuse (not:gold); may be given several times.',
    fallback: [],
    fallbackText: '',
    parse: parseTag,
    repeatable: true,
  }),
  logLevel: option<(typeof LOG_LEVELS)[number]>({
    flag: 'log.level',
    placeholder: '<level>',
    help: `Least severe messages to log: ${LOG_LEVELS.join(', ')}.`,
    fallback: 'info',
    fallbackText: 'info',
    parse: (text) => oneOf(text, LOG_LEVELS),
    repeatable: false,
  }),
  logFormat: option<(typeof LOG_FORMATS)[number]>({
    flag: 'log.format',
    placeholder: '<format>',
    help: `Format of the log: ${LOG_FORMATS.join(', ')}.`,
    fallback: 'json',
    fallbackText: 'json',
    parse: (text) => oneOf(text, LOG_FORMATS),
    repeatable: false,
  }),
  scrapeTimeoutMs: option<number>({
    flag: 'scrape.timeout',
    placeholder: '<duration>',
    help: "Longest a scrape may take; Prometheus' own limit shortens it.",
    fallback: 10_000,
    fallbackText: '10s',
    parse: positiveDuration,
    repeatable: false,
  }),
  connections: option<number>({
    flag: 'scrape.connections',
    placeholder: '<count>',
    help: 'Connections to the server, kept open between scrapes.',
    fallback: 2,
    fallbackText: '2',
    parse: parseConnections,
    repeatable: false,
  }),
  includedDatabases: option<readonly string[]>({
    flag: 'databases.include',
    placeholder: '<pattern>',
    help: "Databases, beside the connection string's own, in which the collectors of single databases run: a name, or a pattern such as '*'; may be given several times.",
    fallback: [],
    fallbackText: '',
    parse: parseName,
    repeatable: true,
  }),
  excludedDatabases: option<readonly string[]>({
    flag: 'databases.exclude',
    placeholder: '<pattern>',
    help: 'Databases in which nothing runs, also if --databases.include or a query names them; may be given several times.',
    fallback: [],
    fallbackText: '',
    parse: parseName,
    repeatable: true,
  }),
  databaseConnections: option<number>({
    flag: 'databases.connections',
    placeholder: '<count>',
    help: 'Connections at a time to those databases, opened for a scrape and closed with it.',
    fallback: 2,
    fallbackText: '2',
    parse: parseCount,
    repeatable: false,
  }),
  maxSeries: option<number>({
    flag: 'scrape.max-series',
    placeholder: '<count>',
    help: 'Series that the collectors of one page may give together; what is over is left out and counted.',
    fallback: 1_000_000,
    fallbackText: '1000000',
    parse: parseCount,
    repeatable: false,
  }),
  maxSeriesPerCollector: option<number>({
    flag: 'scrape.max-series-per-collector',
    placeholder: '<count>',
    help: 'Series that one collector may give; what is over is left out and counted.',
    fallback: 500_000,
    fallbackText: '500000',
    parse: parseCount,
    repeatable: false,
  }),
  stalledAfterMs: option<number>({
    flag: 'archiver.stalled-after',
    placeholder: '<duration>',
    help: 'How long nothing may be archived while a segment waits before archiving counts as hung or stalled.',
    fallback: 120_000,
    fallbackText: '2m',
    parse: positiveDuration,
    repeatable: false,
  }),
  walCapacityBytes: option<number | undefined>({
    flag: 'wal.capacity',
    placeholder: '<size>',
    help: 'Bytes the WAL directory may take up, for its free space where walguard cannot look itself; such as 50GiB.',
    fallback: undefined,
    fallbackText: '',
    parse: parseBytes,
    repeatable: false,
  }),
  logPaths: option<readonly string[]>({
    flag: 'logs.path',
    placeholder: '<path>',
    help: 'Log of the server to count messages of: a file or a pattern, all of one format; auto asks the server where it is, server reads through the server, - is standard input. May be given several times.',
    fallback: [],
    fallbackText: '',
    parse: parseFileName,
    repeatable: true,
  }),
  logStateDirectory: option<string | undefined>({
    flag: 'logs.state-directory',
    placeholder: '<path>',
    help: 'Folder in which walguard keeps how far it has read the log and what it counted, so that a restart loses and doubles nothing.',
    fallback: undefined,
    fallbackText: '',
    parse: parseFileName,
    repeatable: false,
  }),
  logMaxRate: option<number>({
    flag: 'logs.max-rate',
    placeholder: '<size>',
    help: 'The most that is read of the log in a second; what comes faster waits, and is skipped once it is 1 GiB behind.',
    fallback: 33_554_432,
    fallbackText: '32MiB',
    parse: parseBytes,
    repeatable: false,
  }),
  logLinePrefix: option<string | undefined>({
    flag: 'logs.line-prefix',
    placeholder: '<prefix>',
    help: "The server's log_line_prefix, for the log format stderr; by default the server is asked.",
    fallback: undefined,
    fallbackText: '',
    parse: (text) => text,
    repeatable: false,
  }),
} as const;

/** Of walguard as a whole; the others are a target's own where it says so. */
export function isOfProcess(flag: string): boolean {
  return /^(web|log)\./.test(flag);
}
