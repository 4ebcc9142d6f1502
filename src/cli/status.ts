import { renderBrief, renderJson, renderText } from '../app/status/render.ts';
import type { Environment } from '../config/given.ts';
import { parseDuration } from '../core/duration.ts';
import { asWalguardError, renderError, WalguardError, WalguardErrors } from '../core/error.ts';
import type { Verdict } from '../core/recoverability.ts';
import { askStatus } from '../http/ask-status.ts';
import type { StatusDocument } from '../http/schema.ts';
import type { BuildInfo } from '../self/instruments.ts';
import type { StatusInvocation } from './status-command.ts';

export interface StatusRun {
  readonly collectorFlags: ReadonlyMap<string, boolean>;
  readonly env: Environment;
  readonly build: BuildInfo;
}

/** As Icinga and Nagios have them. */
const STATUS_EXIT_CODES: Readonly<Record<Verdict, number>> = {
  recoverable: 0,
  at_risk: 1,
  not_recoverable: 2,
  unknown: 3,
};

const FALLBACK_WIDTH = 100;
const LONGEST_MS = 86_400_000;

/**
 * Writes down whether the server could be got back. Never throws: what keeps it from an answer is one, too.
 *
 * @returns the exit code
 */
export async function runStatus(invocation: StatusInvocation, run: StatusRun): Promise<number> {
  try {
    const document = await findStatus(invocation, run);
    process.stdout.write(render(document, invocation, run.env));
    return STATUS_EXIT_CODES[document.status];
  } catch (thrown) {
    tellWhyUnknown(thrown, invocation);
    return STATUS_EXIT_CODES.unknown;
  }
}

async function findStatus(
  { url, target, timeout, format, flags }: StatusInvocation,
  { collectorFlags, env, build }: StatusRun,
): Promise<StatusDocument> {
  if (url !== undefined) return await askStatus(url, target, toMilliseconds(timeout));
  // Only now: who asks a running walguard need not wait for the driver to load.
  const { statusOnce } = await import('../app/status/once.ts');
  const { document, warnings } = await statusOnce({ target, flags, collectorFlags, env, build });
  if (format !== 'brief') process.stderr.write(warnings.map((line) => `${line}\n`).join(''));
  return document;
}

function toMilliseconds(timeout: string): number {
  const milliseconds = parseDuration(timeout);
  if (milliseconds !== undefined && milliseconds > 0 && milliseconds <= LONGEST_MS) return milliseconds;
  throw new WalguardError('USAGE_BAD_VALUE', `--timeout is ${JSON.stringify(timeout)}`, {
    hint: 'Give a duration such as 10s or 1m30s, a day at most.',
  });
}

function render(document: StatusDocument, { format }: StatusInvocation, env: Environment): string {
  if (format === 'json') return renderJson(document);
  if (format === 'brief') return renderBrief(document);
  const { isTTY, columns } = process.stdout;
  // Source: https://no-color.org.
  const colours = isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return renderText(document, { width: isTTY ? columns : FALLBACK_WIDTH, colours });
}

/** Where Icinga reads it, on the first line of the output; a program that wants JSON finds nothing there. */
function tellWhyUnknown(thrown: unknown, { format }: StatusInvocation): void {
  const errors = thrown instanceof WalguardErrors ? thrown.errors : [asWalguardError(thrown)];
  const [first = asWalguardError(thrown)] = errors;
  const details = `${errors.map(renderError).join('\n')}\n`;
  if (format === 'json') return void process.stderr.write(details);
  process.stdout.write(`UNKNOWN - ${first.message.replaceAll(/\s+/g, ' ').replaceAll('|', '/')}\n`);
  return void process.stderr.write(details);
}
