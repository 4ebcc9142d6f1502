import { closest } from '../core/closest.ts';
import { WalguardError } from '../core/error.ts';
import { ALL_KEYWORDS, type Parameters } from './keywords.ts';

const URL_FORM = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s;
const KEYWORD_FORM = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:\\.|[^'\\])*)'|(?!')((?:\\.|[^\s\\])*))(?=\s|$)\s*/suy;

/**
 * Reads a connection string in either of libpq's forms, `postgresql://...` and `host=... user=...`.
 *
 * Throws TARGET_BAD_DSN; neither message nor hint repeats the string, which may hold a password.
 * Source: libpq, "Connection Strings".
 */
export function parseDsn(dsn: string): Parameters {
  return /^postgres(ql)?:\/\//.test(dsn) ? parseUrl(dsn) : parseKeywords(dsn);
}

function parseUrl(dsn: string): Parameters {
  const match = URL_FORM.exec(dsn);
  if (match === null)
    throw badDsn('the URL is not of the form postgresql://user:password@host:port/database?key=value');
  const [, authority = '', database = '', query = ''] = match;
  const at = authority.lastIndexOf('@');
  // What stands before the "/" would be taken for a host, and the log names hosts.
  if (at < 0 && database.includes('@'))
    throw badDsn('there is a "/" before its "@"', 'Write a literal / in a user or password as %2F.');
  const [user, password] = splitOnce(at < 0 ? '' : authority.slice(0, at), ':');
  return {
    ...present({ user, password, dbname: database }),
    ...parseHosts(authority.slice(at + 1)),
    ...Object.fromEntries(
      query
        .split('&')
        .filter((pair) => pair !== '')
        .flatMap(parseQueryPair),
    ),
  };
}

/** One host or several with commas in between, each with a port or without; both become libpq's lists. */
function parseHosts(text: string): Parameters {
  const places = text.split(',').map((place) => {
    const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(place);
    if (match === null)
      throw badDsn('host and port cannot be told apart', 'Write an IPv6 address in brackets: [::1]:5432.');
    return { host: match[1]?.replace(/^\[|\]$/g, ''), port: match[2] ?? '' };
  });
  const ports = places.map(({ port }) => port);
  return present({
    host: places.map(({ host }) => host).join(','),
    port: ports.every((port) => port === '') ? undefined : ports.join(','),
  });
}

function parseQueryPair(pair: string): readonly (readonly [string, string])[] {
  const [key, value] = splitOnce(pair, '=');
  // A "?" in a password that is not escaped makes the rest of it a parameter: what is no keyword is not repeated.
  if (value === undefined || !/^[a-z_]+$/.test(key)) {
    throw badDsn('after the "?" there is no keyword=value', 'Write a literal ? in a password as %3F.');
  }
  // As in libpq, for the sake of JDBC.
  if (pair === 'ssl=true') return [['sslmode', 'require']];
  checkKeyword(key);
  return [[key, decode(value)]];
}

function parseKeywords(dsn: string): Parameters {
  const parameters: Record<string, string> = {};
  const pattern = new RegExp(KEYWORD_FORM);
  let offset = 0;
  while (offset < dsn.trimEnd().length) {
    pattern.lastIndex = offset;
    const match = pattern.exec(dsn);
    if (match?.[1] === undefined) {
      const hint = offset === 0 ? undefined : "Quote values with spaces: password='a b'.";
      throw badDsn(`at character ${offset + 1} there is no keyword=value`, hint);
    }
    checkKeyword(match[1]);
    parameters[match[1]] = (match[2] ?? match[3] ?? '').replace(/\\(.)/gs, '$1');
    offset = pattern.lastIndex;
  }
  return parameters;
}

/** @throws TARGET_BAD_DSN for what is no parameter of libpq */
export function checkKeyword(keyword: string): void {
  if (ALL_KEYWORDS.includes(keyword)) return;
  const near = closest(keyword, ALL_KEYWORDS);
  if (near !== undefined) throw badDsn(`the parameter "${keyword}" is not known`, `Did you mean "${near}"?`);
  // Not repeated: it may be the rest of a password that has spaces and no quotes.
  throw badDsn('a parameter is not known', "Use those of docs/connecting.md, and quotes: password='a b'.");
}

function present(values: Readonly<Record<string, string | undefined>>): Parameters {
  return Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined || value === '' ? [] : [[key, decode(value)]],
    ),
  );
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw badDsn('it holds a percent sign that is not an escape', 'Write a literal % as %25.', cause);
  }
}

function badDsn(what: string, hint?: string, cause?: unknown): WalguardError {
  return new WalguardError('TARGET_BAD_DSN', `the connection string cannot be understood: ${what}`, {
    hint: hint ?? 'Write postgresql://user:password@host:5432/database or host=... user=... dbname=...',
    cause: cause === undefined ? undefined : new Error('malformed escape'),
  });
}
