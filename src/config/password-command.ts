import { z } from 'zod';

import { parseDuration } from '../core/duration.ts';
import { WalguardError } from '../core/error.ts';
import { splitWords } from '../core/split-words.ts';
import { orNothing } from '../core/or-nothing.ts';
import type { Environment } from './given.ts';
import { LONGEST_MS } from './option-texts.ts';
import { parsedAs } from './values.ts';

/** A program whose standard output is the password. */
export interface PasswordCommand {
  readonly argv: readonly string[];
  /** How long what it printed is used for further logins. */
  readonly ttlMs: number;
}

/** Below the quarter of an hour for which tokens of clouds can be used. */
const DEFAULT_TTL_MS = 300_000;

const COMMAND_WANTED =
  'Give a program and its arguments: words with blanks between them, in quotes where they have blanks';
const TTL_WANTED = 'Give a duration such as 5m, of a day at most; 0 for none';

const ttl = parsedAs(TTL_WANTED, parseTtl);

/** The keys of `data_source`. */
export const passwordCommandKeys = {
  pass_command: z
    .union([parsedAs(COMMAND_WANTED, splitWords), z.array(z.string().min(1)).min(1)], { error: COMMAND_WANTED })
    .optional(),
  pass_command_ttl: ttl.optional(),
};

export const PASSWORD_COMMAND_KEYS = ['pass_command', 'pass_command_ttl'] as const;

/** What `data_source` of the file says of it, after the schema. */
interface PasswordCommandValue {
  readonly pass_command?: readonly string[] | undefined;
  readonly pass_command_ttl?: number | undefined;
}

export function toPasswordCommand(value: PasswordCommandValue | null | undefined): PasswordCommand | undefined {
  if (value?.pass_command === undefined) return undefined;
  return { argv: value.pass_command, ttlMs: value.pass_command_ttl ?? DEFAULT_TTL_MS };
}

/** @throws USAGE_BAD_VALUE */
export function readPasswordCommand(env: Environment): PasswordCommand | undefined {
  const [command, seconds] = ['DATA_SOURCE_PASS_COMMAND', 'DATA_SOURCE_PASS_COMMAND_TTL'] as const;
  const text = orNothing(env[command]);
  if (text === undefined) return undefined;
  const argv = splitWords(text);
  if (argv === undefined) throw unusable(command, COMMAND_WANTED);
  const said = orNothing(env[seconds]);
  const ttlMs = said === undefined ? DEFAULT_TTL_MS : parseTtl(said);
  if (ttlMs === undefined) throw unusable(seconds, TTL_WANTED);
  return { argv, ttlMs };
}

function parseTtl(text: string): number | undefined {
  const milliseconds = parseDuration(text);
  return milliseconds === undefined || milliseconds > LONGEST_MS ? undefined : milliseconds;
}

function unusable(variable: string, wanted: string): WalguardError {
  return new WalguardError('USAGE_BAD_VALUE', `${variable} is not usable`, { hint: `${wanted}.` });
}
