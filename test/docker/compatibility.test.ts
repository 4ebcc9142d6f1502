import type { Client } from 'pg';
import { Network, type StartedNetwork } from 'testcontainers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { BUSY_SETTINGS, keepBusy } from '../support/busy-server.ts';
import { openTransaction, problemsOfEverything } from '../support/every-collector.ts';
import { type PostgresImage, startPostgresImage, startStandbyImage } from '../support/postgres-image.ts';

/** npm has the others, on which the integration tests do the same. */
const major = 19;

describe(`every collector of every pack on the image of PostgreSQL ${major}`, () => {
  let network: StartedNetwork;
  let primary: PostgresImage;
  let standby: PostgresImage;
  let clients: readonly Client[] = [];

  beforeAll(async () => {
    network = await new Network().start();
    const place = { network, alias: 'primary' };
    primary = await startPostgresImage(major, place, { ...BUSY_SETTINGS, autovacuum: 'on' });
    standby = await startStandbyImage(primary, place);
    await keepBusy((text) => primary.sql(text));
    await standby.sql('SELECT pg_stat_reset()');
    await standby.sql("SELECT pg_create_physical_replication_slot('of_standby', true)");
    clients = await Promise.all([primary, standby].map(({ superuserUrl }) => openTransaction(superuserUrl)));
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    await standby?.[Symbol.asyncDispose]();
    await primary?.[Symbol.asyncDispose]();
    await network?.stop();
  });

  it.each([
    { role: 'primary', user: 'monitor' },
    { role: 'primary', user: 'superuser' },
    { role: 'standby', user: 'monitor' },
    { role: 'standby', user: 'superuser' },
  ] as const)('succeeds as $user of a $role, with the families of postgres_exporter', async ({ role, user }) => {
    const server = role === 'primary' ? primary : standby;
    const url = user === 'monitor' ? server.monitorUrl : server.superuserUrl;

    expect(await problemsOfEverything(url, { major, role })).toEqual([]);
  });
});
