import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly dead: boolean;
}

/** Process numbers of all descendants of a process, at the moment of asking; in no order. */
export async function descendants(pid: number): Promise<readonly number[]> {
  const all = await processes();
  const found = new Set([pid]);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const each of all) if (found.has(each.parent)) found.add(each.pid);
  }
  found.delete(pid);
  return [...found];
}

/** Which of these processes still run; a zombie, which waits only for its parent to look, does not. */
export async function stillRunning(pids: readonly number[]): Promise<readonly number[]> {
  const all = await processes();
  return all.filter((each) => !each.dead && pids.includes(each.pid)).map((each) => each.pid);
}

/** Sends a signal; a process that has gone is no error. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has gone.
  }
}

function processes(): Promise<readonly Process[]> {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

async function fromProc(): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return stats.filter((stat) => stat !== '').map(parseStat);
}

/** `pid (name) state parent ...`, where the name may hold spaces and parentheses. */
function parseStat(stat: string): Process {
  const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid: Number.parseInt(stat, 10), parent: Number(parent), dead: state === 'Z' || state === 'X' };
}

async function fromPs(): Promise<readonly Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,state=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const [pid = '', parent = '', state = ''] = line.trim().split(/\s+/);
      return { pid: Number(pid), parent: Number(parent), dead: state.startsWith('Z') };
    });
}
