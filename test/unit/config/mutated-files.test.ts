import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { loadPack } from '../../../src/collectors/sql/load-pack.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { readWebConfig } from '../../../src/config/web-config.ts';
import { WalguardError, WalguardErrors } from '../../../src/core/error.ts';
import { createAuthority } from '../../support/certificates.ts';
import { projectDirectory } from '../../support/project-directory.ts';
import { mutation } from '../support/mutations.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();

/** One run is as the other: what is found here by other seeds becomes a case of its own. */
const CASES = { numRuns: Number(process.env['MUTATIONS'] ?? 200), seed: Number(process.env['SEED'] ?? 42) };
const SECRET = 'pl4nted';
const anyNumber: unknown = expect.any(Number);

function read(path: string): string {
  return readFileSync(join(projectDirectory, path), 'utf8');
}

function examplesOf(page: string): readonly string[] {
  return [...read(page).matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text]) => text ?? '');
}

/** All sections of the file, with what the pages show of them. */
const CONFIG = `web: {listen_address: [":9187"], max_requests: 10}
scrape:
  timeout: 10s
  connections: 2
databases: {include: ["*"], exclude: [scratch]}
collector: {locks: false, stat_statements: true}
log:
  level: info
data_source:
  uri: 127.0.0.1:5432/postgres
  user: walguard
  pass: ${SECRET}
  pass_command: [token, ${SECRET}, "two words"]
  pass_command_ttl: 5m
${examplesOf('docs/recoverability.md')[0]}${examplesOf('docs/drills.md').find((text) => text.startsWith('drills:')) ?? ''}`;

/** Many servers, and credentials for others. */
const TARGETS = `targets:
  one: {data_source: {name: "postgresql://walguard:${SECRET}@db1/"}, labels: {cluster: shop}}
  two:
    data_source:
      uri: db2:5432/postgres
      user: walguard
      pass: ${SECRET}
    scrape: {timeout: 3s}
    collector: {locks: false}
    recoverability: {rpo: 5m}
auth_modules:
  some:
    type: userpass
    userpass: {username: walguard, password: ${SECRET}}
    options: {sslmode: verify-full, sslpassword: ${SECRET}}
    targets: ["*.db.example.com:5432", "10.1.2.*:5432/shop"]
`;

const HASH = `$2y$10$${SECRET}${'a'.repeat(46)}`;
const own = createAuthority('authority').issue({ commonName: 'web' });
files.write('web.crt', own.certificate);
files.write('web.key', own.key);
files.write('clients.pem', own.certificate);
const WEB = (examplesOf('docs/web.md')[0] ?? '').replace(/\$2y\$.*$/m, HASH);

const PACKS = [read('packs/memory.yaml'), ...examplesOf('docs/packs.md').filter((text) => text.startsWith('pg_'))];

let written = 0;

/** What is wrong with a file, or nothing if it can be used; anything but walguard's own errors is thrown. */
function problemsOf(reading: (path: string) => unknown, name: string, text: string): readonly WalguardError[] {
  try {
    reading(files.write(`${name}-${++written % 10}.yml`, text));
    return [];
  } catch (thrown) {
    if (thrown instanceof WalguardErrors) return thrown.errors;
    if (thrown instanceof WalguardError) return [thrown];
    throw thrown;
  }
}

/** @returns how many of the cases were refused */
function tryAll(reading: (path: string) => unknown, name: string, texts: readonly string[]): number {
  let refused = 0;
  const ofIt: unknown = expect.stringContaining(name);
  const changes = fc.array(mutation, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.constantFrom(...texts), changes, (text, mutations) => {
      const problems = problemsOf(
        reading,
        name,
        mutations.reduce((changed, change) => change(changed), text),
      );
      if (problems.length > 0) refused++;
      for (const { code, message, hint, where } of problems) {
        expect(code).toMatch(/^(CONFIG|PACK)_/);
        // A file that is named in the one that was read is told by its own path.
        if (code !== 'CONFIG_FILE_UNREADABLE')
          expect(where).toMatchObject({ file: ofIt, line: anyNumber, column: anyNumber });
        expect(hint ?? '').not.toBe('');
        expect(`${message}${hint}`).not.toMatch(/[^\P{Cc}\n]/u);
        expect(`${message}${hint}`.length).toBeLessThan(9_000);
        expect(`${message}${hint}`).not.toContain(SECRET);
      }
    }),
    CASES,
  );
  return refused;
}

describe('a file that was written wrong is refused with places and cures, or read', () => {
  it.each([
    [
      'a configuration',
      'walguard',
      (path: string) => readSettings({ flags: { 'config.file': [path] }, collectorFlags: new Map(), env: {} }),
      [CONFIG, TARGETS],
    ],
    ['a web configuration', 'web', readWebConfig, [WEB]],
    ['a pack', 'pack', (path: string) => loadPack(path, readFileSync(path, 'utf8')), PACKS],
  ] as const)('%s, in 200 ways', (_what, name, reading, texts) => {
    for (const text of texts)
      expect(problemsOf(reading, name, text).map(({ message, where }) => [message, where])).toEqual([]);
    const refused = tryAll(reading, name, texts);
    // Both come about, or the changes are not what they should be.
    expect(refused).toBeGreaterThan(CASES.numRuns / 4);
    expect(refused).toBeLessThan(CASES.numRuns);
  });
});
