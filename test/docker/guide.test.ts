import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { readCodeBlocks } from '../repo/markdown.ts';
import { readProjectFile } from '../repo/project.ts';
import type { BuiltImage } from '../support/docker-build.ts';
import { buildGuideImage, type GuideHost, startGuideHost } from '../support/guide-host.ts';

const blocks = readCodeBlocks(readProjectFile('docs/guide.md')).filter(({ language }) => language === 'sh');

/** The moment that the guide takes for an example. */
const EXAMPLE = '2026-11-22 10:00:00+01';

/** What Debian's cron runs every minute; a container has none. */
const BARMAN_CRON = 'cd /; sudo -u barman barman cron';

let image: BuiltImage;

beforeAll(async () => {
  image = await buildGuideImage();
}, 300_000);
afterAll(() => image?.[Symbol.asyncDispose]());

/** The commands of a section, as they stand. */
function commandsOf(heading: string): string {
  const found = blocks.filter((block) => block.heading === heading);
  if (found.length === 0) throw new Error(`docs/guide.md has no commands under "${heading}".`);
  return found.map(({ text }) => text).join('');
}

/** A mistake, in a transaction that is archived; returns a moment before it. */
async function loseEverything(host: GuideHost, cron: string): Promise<string> {
  await host.run('sleep 0.1');
  const moment = await host.ask('SELECT clock_timestamp()');
  await host.run('sleep 0.1');
  await host.ask('DELETE FROM orders');
  const segment = await host.ask('SELECT pg_walfile_name(pg_switch_wal())');
  const kept = '/srv/backups/wal /var/lib/pgbackrest/archive /var/lib/barman/main/wals';
  const isArchived = async (): Promise<boolean> =>
    (await host.run(`${cron}; find ${kept} -name '${segment}*' ! -name '*.copying' 2>&1 || true`)).includes(
      `/${segment}`,
    );
  await waitFor(`${segment} to be archived`, isArchived, 60_000);
  return moment;
}

describe('the guide to a tested restore', () => {
  it.concurrent.each([
    ['WAL in a folder', 'From a folder', 'true'],
    ['pgBackRest', 'With pgBackRest', 'true'],
    ['Barman', 'With Barman', BARMAN_CRON],
  ])(
    'leads from nothing to a server that was restored, by %s',
    async (tool, restore, cron) => {
      await using host = await startGuideHost(image);
      await host.ask('CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id');
      await host.run(commandsOf('Let walguard in') + commandsOf(tool));
      const said = await host.run(commandsOf('Prove it'));
      expect(said).toContain('\nRECOVERABLE - ');
      expect(said).toMatch(/^SUCCESS - drill \w+-\w+ of the repository main$/m);

      const moment = await loseEverything(host, cron);
      expect(await host.ask('SELECT count(*) FROM orders')).toBe('0');
      await host.run(commandsOf(restore).replace(EXAMPLE, moment));
      const isPrimary = async (): Promise<boolean> => /^ f$/m.test(await host.run(commandsOf('Then')));
      await waitFor('the end of recovery', isPrimary, 60_000);
      expect(await host.ask('SELECT count(*) FROM orders')).toBe('1000');
    },
    240_000,
  );

  it('has no commands but those', () => {
    const run = ['Let walguard in', 'WAL in a folder', 'pgBackRest', 'Barman', 'Prove it'];
    const restored = ['From a folder', 'With pgBackRest', 'With Barman', 'Then'];
    expect([...new Set(blocks.map(({ heading }) => heading))]).toEqual([...run, ...restored]);
  });
});
