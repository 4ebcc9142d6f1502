import { z } from 'zod';

import { DUMP_LEVELS } from '../core/dumps.ts';
import { absolutePath, count, endpoint, interval, keyPrefix, parsedAs, word } from './values.ts';

/** A whole reading: a listing of 200,000 files through a tool was seen to take two minutes. */
const DEFAULT_TIME_LIMIT_MS = 300_000;

const timeLimit = { time_limit: interval.default(DEFAULT_TIME_LIMIT_MS) };

/** How a tool is run: an argument list, never a shell. */
const command = {
  /** The tool itself. */
  command: z.array(word).min(1, 'Give the program and its arguments').optional(),
  /** What stands in front of it: `ssh backup-host`, `sudo -n -u postgres`. */
  prefix: z.array(word).default([]),
  environment: z.record(z.string(), z.string()).default({}),
};

/** A source that is either a folder here, or told by a program: what the program is given has no use beside the folder. */
type FolderOrProgram = Readonly<{
  path?: string | undefined;
  config?: string | undefined;
  command?: readonly string[] | undefined;
  prefix: readonly string[];
  environment: Readonly<Record<string, string>>;
}>;

function refuseBoth(given: FolderOrProgram, context: z.RefinementCtx): void {
  const { path, config, command: program, prefix, environment } = given;
  const isRun = { config, command: program, prefix: prefix[0], environment: Object.keys(environment)[0] };
  for (const [key, value] of Object.entries(isRun))
    if (path !== undefined && value !== undefined)
      context.addIssue({
        code: 'custom',
        path: [key],
        message: 'Leave it out, or the path: the folder is read without a program',
        input: given[key as keyof typeof given],
      });
}

const pgBackRest = { stanza: word, repo: count.optional(), config: absolutePath.optional(), ...command, ...timeLimit };

const walG = { path: absolutePath.optional(), config: absolutePath.optional(), ...command, ...timeLimit };

/** Of Barman: it is also that of a folder. */
const serverName = parsedAs('Give the name that stands in brackets in the configuration of Barman', (text) =>
  /^[^/\0-][^/\0]*$/.test(text) && text !== '.' && text !== '..' ? text : undefined,
);

/** A bucket of S3, or of what speaks its language. Keys and tokens are in no configuration file. */
const bucket = {
  bucket: word,
  prefix: keyPrefix.default(''),
  endpoint: endpoint.optional(),
  region: word.optional(),
  path_style: z.boolean().optional(),
  profile: word.optional(),
};

const ARCHIVES = [
  z.strictObject({ method: z.literal('directory'), path: absolutePath, ...timeLimit }),
  z.strictObject({ method: z.literal('s3'), ...bucket, ...timeLimit }),
  z
    .strictObject({ method: z.literal('pgbackrest'), path: absolutePath.optional(), ...pgBackRest })
    .superRefine(refuseBoth),
  z.strictObject({ method: z.literal('wal_g'), ...walG }).superRefine(refuseBoth),
  z.strictObject({ method: z.literal('barman'), server: serverName, path: absolutePath, ...timeLimit }),
] as const;

const BACKUPS = [
  z.strictObject({ method: z.literal('pg_basebackup'), path: absolutePath, ...timeLimit }),
  z.strictObject({ method: z.literal('pgbackrest'), ...pgBackRest }),
  z.strictObject({ method: z.literal('wal_g'), ...walG }).superRefine(refuseBoth),
  z
    .strictObject({
      method: z.literal('barman'),
      server: serverName,
      path: absolutePath.optional(),
      config: absolutePath.optional(),
      ...command,
      ...timeLimit,
    })
    .superRefine(refuseBoth),
  z.strictObject({ method: z.literal('barman_cloud'), ...bucket, server: serverName, ...timeLimit }),
] as const;

/** A dump of a large database is read through; hours are not rare, and a day is too long. */
const DEFAULT_CHECK_LIMIT_MS = 3_600_000;

/** It is matched with the name of a file or, where it has a slash, with its path. */
const fileNames = parsedAs('Give a pattern with {datname} once at most, such as {datname}-{date}.sql.gz', (text) => {
  const marks = text.match(/\{[^}]*\}/g) ?? [];
  const isKnown = marks.every((mark) => mark === '{datname}' || mark === '{date}');
  return text !== '' && isKnown && marks.filter((mark) => mark === '{datname}').length <= 1 ? text : undefined;
});

const DUMPS = [
  z.strictObject({
    method: z.literal('pg_dump'),
    path: absolutePath,
    level: z.enum(DUMP_LEVELS).default('header'),
    file_names: z.array(fileNames).default([]),
    command: z.array(word).min(1, 'Give the program and its arguments').optional(),
    check_time_limit: interval.default(DEFAULT_CHECK_LIMIT_MS),
    ...timeLimit,
  }),
] as const;

/** Where WAL is kept, by the method that reads it. */
export const archiveSource = z.discriminatedUnion('method', ARCHIVES);

/** Where backups are kept, by the method that reads them. */
export const backupSource = z.discriminatedUnion('method', BACKUPS);

/** Where dumps are kept, by the method that reads them. */
export const dumpSource = z.discriminatedUnion('method', DUMPS);

/** Keys as they stand in the file; times in ms. */
export type ArchiveSettings = z.output<typeof archiveSource>;
export type BackupSettings = z.output<typeof backupSource>;
export type DumpSettings = z.output<typeof dumpSource>;
