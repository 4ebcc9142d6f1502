import { readTextFile } from '../config/read-text-file.ts';
import type { Environment } from '../config/given.ts';
import type { ListenAddress } from '../config/option-texts.ts';
import { readSettings } from '../config/settings.ts';
import { asWalguardError, WalguardErrors } from '../core/error.ts';
import { readWebConfig } from '../config/web-config.ts';
import { askHealth, NO_CERTIFICATE } from '../http/ask-health.ts';
import { takeCollectorFlags } from './collector-flags.ts';
import { readCommandLine } from './program.ts';

/** Whose command line says where walguard listens: in a container it is process 1, or the init before it. */
const FIRST_PROCESS = '/proc/1/cmdline';
const ENTRY = /(?:^|\/)(?:main\.js|walguard)$/;
/** Less than the five seconds the image's HEALTHCHECK gives. */
const TIMEOUT_MS = 4_000;
/** Who asks for a password, a certificate or fewer requests is well: the image has none of these to show. */
const WELL: ReadonlySet<number | string> = new Set([200, 401, 429, NO_CERTIFICATE]);
const HEALTHY = 0;
const UNHEALTHY = 1;

/**
 * Asks the walguard of this container whether it is healthy, at the address it was told to listen on.
 *
 * @returns the exit code: 0 healthy, 1 not
 */
export async function healthcheck(): Promise<number> {
  try {
    const url = healthUrl(readFirstCommandLine(), process.env);
    const answer = await askHealth(url, TIMEOUT_MS);
    process.stdout.write(`${url} answered ${answer}\n`);
    return WELL.has(answer) ? HEALTHY : UNHEALTHY;
  } catch (thrown) {
    const errors = thrown instanceof WalguardErrors ? thrown.errors : [thrown];
    process.stdout.write(`${errors.map(describe).join('\n')}\n`);
    return UNHEALTHY;
  }
}

/**
 * Where the walguard with this command line and environment answers on its health.
 *
 * @param commandLine of a process, from the program on
 * @throws WalguardErrors with what is wrong with its configuration
 */
export function healthUrl(commandLine: readonly string[], env: Environment): string {
  const entry = commandLine.findIndex((word) => ENTRY.test(word));
  const { switches, rest } = takeCollectorFlags(entry < 0 ? [] : commandLine.slice(entry + 1));
  const silent = { out: () => undefined, err: () => undefined };
  const invocation = readCommandLine(rest, { version: '', collectors: [] }, silent);
  const flags = invocation.kind === 'serve' ? invocation.flags : {};
  const { listenAddresses, webConfigPath } = readSettings({ flags, collectorFlags: switches, env });
  const [first = { host: undefined, port: 0 }] = listenAddresses;
  const isTls = webConfigPath !== undefined && readWebConfig(webConfigPath).tls !== undefined;
  return `http${isTls ? 's' : ''}://${hostOf(first)}:${first.port}/-/healthy`;
}

/** Nobody answers at "all addresses"; this machine's own is one of them. */
function hostOf({ host }: ListenAddress): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function readFirstCommandLine(): readonly string[] {
  return readTextFile(FIRST_PROCESS, 'the container').split('\0').slice(0, -1);
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause instanceof Error ? `: ${thrown.cause.message}` : '';
  return `${asWalguardError(thrown).message}${cause}`;
}
