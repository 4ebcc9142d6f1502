import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectFolder } from './project.ts';

/** Source texts by path from the tree's folder. */
export type SourceTexts = Readonly<Record<string, string>>;

/** What a tool said of a tree: its exit code, and `file: rule` of each complaint, sorted, each once. */
export interface Complaints {
  readonly exitCode: number;
  readonly found: readonly string[];
}

interface LintReport {
  readonly diagnostics: readonly { readonly code?: string; readonly message: string; readonly filename: string }[];
}

/** Runs the linter over these sources, in a folder of their own, with this project's settings. */
export async function lint(sources: SourceTexts): Promise<Complaints> {
  const args = ['--type-aware', '--max-warnings', '0', '--format', 'json', 'grafana', 'src', 'test'];
  const { exitCode, stdout } = await runOn(sources, 'oxlint', args);
  const report = JSON.parse(stdout) as LintReport;
  const found = report.diagnostics.map(({ filename, code, message }) => `${filename}: ${code ?? message}`);
  return { exitCode, found: sortedOnce(found) };
}

/** Runs the compiler over these sources, in a folder of their own, with this project's settings. */
export async function typecheck(sources: SourceTexts): Promise<Complaints> {
  const { exitCode, stdout } = await runOn(sources, 'tsc', ['-p', 'tsconfig.json', '--pretty', 'false']);
  const errors = stdout.matchAll(/^(?<file>[^(\n]+)\(\d+,\d+\): error (?<code>TS\d+)/gm);
  return {
    exitCode,
    found: sortedOnce(Array.from(errors, ({ groups }) => `${groups?.['file']}: ${groups?.['code']}`)),
  };
}

async function runOn(
  sources: SourceTexts,
  tool: string,
  args: readonly string[],
): Promise<{ exitCode: number; stdout: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'walguard-planted-'));
  try {
    await symlink(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
    const settings = ['.oxlintrc.json', 'tsconfig.json', 'package.json'];
    await Promise.all(settings.map((file) => copyFile(join(projectFolder, file), join(folder, file))));
    await Promise.all(Object.entries(sources).map(([path, source]) => writeSource(join(folder, path), source)));
    const program = join(projectFolder, 'node_modules/.bin', tool);
    const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close') as Promise<[number]>]);
    return { exitCode, stdout };
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeSource(path: string, source: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, source);
}

function sortedOnce(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)].toSorted();
}
