import { defaultPort } from './arguments.ts';
import { breakages, type BreakagePlan } from './breakages.ts';

export const helpText = `Usage: npm run demo -- [options]

Starts a PostgreSQL server with a small shop at work and a WAL archive, and walguard beside it.
Ctrl-C stops and removes everything.

Options:
  --port N         walguard serves on 127.0.0.1:N (default ${defaultPort})
  --break WHAT     after ten healthy seconds, break something; WHAT is one of:
                   ${breakages.join(', ')}
  -h, --help       this text`;

export interface Running {
  readonly major: number;
  readonly port: number;
  readonly superuserUrl: string;
  /** Folder of the WAL archive. */
  readonly archive: string;
}

/** What to open and to try, once everything runs. */
export function runningText({ major, port, superuserUrl, archive }: Running): string {
  const metrics = metricsUrl(port);
  return `
PostgreSQL ${major} with a small shop at work, and walguard:

  open           ${metrics}
  its archiver   curl -s ${metrics} | grep pg_archiver
  the server     psql '${superuserUrl}'
  WAL archive    ${archive}
  break it       npm run demo -- --break archive=hang   (or fail, empty, slow)

Ctrl-C stops and removes everything.
`;
}

/** What is broken, what to watch, and how to heal it. */
export function brokenText(plan: BreakagePlan, port: number, superuserUrl: string): string {
  const also = plan.alsoHeal === undefined ? '' : `\n           and ${plan.alsoHeal}`;
  return `
${plan.says}

  watch    curl -s ${metricsUrl(port)} | grep -E '^${plan.watch}'
  expect   ${plan.expect}
  heal it  psql '${superuserUrl}' -c 'ALTER SYSTEM RESET archive_command' -c 'SELECT pg_reload_conf()'${also}
`;
}

function metricsUrl(port: number): string {
  return `http://127.0.0.1:${port}/metrics`;
}
