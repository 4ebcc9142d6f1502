import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ruleFiles, ruleTests } from '../support/alert-rules.ts';
import { cannotRun } from '../support/prometheus.ts';
import { projectDirectory } from '../support/project-directory.ts';

const promtool = process.env['PROMTOOL_BINARY'] ?? 'promtool';
const amtool = process.env['AMTOOL_BINARY'] ?? 'amtool';
const folder = join(projectDirectory, 'prometheus');

/** What a program of Prometheus says; throws, with that, when it objects to something. */
async function run(program: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: folder }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw cannotRun(program, 'PROMTOOL_BINARY', error);
    throw error;
  });
  return stdout + stderr;
}

/** What Alertmanager would do with an alert of these labels. */
async function receiverOf(labels: readonly string[]): Promise<string> {
  const output = await run(amtool, ['config', 'routes', 'test', '--config.file=alertmanager.example.yml', ...labels]);
  return output.split('\n', 1)[0]?.trim() ?? '';
}

describe('promtool and amtool', () => {
  it('object to nothing in the rules', async () => {
    const output = await run(promtool, ['check', 'rules', ...ruleFiles().map((path) => join(projectDirectory, path))]);
    expect(output.match(/SUCCESS: \d+ rules found/g)).toHaveLength(ruleFiles().length);
  });

  it.each(ruleTests().map(({ path }) => path))(
    'find that the rules do what %s says',
    async (path) => {
      expect(await run(promtool, ['test', 'rules', join(projectDirectory, path)])).toContain('SUCCESS');
    },
    240_000,
  );

  it('object to nothing in the configuration of Prometheus', async () => {
    const output = await run(promtool, ['check', 'config', 'prometheus.example.yml']);
    expect(output).toContain('prometheus.example.yml is valid prometheus config file syntax');
  });

  it('object to nothing in the configuration and the templates of Alertmanager', async () => {
    const output = await run(amtool, ['check-config', 'alertmanager.example.yml']);
    expect(output).toMatch(/SUCCESS[^]*templates[^]*SUCCESS/);
  });

  it('send what is critical to those on call, what is told to nobody to nobody, and the rest by its topic', async () => {
    expect(await receiverOf(['severity=critical', 'topic=archiving'])).toBe('on-call');
    expect(await receiverOf(['severity=warning', 'topic=archiving'])).toBe('backups');
    expect(await receiverOf(['severity=warning', 'topic=recoverability'])).toBe('backups');
    expect(await receiverOf(['severity=warning', 'topic=replication'])).toBe('chat');
    expect(await receiverOf(['severity=info', 'topic=availability'])).toBe('nobody');
  });
});
