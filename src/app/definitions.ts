import { readDataSource } from '../config/data-source.ts';
import type { Environment } from '../config/given.ts';
import { isOfProcess, OPTIONS } from '../config/options.ts';
import type { Settings, TargetSettings } from '../config/settings.ts';
import { closest } from '../core/closest.ts';
import { asWalguardError, WalguardError, WalguardErrors } from '../core/error.ts';
import type { ConnectionOptions } from '../postgres/connection-options.ts';
import type { Packs } from './packs.ts';
import { resolveTarget } from './resolve-target.ts';
import type { TargetDefinition } from './served-target.ts';

/**
 * The servers that the configuration names: the targets of the file, else the one of the environment and the file's
 * data source. None where only auth modules are given, for servers that requests name.
 *
 * @throws USAGE_BAD_VALUE
 */
export function definitionsOf(settings: Settings, env: Environment): readonly TargetDefinition[] {
  const { targets, authModules, file } = settings;
  if (targets.length > 0) {
    refuseServerOf(env);
    return targets.map((target) => defineTarget(target, env));
  }
  const resolve = (): ConnectionOptions => resolveTarget(readDataSource(env, file), env);
  if (authModules.length > 0 && !isNamed(resolve)) return [];
  return [{ name: undefined, labels: {}, settings, resolve }];
}

/**
 * The server that a command is about.
 *
 * @param name undefined: the only one
 * @throws USAGE_BAD_VALUE, TARGET_MISSING
 */
export function chooseDefinition(settings: Settings, env: Environment, name: string | undefined): TargetDefinition {
  const all = definitionsOf(settings, env);
  const [first, second] = all;
  const names = all.flatMap((each) => each.name ?? []);
  if (name === undefined) {
    if (first !== undefined && second === undefined) return first;
    const hint = first === undefined ? 'Set DATA_SOURCE_NAME.' : `Name one: --target=${names[0] ?? ''}.`;
    const code = first === undefined ? 'TARGET_MISSING' : 'USAGE_BAD_VALUE';
    const what = first === undefined ? 'no PostgreSQL server is named' : 'the configuration has several targets';
    throw new WalguardError(code, what, { hint });
  }
  const found = all.find((each) => each.name === name);
  if (found !== undefined) return found;
  const near = closest(name, names);
  throw new WalguardError('USAGE_BAD_VALUE', `the configuration has no target ${JSON.stringify(name)}`, {
    hint: near === undefined ? `Known are: ${names.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

/** All by which a server is another one for who scrapes it; not its labels, users and passwords. */
export function identityOf({ settings, resolve }: TargetDefinition, packs: Packs): string {
  const { hosts, database, sessionAttrs } = resolve();
  const { collectors, repositories, recoverability, drills, queryPaths } = settings;
  const options = Object.entries(OPTIONS).filter(([, { flag }]) => !isOfProcess(flag));
  return JSON.stringify([
    [hosts, database, sessionAttrs],
    options.map(([key]) => settings[key as keyof typeof OPTIONS] ?? null),
    [...collectors].map(([name, { on }]) => `${name}=${on}`).toSorted((a, b) => (a < b ? -1 : 1)),
    packs.fingerprint(queryPaths),
    [recoverability, repositories.filter(({ name }) => recoverability.repositories.includes(name)), drills ?? null],
  ]);
}

function defineTarget(target: TargetSettings, env: Environment): TargetDefinition {
  const { name, labels, file } = target;
  const resolve = (): ConnectionOptions => resolveTarget(readDataSource({}, file), withoutServer(env));
  return { name, labels, settings: target, resolve: () => named(name, resolve) };
}

/** Of many servers a message is to say which. */
function named<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (thrown) {
    const errors = thrown instanceof WalguardErrors ? thrown.errors : [asWalguardError(thrown)];
    throw new WalguardErrors(
      errors.map(
        ({ code, message, hint, where, cause }) =>
          new WalguardError(code, `the target ${name}: ${message}`, {
            where: { ...where, target: name },
            cause,
            ...(hint === undefined ? {} : { hint }),
          }),
      ),
    );
  }
}

/** libpq's variables describe the one server of the command line: no other is to get its user and password. */
function withoutServer(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('PG') || name === 'PGSYSCONFDIR'));
}

const SERVER_VARIABLES = ['DATA_SOURCE_NAME', 'DATA_SOURCE_URI', 'DATA_SOURCE_NAME_FILE', 'DATA_SOURCE_URI_FILE'];

function refuseServerOf(env: Environment): void {
  const given = SERVER_VARIABLES.find((variable) => (env[variable] ?? '') !== '');
  if (given === undefined) return;
  throw new WalguardError('USAGE_BAD_VALUE', `${given} names a server, and the configuration file has targets`, {
    hint: `Unset ${given}, or make its server one of the targets.`,
  });
}

function isNamed(resolve: () => unknown): boolean {
  try {
    resolve();
    return true;
  } catch (thrown) {
    return asWalguardError(thrown).code !== 'TARGET_MISSING';
  }
}
