import { readdir, readFile } from 'node:fs/promises';

/** Of the clock in /proc/PID/stat, which Linux has always had at 100 a second on machines that run servers. */
const TICK_MS = 10;

/** What a process holds of memory, in MB of 1,000,000 bytes. */
export interface Memory {
  readonly residentMb: number;
  /** The most since it started. */
  readonly peakMb: number;
}

/** CPU time a process has used in all its threads, ms; undefined where the system has no /proc. */
export async function cpuMsOf(pid: number): Promise<number | undefined> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => undefined);
  if (threads === undefined) return undefined;
  const spent = await Promise.all(
    // In nanoseconds, where /proc/PID/stat counts ticks: of a scrape that takes five milliseconds these show nothing.
    threads.map(async (thread) => (await readWords(`/proc/${pid}/task/${thread}/schedstat`))[0] ?? 0),
  );
  return spent.reduce((sum, each) => sum + each, 0) / 1e6;
}

/**
 * CPU time of all processes of a server, ms: the postmaster's children that run, and those that have ended.
 *
 * @param postmaster its process number
 */
export async function serverCpuMsOf(postmaster: number): Promise<number | undefined> {
  const children = await readWords(`/proc/${postmaster}/task/${postmaster}/children`);
  const running = await Promise.all(children.map(cpuMsOf));
  const ended = await endedChildrenMsOf(postmaster);
  if (ended === undefined) return undefined;
  return running.reduce<number>((sum, each) => sum + (each ?? 0), ended);
}

/** Memory of a process; undefined where the system has no /proc. */
export async function memoryOf(pid: number): Promise<Memory | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const megabytes = (name: string): number | undefined => {
    const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
    return kibibytes === undefined ? undefined : (Number(kibibytes) * 1_024) / 1e6;
  };
  const [residentMb, peakMb] = [megabytes('VmRSS'), megabytes('VmHWM')];
  return residentMb === undefined || peakMb === undefined ? undefined : { residentMb, peakMb };
}

/** Times of children that were waited for: the 16th and 17th word of /proc/PID/stat. Source: proc(5). */
async function endedChildrenMsOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const words = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(words[13]) + Number(words[14])) * TICK_MS;
}

async function readWords(file: string): Promise<readonly number[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split(/\s+/).filter(Boolean).map(Number);
}
