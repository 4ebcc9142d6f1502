import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Fleet } from '../../../src/app/fleet.ts';
import { createReload } from '../../../src/app/reload.ts';
import { readSettings } from '../../../src/config/settings.ts';
import type { ServedServer } from '../../../src/http/served.ts';
import { createInstruments } from '../../../src/self/instruments.ts';
import { mutation } from '../support/mutations.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();
const CASES = { numRuns: Number(process.env['MUTATIONS'] ?? 200), seed: Number(process.env['SEED'] ?? 7) };
const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const build = { version: '1.2.3', revision: 'x' };

const CONFIG = `scrape: {timeout: 8s}
collector: {locks: false}
repositories:
  main:
    archive: {method: directory, path: /mnt/archive}
targets:
  one:
    data_source: {name: host=db1 user=walguard password=secret}
    labels: {cluster: shop}
    recoverability: {rpo: 5m, repositories: [main]}
  two:
    data_source: {uri: 'db2:5432/postgres', user: walguard, pass: secret}
    scrape: {connections: 1}
  three:
    data_source: {name: host=db3 user=walguard}
    databases: {include: ['*']}
auth_modules:
  some:
    type: userpass
    userpass: {username: walguard, password: secret}
    targets: ['db4:5432']
`;

/** What is to be the same when nothing was taken up: the servers themselves, their labels, and what may be probed. */
function stateOf(fleet: Fleet): readonly unknown[] {
  const probed = ['db4:5432', 'db5:5432'].map((place) => {
    const found = fleet.probe(place, 'some');
    return 'reason' in found ? found.status : found.name;
  });
  return [...fleet.targets().map((server: ServedServer) => [server, server.labels]), fleet.only(), ...probed];
}

describe('a reload', () => {
  it('of a file that was changed in 200 ways takes it up whole, or leaves everything as it was', async () => {
    const path = files.write('walguard.yml', CONFIG);
    const sources = { flags: { 'config.file': [path] }, collectorFlags: new Map(), env: {} };
    const instruments = createInstruments(build);
    const settings = readSettings(sources);
    let refused = 0;
    let changed = 0;
    let isAsAtFirst = true;
    await using fleet = new Fleet({ env: {}, build, log, instruments });
    fleet.load(settings);
    const reload = createReload(sources, settings, { fleet, instruments, log });
    const changes = fc.array(mutation, { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(changes, async (mutations) => {
        // What was refused has left this one.
        if (!isAsAtFirst) {
          files.write('walguard.yml', CONFIG);
          expect(await reload()).toEqual([]);
        }
        const before = stateOf(fleet);
        files.write(
          'walguard.yml',
          mutations.reduce((text, change) => change(text), CONFIG),
        );
        const problems = await reload();
        const loaded = (await instruments.read()).find(
          ({ family }) => family.name === 'walguard_config_last_reload_successful',
        );
        expect(loaded?.samples.map(({ value }) => value)).toEqual([problems.length === 0 ? 1 : 0]);
        isAsAtFirst = problems.length > 0;
        if (problems.length > 0) {
          refused++;
          expect(stateOf(fleet)).toEqual(before);
          return;
        }
        changed++;
        const names = readSettings(sources).targets.map(({ name }) => name);
        expect(fleet.targets().map(({ name }) => name)).toEqual(names);
      }),
      CASES,
    );
    // Both come about, or the changes are not what they should be.
    expect(refused).toBeGreaterThan(CASES.numRuns / 10);
    expect(changed).toBeGreaterThan(CASES.numRuns / 10);
  });

  it('leaves the servers alone whose settings did not change, and takes up their labels', async () => {
    const path = files.write('walguard.yml', CONFIG);
    const sources = { flags: { 'config.file': [path] }, collectorFlags: new Map(), env: {} };
    const instruments = createInstruments(build);
    const settings = readSettings(sources);
    await using fleet = new Fleet({ env: {}, build, log, instruments });
    fleet.load(settings);
    const [one, two, three] = fleet.targets();
    const probed = fleet.probe('db4:5432', 'some');
    files.write(
      'walguard.yml',
      `# A line more.\n${CONFIG.replace('cluster: shop', 'cluster: till').replace('pass: secret', 'pass: other').replace("['*']", "['a*']")}`,
    );
    expect(await createReload(sources, settings, { fleet, instruments, log })()).toEqual([]);
    const now = fleet.targets();
    expect(now[0] === one && now[1] === two).toBe(true);
    expect(now[0]?.labels).toEqual({ cluster: 'till' });
    expect(now[2] === three).toBe(false);
    expect(fleet.probe('db4:5432', 'some') === probed).toBe(true);
    files.write('walguard.yml', CONFIG.replace('db4:5432', 'db6:5432'));
    expect(await createReload(sources, settings, { fleet, instruments, log })()).toEqual([]);
    expect(fleet.probe('db4:5432', 'some')).toMatchObject({ status: 403 });
  });
});
