import { parseDuration } from '../core/duration.ts';
import { parseSize } from '../core/size.ts';

// How texts of options are read. All throw an Error whose message says what is wanted.

/** An address to listen on; without a host, all of them. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** A third was measured to add nothing. */
const MOST_CONNECTIONS = 2;
/** Far above what makes sense, and below the 24 days that a timer can wait. */
export const LONGEST_MS = 86_400_000;

export function parseSwitch(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Error('true or false');
  return text === 'true';
}

export function parseBytes(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new Error('a number of bytes, or of KiB, MiB, GiB or TiB such as 50GiB');
  return bytes;
}

export function parseListenAddress(text: string): ListenAddress {
  const match = /^(\[[0-9a-fA-F:.%a-z]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) throw new Error('host:port or :port, an IPv6 address in brackets');
  const host = match[1]?.replace(/^\[|\]$/g, '') ?? '';
  return { host: host === '' ? undefined : host, port };
}

export function parsePath(text: string): string {
  if (!/^\/[\w./-]*$/.test(text) || text === '/') throw new Error('a path such as /metrics');
  return text;
}

export function positiveDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds <= 0) throw new Error('a duration such as 10s, 500ms or 1m30s');
  if (milliseconds > LONGEST_MS) throw new Error('a duration of a day at most');
  return milliseconds;
}

export function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < 1) throw new Error('a whole number above 0');
  return count;
}

export function parseName(text: string): string {
  if (text === '') throw new Error("a name of a database, or a pattern such as '*'");
  return text;
}

export function parseFileName(text: string): string {
  if (text === '') throw new Error('a path');
  return text;
}

export function parseTag(text: string): string {
  if (!/^[^\s:,]+$/.test(text)) throw new Error('one word without a colon');
  return text;
}

export function parseConnections(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > MOST_CONNECTIONS)
    throw new Error(`a number from 1 to ${MOST_CONNECTIONS}`);
  return count;
}

export function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === text);
  if (found === undefined) throw new Error(`one of ${allowed.join(', ')}`);
  return found;
}
