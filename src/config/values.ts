import { z } from 'zod';

import { closest } from '../core/closest.ts';
import { parseDuration } from '../core/duration.ts';
import { parseRate } from '../core/size.ts';
import { LONGEST_MS } from './option-texts.ts';

/** A value written as one text or number. @param parse gives undefined for what is not usable */
export function parsedAs<T>(wanted: string, parse: (text: string) => T | undefined): z.ZodType<T> {
  return z.union([z.string(), z.number()], { error: wanted }).transform((input, context) => {
    const value = parse(String(input));
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: wanted, input });
    return z.NEVER;
  });
}

/** How often walguard does something, or how long it waits; in ms. */
export const interval = parsedAs('Give a duration such as 30s or 5m, of a day at most', (text) => {
  const milliseconds = parseDuration(text);
  return milliseconds !== undefined && milliseconds > 0 && milliseconds <= LONGEST_MS ? milliseconds : undefined;
});

/** A span of time that is compared and never waited for; in seconds. */
export const span = parsedAs('Give a duration above 0 such as 5m, 1d or 4w', (text) => {
  const milliseconds = parseDuration(text);
  return milliseconds !== undefined && milliseconds > 0 ? milliseconds / 1_000 : undefined;
});

export const rate = parsedAs('Give bytes a second, or kB, MB, GB, KiB, MiB or GiB such as 100MB', parseRate);

export const count = parsedAs('Give a whole number above 0', (text) => {
  const number = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0 ? number : undefined;
});

/** A text that is there. */
export const word = parsedAs('Give a text that is not empty', (text) => (text === '' ? undefined : text));

/** What repositories, targets and auth modules are called: a label, a folder and a part of a URL as it is. */
export const plainName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,62}$/, 'Name it by a plain word of letters, digits, "_", "." and "-"');

/** A path to what walguard reads: a relative one would depend on where it was started. */
export const absolutePath = parsedAs('Give a path from the root such as /archive', (text) =>
  text.startsWith('/') && !text.includes('\0') ? text : undefined,
);

/** The URL of a server; names and passwords in it would be shown with it. */
export const endpoint = parsedAs('Give a URL such as https://s3.example.com, without a password', (text) => {
  if (!URL.canParse(text)) return undefined;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '' ? text : undefined;
});

/** What the keys of a bucket begin with, up to and with a slash; empty is all keys. */
export const keyPrefix = parsedAs('Give what keys begin with, such as backups/main, without a slash in front', (text) =>
  text.startsWith('/') ? undefined : text === '' || text.endsWith('/') ? text : `${text}/`,
);

const ZONE_WANTED = 'Give an IANA name such as Europe/Berlin';

/** An IANA name as Intl knows it; an offset has no daylight saving and is refused. */
export const timeZone = z.string({ error: ZONE_WANTED }).transform((input, context) => {
  if (isZone(input)) return input;
  const near = closest(input, Intl.supportedValuesOf('timeZone'));
  const message = near === undefined ? ZONE_WANTED : `${ZONE_WANTED} (did you mean "${near}"?)`;
  context.addIssue({ code: 'custom', message, input });
  return z.NEVER;
});

function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
