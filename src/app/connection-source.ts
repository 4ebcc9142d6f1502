import { asWalguardError, WalguardErrors } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import { type ConnectionOptions, type ConnectionSource, targetName } from '../postgres/connection-options.ts';

/**
 * Where connections come from: what the configuration, its files and libpq's say at the moment.
 *
 * User, password and everything else follow the files; which servers and which database stays as it was at the start,
 * since collectors, history and the label `target` belong to them. What cannot be read leaves all as it was known last.
 *
 * @param resolve reads all of it anew
 * @param givenName by default its hosts
 * @throws at once what `resolve` throws
 */
export function createConnectionSource(
  resolve: () => ConnectionOptions,
  log: Logger,
  givenName?: string,
): ConnectionSource {
  let known = resolve();
  const { hosts, database } = known;
  const servers = targetName(known);
  const name = givenName ?? servers;
  const said = { unreadable: false, moved: false };

  function read(): ConnectionOptions {
    try {
      const fresh = resolve();
      if (said.unreadable) log.info({ target: name }, 'connection settings can be read again');
      said.unreadable = false;
      tellMove(targetName(fresh) !== servers || fresh.database !== database);
      // A file is empty for a moment while it is written; but a password is of one user.
      const isSameUser = fresh.user === known.user && fresh.passwordProgram === undefined;
      const password = fresh.password ?? (isSameUser ? known.password : undefined);
      known = { ...fresh, password, hosts, database };
    } catch (thrown) {
      if (!said.unreadable) log.warn({ target: name, ...reasonOf(thrown) }, 'connection settings stay as they were');
      said.unreadable = true;
    }
    return known;
  }

  function tellMove(moved: boolean): void {
    if (moved && !said.moved)
      log.warn(
        { target: name, hint: 'Have walguard reload its configuration, or restart it.' },
        'another server or database is named now',
      );
    said.moved = moved;
  }

  return { name, database, read };
}

function reasonOf(thrown: unknown): {
  readonly code: string;
  readonly reason: string;
  readonly hint: string | undefined;
} {
  const error = thrown instanceof WalguardErrors ? thrown.errors[0] : undefined;
  const { code, message, hint } = error ?? asWalguardError(thrown);
  return { code, reason: message, hint };
}
