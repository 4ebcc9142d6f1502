import { renderLogReport } from '../app/logs/render.ts';
import { reportLogs } from '../app/logs/report.ts';
import type { Environment } from '../config/given.ts';
import { WalguardError } from '../core/error.ts';
import { createProgressLine } from './log-progress.ts';
import type { LogsInvocation } from './logs-command.ts';
import { stopSignal } from './stop-signal.ts';

const SIGNAL_CODES: Readonly<Record<string, number>> = { SIGINT: 130, SIGTERM: 143 };
const FAILED = 1;
const FALLBACK_WIDTH = 120;
const MOST_ENTRIES = 10_000;
const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?))?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;

/** Reads logs and writes the report. Throws what is wrong. @returns the exit code */
export async function runLogs(invocation: LogsInvocation, env: Environment): Promise<number> {
  const { paths, format, prefix, begin, end, json } = invocation;
  const span = { beginMs: readTime('--begin', begin), endMs: readTime('--end', end) };
  const top = readTop(invocation.top);
  const stop = stopSignal();
  const line = createProgressLine(process.stderr.isTTY, (text) => process.stderr.write(text));
  try {
    const report = await reportLogs({
      paths,
      format,
      prefix,
      span,
      top,
      env,
      stop,
      standardInput: process.stdin,
      onProgress: line.show,
    });
    line.clear();
    process.stdout.write(json ? `${JSON.stringify(report, undefined, 2)}\n` : renderLogReport(report, lookOf(env)));
    return 0;
  } catch (thrown) {
    line.clear();
    if (stop.aborted) return SIGNAL_CODES[String(stop.reason)] ?? FAILED;
    throw thrown;
  }
}

function lookOf(env: Environment): { readonly width: number; readonly colours: boolean } {
  const { isTTY, columns } = process.stdout;
  // Source: https://no-color.org.
  const colours = isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  return { width: isTTY ? columns : FALLBACK_WIDTH, colours };
}

/** Milliseconds since 1970. */
function readTime(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, day, time = '00:00', zone = 'Z'] = TIME.exec(text) ?? [];
  const offset = zone.length === 3 ? `${zone}:00` : zone.replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  const milliseconds = Date.parse(`${day}T${time}${offset}`);
  if (Number.isFinite(milliseconds)) return milliseconds;
  throw new WalguardError('USAGE_BAD_VALUE', `${option} is ${JSON.stringify(text)}`, {
    hint: 'Give a time that there is, such as 2026-11-22T10:00:00Z.',
  });
}

function readTop(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= MOST_ENTRIES) return number;
  throw new WalguardError('USAGE_BAD_VALUE', `--top is ${JSON.stringify(text)}`, {
    hint: `Give a number from 1 to ${MOST_ENTRIES}.`,
  });
}
