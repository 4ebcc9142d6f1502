import type { Environment, FlagValues } from '../../config/given.ts';
import type { RepositorySettings } from '../../config/repositories.ts';
import { readSettings, type Settings } from '../../config/settings.ts';
import { closest } from '../../core/closest.ts';
import type { DrillSourceKind } from '../../core/drill-report.ts';
import type { DrillTarget, DumpRestorer, Restorer } from '../../core/drill.ts';
import { WalguardError } from '../../core/error.ts';
import { createHistory } from '../../core/history.ts';
import type { LogFields, Logger } from '../../core/logger.ts';
import { dryRun } from '../../drill/dry-run.ts';
import { dryRunOfDumps } from '../../drill/dumps/dry-run.ts';
import type { DrillListener, DrillParts } from '../../drill/parts.ts';
import type { PlanInput } from '../../drill/plan.ts';
import { type DrillRun, runDrill } from '../../drill/run.ts';
import { programEnvironment } from '../../process/launch.ts';
import { giveWayToOthers } from '../../process/priority.ts';
import { unlessAborted } from '../../storage/file-errors.ts';
import { Recoverability } from '../recoverability.ts';
import { renderDryRun, renderDumpsDryRun } from './render.ts';
import { toDumpRestorer, toRestorer, toSupplier } from './restorers.ts';

export interface DrillRequest {
  readonly flags: FlagValues;
  readonly env: Environment;
  /** Undefined: the only one there is. */
  readonly repository: string | undefined;
  /** Undefined: as the configuration says. */
  readonly source: DrillSourceKind | undefined;
  /** Undefined: as the policy says. */
  readonly target: DrillTarget | undefined;
  readonly keep: boolean;
  readonly listener: DrillListener;
  readonly stop: AbortSignal;
  /** Of the user; undefined where there are none. */
  readonly uid: number | undefined;
}

/** A drill that can be done, or only planned. */
export interface ReadyDrill {
  readonly repository: string;
  readonly run: () => Promise<DrillRun>;
  /** What it would do, for a person. */
  readonly dryRun: () => Promise<string>;
}

/**
 * Makes a drill of the configuration. Throws WalguardErrors with what is wrong with it, USAGE_BAD_VALUE for a repository
 * that is not there, and DRILL_AS_ROOT.
 */
export function prepareDrill(request: DrillRequest): ReadyDrill {
  const { flags, env, listener, stop, keep } = request;
  const settings = readSettings({ flags, collectorFlags: new Map(), env });
  const { drills } = settings;
  if (drills === undefined) throw notConfigured();
  const repository = chooseRepository(settings.repositories, request.repository);
  if (request.uid === 0) throw asRoot();
  const parts: DrillParts = {
    settings: drills,
    repository: repository.name,
    source: request.source ?? repository.drillSource,
    checks: repository.drillChecks,
    read: (signal) => readRepository(settings, repository, { env, listener, signal }),
    restorerOf: (method) => restorerOf(repository, method, env),
    dumpRestorer: dumpRestorerOf(repository, env),
    supplier: repository.archive === undefined ? undefined : toSupplier(repository.archive, env),
    keep,
    environment: programEnvironment(env, {}),
    listener,
    stop,
  };
  const { target } = request;
  return {
    repository: repository.name,
    dryRun: async () =>
      parts.source === 'dumps'
        ? renderDumpsDryRun(await dryRunOfDumps(parts, target), repository.name)
        : renderDryRun(await dryRun(parts, target), repository.name),
    async run() {
      if (drills.priority === 'low') await giveWayToOthers();
      return await runDrill(parts, target);
    },
  };
}

function asRoot(): WalguardError {
  return new WalguardError('DRILL_AS_ROOT', 'a drill starts a server, and PostgreSQL does not run as root', {
    hint: 'Run it as a user of its own that may read the backups and owns drills.directory: runuser -u walguard -- walguard drill ...',
  });
}

function notConfigured(): WalguardError {
  return new WalguardError('CONFIG_MISSING_KEY', 'the configuration has no section drills', {
    hint: 'Add "drills: {directory: /var/lib/walguard/drills}", on a disk with room for the restored server.',
  });
}

function chooseRepository(all: readonly RepositorySettings[], name: string | undefined): RepositorySettings {
  const names = all.map((each) => each.name);
  const found = name === undefined && all.length === 1 ? all[0] : all.find((each) => each.name === name);
  if (found !== undefined) return found;
  if (all.length === 0)
    throw new WalguardError('CONFIG_MISSING_KEY', 'the configuration has no repositories', {
      hint: 'Say where backups and WAL are kept: docs/recoverability.md.',
    });
  if (name === undefined)
    throw new WalguardError('USAGE_BAD_VALUE', `there are several repositories: ${names.join(', ')}`, {
      hint: `Name the one to restore: --repository=${names[0] ?? ''}.`,
    });
  const near = closest(name, names);
  throw new WalguardError('USAGE_BAD_VALUE', `there is no repository ${JSON.stringify(name)}`, {
    hint: near === undefined ? `Known are: ${names.join(', ')}.` : `Did you mean "${near}"?`,
  });
}

interface Reading {
  readonly env: Environment;
  readonly listener: DrillListener;
  readonly signal: AbortSignal;
}

/** Nothing but its sources are asked: a drill goes without the server that it rehearses the loss of. */
async function readRepository(
  settings: Settings,
  repository: RepositorySettings,
  { env, listener, signal }: Reading,
): Promise<PlanInput> {
  // Dumps are restored: what is in them need not be proven before.
  const dumps = repository.dumps.map((each) => ({ ...each, level: 'header' as const }));
  const only = {
    ...settings,
    repositories: [{ ...repository, dumps }],
    recoverability: { ...settings.recoverability, repositories: [repository.name] },
  };
  const log = createListener(listener);
  await using recoverability = new Recoverability(only, { history: createHistory(), env, log });
  await unlessAborted(recoverability.readNow(), signal, repository.name);
  const { assessment, repositories } = recoverability.report();
  const [assessed] = assessment.repositories;
  if (assessed === undefined) throw new WalguardError('BUG', 'a repository was read and not assessed');
  const { archive, dumps: catalogue } = repositories[0]?.input ?? {};
  const unread = assessment.sources.filter(({ error }) => error !== undefined);
  return { assessment: assessed, archive, dumps: catalogue, unread };
}

function restorerOf({ backups }: RepositorySettings, method: string, env: Environment): Restorer {
  const source = backups.find((each) => each.method === method);
  if (source === undefined) throw new WalguardError('BUG', `a backup was told by ${method}, which is no source`);
  return toRestorer(source, env);
}

function dumpRestorerOf({ dumps }: RepositorySettings, env: Environment): DumpRestorer | undefined {
  const [source] = dumps;
  return source === undefined ? undefined : toDumpRestorer(source, env);
}

function createListener({ warn }: DrillListener): Logger {
  const listen = ({ code, reason, hint }: LogFields): void => {
    const head = [code, reason].filter((part) => typeof part === 'string' && part !== '').join(': ');
    warn(typeof hint === 'string' ? `${head}\n  hint: ${hint}` : head);
  };
  return { debug: () => undefined, info: () => undefined, warn: listen, error: listen };
}
