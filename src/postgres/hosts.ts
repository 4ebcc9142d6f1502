import { isIP } from 'node:net';

import { WalguardError } from '../core/error.ts';
import { orNothing } from '../core/or-nothing.ts';
import type { Host } from './connection-options.ts';

const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = 5432;

/**
 * The servers that `host`, `hostaddr` and `port` name: lists of one length, or one port for all.
 *
 * Throws TARGET_BAD_DSN. Source: libpq, "Specifying Multiple Hosts".
 */
export function readHosts(
  names: string | undefined,
  addresses: string | undefined,
  ports: string | undefined,
): readonly [Host, ...Host[]] {
  const listed = names?.split(',').map((name) => name.trim());
  const found = addresses?.split(',').map((address) => readAddress(address.trim()));
  const numbers = (ports ?? '').split(',').map(readPort);
  const count = (found ?? listed ?? ['']).length;
  if (listed !== undefined && listed.length !== count)
    throw notMatching(`${listed.length} host names for ${count} addresses (hostaddr)`);
  if (numbers.length !== 1 && numbers.length !== count)
    throw notMatching(`${numbers.length} ports for ${count} ${count === 1 ? 'host' : 'hosts'}`);
  const host = (index: number): Host => {
    const address = orNothing(found?.[index]);
    return {
      name: orNothing(listed?.[index]) ?? address ?? DEFAULT_HOST,
      address,
      port: numbers[numbers.length === 1 ? 0 : index] ?? DEFAULT_PORT,
    };
  };
  return [host(0), ...Array.from({ length: count - 1 }, (_, index) => host(index + 1))];
}

/** A name would be looked up past what the certificate and TLS are told of the host. */
function readAddress(text: string): string {
  if (text === '' || isIP(text) !== 0) return text;
  throw new WalguardError('TARGET_BAD_DSN', `the hostaddr "${text}" is not an address`, {
    hint: 'Give a name as host; hostaddr takes an IPv4 or IPv6 address, without brackets.',
  });
}

function readPort(text: string): number {
  const trimmed = text.trim();
  const port = trimmed === '' ? DEFAULT_PORT : Number(trimmed);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new WalguardError('TARGET_BAD_DSN', `the port "${text}" is not a number from 1 to 65535`, {
    hint: 'PostgreSQL listens on 5432 by default.',
  });
}

function notMatching(what: string): WalguardError {
  return new WalguardError('TARGET_BAD_DSN', `the lists of servers do not match: ${what}`, {
    hint: 'Give as many of each, or one port for all: host=a,b port=5432.',
  });
}
