import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { cannotRun } from './prometheus.ts';

const binary = process.env['PROMTOOL_BINARY'] ?? 'promtool';
const allowListFile = new URL('../e2e/promtool-allowed.txt', import.meta.url);

/**
 * Runs `promtool check metrics` on a page in text format and returns its complaints, each as promtool writes it: the
 * family's name, a space, what is wrong. Throws when promtool is missing or cannot read the page.
 */
export async function checkMetrics(page: string): Promise<readonly string[]> {
  const { exitCode, output } = await runPromtool(['check', 'metrics'], page);
  // 3 is for complaints; what promtool cannot parse ends with 1.
  if (exitCode !== 0 && exitCode !== 3) throw new Error(`promtool ended with exit code ${exitCode}:\n${output}`);
  return output.split('\n').filter((line) => line !== '');
}

/**
 * The complaints one puts up with, written as `checkMetrics` returns them, of the promtool that is installed.
 * Throws on lines it does not understand.
 */
export async function readAllowList(): Promise<readonly string[]> {
  const promtool = await promtoolMajor();
  const allowed: string[] = [];
  let group: { readonly complaint: string; readonly applies: boolean } | undefined;
  for (const line of readFileSync(allowListFile, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [, complaint, major] = /^\[(.+?)(?: \(promtool (\d+)\))?\]$/.exec(line) ?? [];
    if (complaint !== undefined) group = { complaint, applies: major === undefined || major === promtool };
    else if (group === undefined || !/^\w+$/.test(line)) throw new Error(`The allow-list has a strange line: ${line}`);
    else if (group.applies) allowed.push(`${line} ${group.complaint}`);
  }
  return allowed;
}

async function promtoolMajor(): Promise<string> {
  const { output } = await runPromtool(['--version'], '');
  const major = /version (\d+)\./.exec(output)?.[1];
  if (major === undefined) throw new Error(`promtool --version says no version:\n${output}`);
  return major;
}

async function runPromtool(
  args: readonly string[],
  input: string,
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const child = spawn(binary, args, { stdio: 'pipe' });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
  const [exitCode] = (await once(child, 'close').catch((error: unknown) => {
    throw cannotRun(binary, 'PROMTOOL_BINARY', error);
  })) as [number | null];
  return { exitCode, output: (await outputs).join('') };
}
