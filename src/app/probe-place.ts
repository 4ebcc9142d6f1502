import type { AuthModule } from '../config/auth-modules.ts';
import type { ServerSettings } from '../config/settings.ts';
import { readTextFile } from '../config/read-text-file.ts';
import { WalguardError } from '../core/error.ts';
import type { Refusal } from '../http/served.ts';
import type { ConnectionOptions } from '../postgres/connection-options.ts';
import { checkKeyword } from '../postgres/dsn.ts';
import { resolveConnection } from '../postgres/resolve.ts';
import type { TargetDefinition } from './served-target.ts';

/** A server as a request names it. */
export interface Place {
  /** A name or an address in lower case, an IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Undefined: that of the auth module. */
  readonly database: string | undefined;
}

const DEFAULT_PORT = 5432;
const DEFAULT_DATABASE = 'postgres';

/** Nothing else: a user, parameters, several hosts or a path could lead elsewhere than what is compared says. */
const PLACE = /^(?:postgres(?:ql)?:\/\/)?([\w.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?(?:\/([\w-]{1,63})?)?$/i;

const MALFORMED: Refusal = {
  status: 400,
  reason: 'Give the server as HOST, HOST:PORT or HOST:PORT/DATABASE; the rest is said by the auth module.',
};

/** Reads what a request names, and looks whether the module has credentials for it. */
export function findPlace(text: string, module: AuthModule): Place | Refusal {
  const [, host = '', digits, database] = PLACE.exec(text) ?? [];
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (host === '' || port < 1 || port > 65_535) return MALFORMED;
  const place = { host: host.replaceAll(/[[\]]/g, '').toLowerCase(), port, database };
  if (module.targets.some((pattern) => covers(pattern, place))) return place;
  const { name } = module;
  return { status: 403, reason: `The auth module ${name} does not list ${placeText(place)} among its targets.` };
}

/** `host:port`, with brackets where they are needed. */
export function placeText({ host, port, database }: Place): string {
  const server = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return database === undefined ? server : `${server}/${database}`;
}

/** A pattern without a database covers only that of its module. `*` stands for one part of a name, or for a number. */
function covers(pattern: string, { host, port, database }: Place): boolean {
  const [, hosts = '', ports = '', databases] = /^(.+):(\d+|\*)(?:\/(.+))?$/.exec(pattern) ?? [];
  if (!matches(hosts.replaceAll(/[[\]]/g, '').toLowerCase(), host) || !matches(ports, String(port))) return false;
  return database === undefined || (databases !== undefined && matches(databases, database));
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^.:/]+')}$`).test(text);
}

/** @throws TARGET_BAD_DSN for options of the module that cannot be used, when it is resolved */
export function definitionOfProbe(place: Place, module: AuthModule, settings: ServerSettings): TargetDefinition {
  return { name: placeText(place), labels: {}, settings, resolve: () => resolvePlace(place, module) };
}

/** No environment and no password file: the credentials are the module's, for its servers. */
function resolvePlace({ host, port, database }: Place, module: AuthModule): ConnectionOptions {
  const { name, user, password, passwordFile, options } = module;
  const said = `auth_modules.${name}.userpass.password_file`;
  const secret = passwordFile === undefined ? password : readTextFile(passwordFile, said).replace(/[\r\n]+$/, '');
  try {
    for (const keyword of Object.keys(options)) checkKeyword(keyword);
    const resolved = resolveConnection(
      {
        dbname: DEFAULT_DATABASE,
        ...options,
        ...(database === undefined ? {} : { dbname: database }),
        host,
        port: String(port),
        user,
        password: secret ?? '',
      },
      {},
    );
    return { ...resolved, passFile: undefined };
  } catch (thrown) {
    if (!(thrown instanceof WalguardError)) throw thrown;
    throw new WalguardError(thrown.code, `auth_modules.${name}: ${thrown.message}`, {
      cause: thrown,
      ...(thrown.hint === undefined ? {} : { hint: thrown.hint }),
    });
  }
}
