import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { type Major, newestMajor } from '../servers/index.ts';
import { LOAD_PREFIX, makeLogLoad } from '../test/support/log-load.ts';
import { multiplyLog } from './big-log.ts';

const run = promisify(execFile);

/** How one program read one log, all of it on one core. */
export interface LogFinding {
  readonly format: 'stderr' | 'csvlog' | 'jsonlog';
  readonly reader: 'walguard' | 'pgBadger';
  readonly bytes: number;
  readonly seconds: number;
  /** Of the program and of all that it started. */
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** Of the size that is asked for: pgBadger takes longer for these. */
const SHARES = { csvlog: 0.2, jsonlog: 0.2, stderr: 1 } as const;
const BADGER_FORMATS = { csvlog: 'csv', jsonlog: 'jsonlog', stderr: 'stderr' } as const;
const MEGABYTE = 1_000_000;

/** Has walguard and, where it is installed, pgBadger make a report of one log in each format; both write JSON. */
export async function measureLogs(
  megabytes: number,
  major: Major | undefined,
  say: (text: string) => void,
): Promise<readonly LogFinding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'walguard-bench-'));
  try {
    say('logs: a server writes one');
    await using load = await makeLogLoad(major ?? newestMajor());
    const pids = await pidsOf(load.files['stderr'] ?? '');
    const findings: LogFinding[] = [];
    for (const format of ['csvlog', 'jsonlog', 'stderr'] as const) {
      const from = load.files[format];
      if (from === undefined) continue;
      const file = join(folder, format);
      const bytes = await multiplyLog(from, file, { bytes: megabytes * MEGABYTE * SHARES[format], pids });
      for (const [reader, command] of await readersOf(file, format)) {
        say(`logs: ${reader} reads ${Math.round(bytes / MEGABYTE)} MB of ${format}`);
        const finding = { format, reader, bytes, ...(await measure(command, join(folder, 'figures'))) };
        say(`logs: ${finding.seconds} s, CPU ${finding.cpuSeconds} s, ${Math.round(finding.peakMb)} MB`);
        findings.push(finding);
      }
      await rm(file);
    }
    return findings;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pidsOf(file: string): Promise<ReadonlySet<string>> {
  const text = await readFile(file, 'utf8');
  return new Set([...text.matchAll(/ \[(\d+)\] /g)].map(([, pid = '']) => pid));
}

type Reader = readonly [name: LogFinding['reader'], command: readonly string[]];

async function readersOf(file: string, format: LogFinding['format']): Promise<readonly Reader[]> {
  const prefix = format === 'stderr' ? [`--prefix=${LOAD_PREFIX}`] : [];
  const badgerPrefix = format === 'stderr' ? ['-p', LOAD_PREFIX] : [];
  const out = ['-x', 'json', '-o', `${file}.out.json`];
  const own = [process.execPath, 'dist/main.js', 'logs', '--json', `--format=${format}`, ...prefix, file];
  const hasBadger = await run('pgbadger', ['--version']).then(
    () => true,
    () => false,
  );
  const badger = ['pgbadger', '-q', '-j', '1', '--pid-dir', tmpdir(), '-f', BADGER_FORMATS[format], ...badgerPrefix];
  return [['walguard', own], ...(hasBadger ? [['pgBadger', [...badger, ...out, file]] as const] : [])];
}

async function measure(
  command: readonly string[],
  figures: string,
): Promise<Pick<LogFinding, 'seconds' | 'cpuSeconds' | 'peakMb'>> {
  const core = String(availableParallelism() - 1);
  const args = ['-c', core, 'time', '-o', figures, '-f', '%e %U %S %M', ...command];
  await run('taskset', args, { maxBuffer: 100 * MEGABYTE });
  const [seconds = NaN, user = NaN, system = NaN, peakKib = NaN] = (await readFile(figures, 'utf8'))
    .split(' ')
    .map(Number);
  return { seconds, cpuSeconds: user + system, peakMb: (peakKib * 1_024) / MEGABYTE };
}
