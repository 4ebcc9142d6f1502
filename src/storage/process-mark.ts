import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';

import { unlessAbsent } from './file-facts.ts';

/** Tells of a process, in a file that it leaves where only one is to work. */
export interface ProcessMark {
  readonly host: string;
  readonly pid: number;
  /** When the process began, as the kernel counts it: the number alone may be another's by now; undefined off Linux. */
  readonly processStart: string | undefined;
}

export async function markOfThisProcess(): Promise<ProcessMark> {
  return { host: hostname(), pid: process.pid, processStart: await startOfProcess(process.pid) };
}

/**
 * Whether the process still runs, as far as one can tell.
 *
 * @param touchedMs when it last touched its mark: one on another host cannot be asked
 * @param silentMs how long it may leave it alone
 */
export async function isRunning(
  { host, pid, processStart }: ProcessMark,
  touchedMs: number,
  silentMs: number,
): Promise<boolean> {
  if (host !== hostname()) return Date.now() - touchedMs < silentMs;
  if (!isProcess(pid)) return false;
  return processStart === undefined || (await startOfProcess(pid)) === processStart;
}

function isProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM';
  }
}

/** Source: proc(5), the 22nd field of /proc/PID/stat; a zombie has ended. */
async function startOfProcess(pid: number): Promise<string | undefined> {
  const text = await unlessAbsent(readFile(`/proc/${pid}/stat`, 'utf8')).catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? 'ended' : fields?.[19];
}
