import type { PostgresServer } from '../../servers/index.ts';

/** A collector `gate` that gives pg_gate_passed once the gate is open; while it is closed its query runs and runs. */
export const gatePack = `
pg_gate:
  query: SELECT pass_gate() AS passed
  timeout: 100
  metrics:
    - passed: {usage: GAUGE}
`;

/** A query that ends when a test says so: a scrape can be held in its middle without a guess at how long that takes. */
export interface Gate {
  readonly close: () => Promise<void>;
  readonly open: () => Promise<void>;
  /** Waits until someone stands before the closed gate. */
  readonly waitForQueue: () => Promise<void>;
}

/** The gate of a server; what it needs is made on the server, or came to a standby from its primary. */
export async function createGate(server: PostgresServer): Promise<Gate> {
  await server.sql(`
    CREATE TABLE gate_closed (since timestamptz);
    GRANT SELECT ON gate_closed TO PUBLIC;
    CREATE FUNCTION pass_gate() RETURNS int LANGUAGE plpgsql AS $$
    BEGIN
      WHILE EXISTS (SELECT FROM gate_closed) LOOP
        PERFORM pg_sleep(0.01);
      END LOOP;
      RETURN 1;
    END $$`);
  return gateOf(server);
}

/** The gate that a standby has from its primary; it can be opened and closed there only after a promotion. */
export function gateOf(server: PostgresServer): Gate {
  return {
    close: async () => void (await server.sql('INSERT INTO gate_closed VALUES (now())')),
    open: async () => void (await server.sql('DELETE FROM gate_closed')),
    waitForQueue: () =>
      server.waitForSql(
        `EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE '%pass_gate()%' AND wait_event = 'PgSleep')`,
      ),
  };
}
