import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { BOARDS } from '../../grafana/boards.ts';
import { takeCollectorFlags } from '../../src/cli/collector-flags.ts';
import { readCommandLine } from '../../src/cli/program.ts';
import { splitWords } from '../../src/core/split-words.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { readCodeBlocks } from './markdown.ts';
import { listProjectFiles, projectFolder, readProjectFile } from './project.ts';

interface Command {
  readonly page: string;
  /** One line, without a comment behind it and without variables set in front of it. */
  readonly text: string;
}

/** The guide's commands are run one after the other on a host of their own. */
const RUN_AS_A_WHOLE = ['docs/guide.md'];

/** Another test runs it: which one, and what stands in that. */
const RUN_BY: readonly (readonly [command: RegExp, test: string, proof: string])[] = [
  [/^docker build /, 'test/docker/walguard-image.test.ts', 'buildProjectImage({'],
  [/^docker run /, 'test/support/walguard-image.ts', 'docs/container.md'],
  [/^promtool check rules /, 'test/e2e/prometheus-rules.test.ts', "'check', 'rules'"],
  [/^cd deploy\/compose$/, 'test/support/compose-stack.ts', "'deploy/compose')"],
  [/^sh make-secrets$/, 'test/support/compose-stack.ts', "'sh', ['make-secrets']"],
  [/^docker compose up /, 'test/support/compose-stack.ts', "'up', '--detach', '--wait'"],
  [/^docker compose exec db sh /, 'test/docker/compose.test.ts', 'sh /scripts/copy-database'],
  [/^docker compose exec db chmod /, 'test/docker/compose.test.ts', 'chmod 550 /archive'],
  [/^docker compose exec db psql /, 'test/docker/compose.test.ts', 'SELECT pg_switch_wal()'],
  [/^docker compose down /, 'test/docker/compose.test.ts', "'down', '--volumes'"],
  [/^postgres .* \| walguard --logs\.path=-$/, 'test/integration/logs-input.test.ts', "['--logs.path=-']"],
  [/^curl .*\/api\/v1\/status$/, 'test/e2e/status.test.ts', '/api/v1/status'],
];

/** What only a host with systemd as its first process can run; test/e2e/deploy.test.ts has systemd judge the units. */
const NEEDS_SYSTEMD = /^(?:useradd|cp|systemctl|journalctl) .*(?:walguard|daemon-reload)/;

/** What only a cluster can run; test/repo/kubernetes.test.ts and test/peers/kustomize.test.ts judge what it is given. */
const NEEDS_CLUSTER = /^kubectl apply /;

/** What is run here, with a folder of its own for the root of the host. */
const RUN_HERE = /^(?:mkdir|cp) .*\/grafana\/|^sed -i .*rules\/\*\.yml$/;

const commands = listProjectFiles()
  .filter((path) => /^(?:[A-Z]+|docs\/[\w-]+|grafana\/README)\.md$/.test(path) && !RUN_AS_A_WHOLE.includes(path))
  .flatMap((page) =>
    readCodeBlocks(readProjectFile(page))
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => linesOf(text).map((line) => ({ page, text: line }))),
  );

/** The commands of a block, each in one line. */
function linesOf(block: string): readonly string[] {
  return block
    .replaceAll(/\\\n\s*/g, '')
    .split(/\n| && /)
    .map((line) => line.replace(/\s+#.*$/, '').replace(/^(?:export\s+)?(?:\w+=(?:'[^']*'|\S*)\s*)+/, ''))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function ofKind(pattern: RegExp): readonly Command[] {
  return commands.filter(({ text }) => pattern.test(text));
}

const WALGUARD = /^(?:walguard|node dist\/main\.js)(?= |$)/;
const NPM = /^npm /;
const others = commands.filter(({ text }) => !WALGUARD.test(text) && !NPM.test(text));

describe('the commands of the pages', () => {
  it.each(ofKind(WALGUARD).map(({ page, text }) => [page, text]))('%s: walguard understands %s', (_page, text) => {
    const said: string[] = [];
    const words = splitWords(text.replace(WALGUARD, '')) ?? [];
    const output = { out: (line: string) => said.push(line), err: (line: string) => said.push(line) };
    const { kind } = readCommandLine(takeCollectorFlags(words).rest, { version: '0.0.0', collectors: [] }, output);
    expect([kind === 'done', ...said]).toEqual([false]);
  });

  it.each(ofKind(NPM).map(({ page, text }) => [page, text]))('%s: there is what %s runs', (_page, text) => {
    const [, folder = '.', words = ''] = /^npm (?:--prefix (\S+) )?(.*)$/.exec(text) ?? [];
    const [command = '', name = ''] = words.split(' ');
    const manifest = readProjectFile(`${folder === '.' ? '' : `${folder}/`}package.json`);
    const { scripts } = JSON.parse(manifest) as { readonly scripts?: Readonly<Record<string, string>> };
    expect(['ci', 'test', 'run', 'pack', 'install']).toContain(command);
    if (command === 'run') expect(Object.keys(scripts ?? {})).toContain(name);
  });

  it('are run by a test, if they are of others', () => {
    const known = [...RUN_BY.map(([command]) => command), NEEDS_SYSTEMD, NEEDS_CLUSTER, RUN_HERE];
    const open = others.filter(({ text }) => !known.some((command) => command.test(text)));
    expect(open.map(({ page, text }) => `${page}: ${text}`)).toEqual([]);
  });

  it.each(RUN_BY)('%s of the pages is run by %s', (command, test, proof) => {
    expect(readProjectFile(test)).toContain(proof);
    expect(others.filter(({ text }) => command.test(text))).not.toEqual([]);
  });

  it('put dashboards and rules where they belong', async () => {
    await using host = await temporaryFolder();
    const root = host.path;
    await cp(join(projectFolder, 'prometheus/rules'), join(root, 'rules'), { recursive: true });
    await cp(join(projectFolder, 'grafana'), join(root, 'grafana'), { recursive: true, filter: isShipped });
    await mkdir(join(root, 'etc/grafana/provisioning/dashboards'), { recursive: true });
    const lines = others
      .filter(({ text }) => RUN_HERE.test(text))
      .map(({ text }) => text.replaceAll(/ \/(?=etc|var)/g, ' '));
    expect(lines).toHaveLength(4);
    execFileSync('bash', ['-e', '-c', lines.join('\n')], { cwd: root });

    expect(await readdir(join(root, 'var/lib/grafana/dashboards/walguard'))).toHaveLength(BOARDS.length);
    expect(await readdir(join(root, 'etc/grafana/provisioning/dashboards'))).toEqual(['walguard.yaml']);
    const rules = await Promise.all(
      (await readdir(join(root, 'rules'))).map((name) => readFile(join(root, 'rules', name), 'utf8')),
    );
    expect(rules.join('')).toMatch(/runbook_url: https:\/\/wiki\.example\.org\/walguard\/docs\/runbooks\//);
    expect(rules.join('')).not.toMatch(/runbook_url: docs\/|: \/d\/walguard-/);
  });
});

function isShipped(path: string): boolean {
  return !/node_modules|preview/.test(path);
}
