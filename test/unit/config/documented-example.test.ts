import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfigFile } from '../../../src/config/config-file.ts';
import { projectDirectory } from '../../support/project-directory.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();
const page = readFileSync(join(projectDirectory, 'docs/recoverability.md'), 'utf8');
const examples = [...page.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => text ?? '');

describe('the examples of docs/recoverability.md', () => {
  it('are configurations that walguard takes', () => {
    const names = examples.map((text, index) =>
      readConfigFile(files.write(`example-${index}.yml`, text)).repositories.map(({ name }) => name),
    );

    expect(names).toEqual([
      ['main'],
      ['main'],
      ['local', 'off_site'],
      ['in_a_directory', 'elsewhere'],
      ['barman'],
      ['barman'],
      ['aws', 'minio'],
      ['barman_cloud'],
      ['dumps'],
    ]);
  });

  it('show in the first every key that a repository may have, and the defaults that its table names', () => {
    const { repositories } = readConfigFile(files.write('all.yml', examples[0] ?? ''));
    const [bare] = readConfigFile(files.write('bare.yml', examples[1] ?? '')).repositories;

    const said = /^repositories:\n {2}main:\n((?: {4}.*\n)+)/m.exec(examples[0] ?? '')?.[1] ?? '';
    const documented = [...page.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| (?:`([^`]*)`)? ?\|/gm)];
    const keys = documented.flatMap(([, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, key]) => key));
    const written = [...said.matchAll(/^ {4}(\w+):/gm)].map(([, key]) => key);
    expect(keys).toEqual(expect.arrayContaining(written));
    expect(repositories).toHaveLength(1);
    expect(page).toContain('| `interval` | `60s` |');
    expect(bare?.intervalMs).toBe(60_000);
    expect(page).toContain('| `time_zone` | `UTC` |');
    expect(bare?.policy.timeZone).toBe('UTC');
    expect(page).toContain('| `pending_after` | `120s` |');
    expect(bare?.policy.pendingAfterSeconds).toBe(120);
  });
});
