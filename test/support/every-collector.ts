import { Client } from 'pg';
import { compatibilityProblems, type Place } from './compatibility.ts';
import { everyCollector } from './coverage.ts';
import { samplesOf, scrape } from './http.ts';
import { failedIn } from './outcomes.ts';
import { startWalguard } from './walguard.ts';

const EVERYTHING = everyCollector().map(({ name }) => `--collector.${name}`);

/**
 * Scrapes a server with every collector of every pack, and says what is wrong, a line each: collectors that fail or are
 * skipped for want of rights, and what postgres_exporter has and walguard has not.
 */
export async function problemsOfEverything(url: string, place: Place): Promise<readonly string[]> {
  await using walguard = await startWalguard({ dataSourceName: url, args: EVERYTHING });
  const { families } = await scrape(`${walguard.url}/metrics`);
  const skipped = samplesOf(families, 'walguard_collector_skipped').filter(
    ({ labels }) => labels['reason'] !== 'version' && labels['reason'] !== 'role',
  );
  return [
    ...failedIn(families).map((name) => `${name} failed: ${walguard.stderr}`),
    ...skipped.map(({ labels }) => `${labels['collector']} was skipped: ${labels['reason']}`),
    ...compatibilityProblems(families, place),
  ];
}

/** A transaction stays open on the server until the client ends. */
export async function openTransaction(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, ssl: false });
  client.on('error', () => undefined);
  await client.connect();
  await client.query('BEGIN; SELECT 1');
  return client;
}
