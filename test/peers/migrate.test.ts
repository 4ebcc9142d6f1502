import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import type { MigrationReport, PageDifference } from '../../src/app/migrate/report.ts';
import { PEER_OF } from '../../src/app/migrate/translate.ts';
import { fetchText } from '../support/http.ts';
import { flagsOf, type Peer, pgExporterPack, startDefaultPostgresExporter, startPgExporter } from '../support/peers.ts';
import { type TemporaryFolder, temporaryFolder } from '../support/temporary-folder.ts';
import { runWalguard, startWalguard } from '../support/walguard.ts';

const PACK = `mine:
  query: SELECT datname, numbackends FROM pg_stat_database WHERE datname = current_database()
  metrics:
    - datname: {usage: LABEL, description: Database}
    - numbackends: {usage: GAUGE, description: Sessions}
`;

/** 0.19 puts it on what old parts of it give; walguard has it in a pack of its own. */
function isLabelServer({ kind, old }: PageDifference): boolean {
  return kind === 'labels' && old === 'server';
}

/** NULL of the server, for which both have a number and walguard no sample. */
function isNothing(page: string, { family }: PageDifference): boolean {
  const samples = page.split('\n').filter((line) => line.startsWith(family) && /^[{ ]/.test(line.slice(family.length)));
  return samples.length > 0 && samples.every((line) => / (?:0|NaN)$/.test(line));
}

describe('walguard migrate', () => {
  let server: PostgresServer;
  let url: string;
  let folder: TemporaryFolder;
  let pack: string;
  let open: Client;

  beforeAll(async () => {
    server = await startPostgres({ major: 16, databases: ['shop'] });
    url = await createMonitorRole(server);
    folder = await temporaryFolder();
    pack = await folder.write('mine.yaml', PACK);
    // Without one the other exporter tells of transactions at some moments only: when it meets its own.
    open = new Client(server.url());
    await open.connect();
    await open.query('BEGIN');
    await open.query('SELECT 1');
  });
  afterAll(async () => {
    await open?.end();
    await server?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  it.each(['postgres_exporter', 'pg_exporter'] as const)('knows every flag of %s', async (name) => {
    const known = new Set(PEER_OF[name].flags.map((flag) => flag.name));
    const flags = await flagsOf(name);
    expect(flags.length).toBeGreaterThan(15);
    expect(flags.filter((flag) => !known.has(flag))).toEqual([]);
  });

  async function migrate(args: readonly string[]): Promise<MigrationReport> {
    const { stdout, stderr } = await runWalguard(['migrate', '--json', ...args]);
    expect(stderr).toBe('');
    return JSON.parse(stdout) as MigrationReport;
  }

  /** What walguard's page lacks when it runs as it is told to, as far as the other page has more in it than nothing. */
  async function lostFrom(from: string, words: readonly string[], peer: Peer): Promise<readonly string[]> {
    const { command } = await migrate([`--from=${from}`, '--', ...words]);
    const args = command.filter((word) => !/^--(?:web.listen-address|log.format)=/.test(word));
    await using walguard = await startWalguard({ dataSourceName: url, args });
    // What is a rate, or is asked for in the background, is there from the second time on.
    for (const each of [peer.url, `${walguard.url}/metrics`]) await fetchText(each);
    const [old, fresh] = [await fetchText(peer.url), await fetchText(`${walguard.url}/metrics`)];
    const pages = [
      `--old-page=${await folder.write(`${from}-old.txt`, old.text)}`,
      `--new-page=${await folder.write(`${from}-new.txt`, fresh.text)}`,
    ];
    const { pages: differences = [] } = await migrate([`--from=${from}`, ...pages]);
    return differences
      .filter(
        (each) => each.kind !== 'new' && !isLabelServer(each) && !(each.kind === 'gone' && isNothing(old.text, each)),
      )
      .map(({ kind, family }) => `${kind} ${family}`);
  }

  it('leads from postgres_exporter to a page that has what it had', async () => {
    const words = [`--extend.query-path=${pack}`, '--collector.long_running_transactions', '--collector.postmaster'];
    await using peer = await startDefaultPostgresExporter(url, words);
    expect(await lostFrom('postgres_exporter', words, peer)).toEqual([]);
  });

  it('leads from pg_exporter to a page that has what it had', async () => {
    const words = [`--config=${pgExporterPack()}`, '--no-auto-discovery'];
    await using peer = await startPgExporter(url);
    expect(await lostFrom('pg_exporter', words, peer)).toEqual([]);
  });
});
