import { z } from 'zod';

/** An integer that may be too large for a number; see parseExactJson. */
const identifier = z.union([z.string().regex(/^\d+$/), z.int().nonnegative()]).transform(String);
const bytes = z.number().nonnegative();
const seconds = z.number().nonnegative();
const walName = z.string().regex(/^[0-9A-F]{24}$/);
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i);
const status = z.object({ code: z.int(), message: z.string().default('') });

/** Which database, in which repository; before 2.32 there was but one. */
const database = z.object({ id: z.int(), 'repo-key': z.int().default(1) });

const progress = { size: bytes.nullish(), 'size-cplt': bytes.nullish() };

/** Of each repository its own since 2.59, sizes since 2.48. */
const backupLock = z.object({
  held: z.boolean(),
  ...progress,
  repo: z.array(z.object({ key: z.int(), ...progress })).nullish(),
});

/** What a stanza is; its backups are looked at one by one. */
const stanza = z.object({
  name: z.string(),
  status: status.extend({ lock: z.object({ backup: backupLock.optional() }).optional() }),
  repo: z.array(z.object({ key: z.int(), status })).default([]),
  db: z.array(database.extend({ 'system-id': identifier.optional(), version: z.string().default('') })),
  backup: z.array(z.unknown()),
});

/** `pgbackrest info --output=json`, versions 2.30 to 2.60: fields as src/command/info/info.c writes them. */
export const infoSchema = z.array(stanza);

export const backupSchema = z.object({
  label: z.string().min(1),
  type: z.enum(['full', 'diff', 'incr']),
  timestamp: z.object({ start: seconds.nullish(), stop: seconds }),
  /** Null where the server was shut down. */
  archive: z.object({ start: walName.nullish(), stop: walName.nullish() }).nullish(),
  /** Since 2.38. */
  lsn: z.object({ start: lsn.nullish(), stop: lsn.nullish() }).nullish(),
  prior: z.string().nullish(),
  reference: z.array(z.string()).nullish(),
  error: z.boolean().nullish(),
  database,
  info: z.object({ size: bytes.nullish(), repository: z.object({ delta: bytes.nullish() }).nullish() }).nullish(),
});

export type Stanza = z.output<typeof stanza>;
export type BackupInfo = z.output<typeof backupSchema>;
