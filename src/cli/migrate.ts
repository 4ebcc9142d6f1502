import { planMigration } from '../app/migrate/index.ts';
import { renderMigration } from '../app/migrate/render.ts';
import { needsAttention } from '../app/migrate/report.ts';
import type { MigrateInvocation } from './migrate-command.ts';

const NOTHING_LOST = 0;
const NEEDS_ATTENTION = 1;
const WRONG_USAGE = 2;

/**
 * Writes down what becomes of another exporter's configuration.
 *
 * @param words the command line of the other exporter
 * @returns the exit code: 0 nothing is lost, 1 something needs attention, 2 a query file that cannot be read
 * @throws WalguardError with what is wrong with the command line, or with another file
 */
export function runMigrate({ json, request }: MigrateInvocation, words: readonly string[]): number {
  const report = planMigration({ ...request, words });
  const needs = needsAttention(report);
  process.stdout.write(
    json ? `${JSON.stringify({ ...report, needs_attention: needs }, undefined, 2)}\n` : renderMigration(report),
  );
  if (report.findings.some(({ code }) => code === 'CONFIG_FILE_UNREADABLE')) return WRONG_USAGE;
  return needs ? NEEDS_ATTENTION : NOTHING_LOST;
}
