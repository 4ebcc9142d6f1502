import { WalguardError } from '../core/error.ts';
import type { ConsoleFacts } from '../core/facts.ts';
import type { Reports } from './login.ts';

/** What the console calls itself: `1.24.1/bouncer`. A database behind PgBouncer reports the version of its server. */
const CONSOLE_VERSION = /^(\d+)\.(\d+)(?:\.(\d+))?.*\/bouncer$/;

/** True if the login is one to the console of PgBouncer, and not to a database. */
export function isConsole(reports: Reports): boolean {
  return reports.get('server_version')?.endsWith('/bouncer') === true;
}

/** What the login tells of a console; undefined if it is none. */
export function readConsole(reports: Reports, user: string): ConsoleFacts | undefined {
  if (!isConsole(reports)) return undefined;
  const [, major = 0, minor = 0, patch = 0] = CONSOLE_VERSION.exec(reports.get('server_version') ?? '') ?? [];
  return { version: Number(major) * 10_000 + Number(minor) * 100 + Number(patch), user };
}

/** Throws QUERY_NOT_ONE_STATEMENT for any command but SHOW: others change something, and nothing there is read only. */
export function checkCommand(command: string): void {
  if (/^\s*show\s+[\w\s]+;?\s*$/i.test(command)) return;
  throw new WalguardError('QUERY_NOT_ONE_STATEMENT', 'the query is no SHOW command of PgBouncer', {
    hint: 'Write one SHOW command, or take the tag pgbouncer away.',
  });
}
