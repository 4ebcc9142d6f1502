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
  /** Waits until someone stands before the closed gate and has no other query under way. */
  readonly waitForQueue: () => Promise<void>;
}

const queueAlone = `
  (SELECT bool_and(query LIKE '%pass_gate()%' AND wait_event = 'PgSleep')
   FROM pg_stat_activity WHERE application_name = 'walguard' AND state = 'active')`;

/** Makes what the gate needs on a server and returns the gate, open. */
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
  return {
    close: async () => void (await server.sql('INSERT INTO gate_closed VALUES (now())')),
    open: async () => void (await server.sql('DELETE FROM gate_closed')),
    waitForQueue: () => server.waitForSql(queueAlone),
  };
}
