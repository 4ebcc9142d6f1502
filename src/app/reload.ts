import { isOfProcess, OPTIONS } from '../config/options.ts';
import { readSettings, type Settings, type SettingSources } from '../config/settings.ts';
import { collect, type WalguardError } from '../core/error.ts';
import type { Logger } from '../core/logger.ts';
import type { Reload } from '../http/reload-route.ts';
import type { Instruments } from '../self/instruments.ts';
import type { Fleet } from './fleet.ts';

export interface ReloadParts {
  readonly fleet: Fleet;
  readonly instruments: Pick<Instruments, 'configLoaded' | 'configRefused'>;
  readonly log: Logger;
}

/** Reads the configuration anew; what is wrong with it leaves everything as it was, and is logged and given back. */
export function createReload(
  sources: SettingSources,
  atStart: Settings,
  { fleet, instruments, log }: ReloadParts,
): Reload {
  // Nothing here waits: two that come at once are one after the other.
  return async () => {
    const problems: WalguardError[] = [];
    const settings = collect(problems, () => readSettings(sources));
    if (settings !== undefined) collect(problems, () => fleet.load(settings));
    if (settings === undefined || problems.length > 0) {
      instruments.configRefused();
      for (const { code, message, hint, where } of problems)
        log.error({ code, reason: message, hint, ...where }, 'the configuration of before stays');
      return problems;
    }
    instruments.configLoaded();
    const restart = changedOfProcess(atStart, settings);
    if (restart.length > 0)
      log.warn({ options: restart, hint: 'Restart walguard.' }, 'these options wait for a restart');
    log.info({ targets: fleet.targets().length }, 'the configuration was read anew');
    return problems;
  };
}

function changedOfProcess(before: Settings, now: Settings): readonly string[] {
  return Object.entries(OPTIONS).flatMap(([key, { flag }]) => {
    const [was, is] = [before, now].map((settings) => JSON.stringify(settings[key as keyof typeof OPTIONS]));
    return isOfProcess(flag) && was !== is ? [flag] : [];
  });
}
