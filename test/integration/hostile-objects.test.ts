import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createMonitorRole, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { everyCollector } from '../support/coverage.ts';
import { valueOf, scrape } from '../support/http.ts';
import { succeededIn } from '../support/outcomes.ts';
import { startWalguard } from '../support/walguard.ts';

const EVERYTHING = everyCollector().map(({ name }) => `--collector.${name}`);

/** Whoever is made to call it is named in the server's log. */
const CANARY = `
  CREATE SCHEMA front;
  CREATE FUNCTION public.sing(what text) RETURNS text LANGUAGE plpgsql AS
    $$ BEGIN RAISE LOG 'canary % sings for %', what, current_user; RETURN what; END $$;
  GRANT ALL ON SCHEMA front, public TO PUBLIC;`;

/** Views in front of PostgreSQL's own, and a role and a database that look there first. */
const VIEWS = `
  CREATE VIEW front.pg_class AS SELECT public.sing('pg_class') AS relname;
  CREATE VIEW front.pg_stat_activity AS SELECT public.sing('pg_stat_activity') AS datname;
  CREATE VIEW front.pg_database AS SELECT public.sing('pg_database') AS datname;
  CREATE VIEW public.pg_stat_database AS SELECT public.sing('pg_stat_database') AS datname;
  ALTER ROLE walguard SET search_path = front, public, pg_catalog;
  ALTER DATABASE postgres SET search_path = front, public, pg_catalog;`;

/** A twin in public of each function that a query may call. */
const FUNCTIONS = `
  DO $$ DECLARE f record; BEGIN
    FOR f IN
      SELECT proname, pg_get_function_identity_arguments(oid) AS arguments, prorettype::regtype::text AS type FROM pg_proc
      WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND NOT proretset AND provariadic = 0
        AND prorettype <> ALL(ARRAY['internal', 'trigger']::regtype[])
        AND proname ~ '^(pg_|now|version|current_setting|round|age|length|to_timestamp|format|coalesce|greatest)'
    LOOP
      BEGIN
        EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql AS
          $f$ BEGIN PERFORM public.sing(%L); RETURN NULL; END $f$', f.proname, f.arguments, f.type, f.proname);
      EXCEPTION WHEN OTHERS THEN NULL; -- It takes or gives what only C can.
      END;
    END LOOP;
  END $$`;

/** Operators in public that fit better than those of PostgreSQL, which would convert first. */
const OPERATORS = `
  DO $$ DECLARE
    types text[] := ARRAY['name', 'text', 'oid', 'int4', 'int8', 'numeric', 'float8', '"char"', 'bool', 'timestamptz', 'xid',
      'pg_lsn', 'varchar', 'interval'];
    o text; f record; n int := 0;
  BEGIN
    FOREACH o IN ARRAY ARRAY['=', '<>', '<', '>', '+', '-', '*', '/', '||', '<=', '>='] LOOP
      FOR f IN SELECT a::regtype::text AS l, b::regtype::text AS r FROM unnest(types) AS a, unnest(types) AS b LOOP
        EXECUTE format('CREATE FUNCTION public.op_%s(%s, %s) RETURNS bool LANGUAGE plpgsql AS
          $f$ BEGIN PERFORM public.sing(%L); RETURN true; END $f$', n, f.l, f.r, concat_ws(' ', o, f.l, f.r));
        EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.op_%s)', o, f.l, f.r, n);
        n := n + 1;
      END LOOP;
    END LOOP;
  END $$`;

describe.each([13, 18] as const)('what others put into a scraped database of PostgreSQL %i', (major) => {
  let server: PostgresServer;
  let url: string;

  beforeAll(async () => {
    server = await startPostgres({ major, settings: { shared_preload_libraries: 'pg_stat_statements' } });
    url = await createMonitorRole(server);
    await server.sql('CREATE EXTENSION pg_stat_statements');
    for (const each of [CANARY, FUNCTIONS, OPERATORS, VIEWS]) await server.sql(each);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it('is there to be called by whoever looks for names in it', async () => {
    const [[made] = []] = await server.sql(
      `SELECT (SELECT count(*) FROM pg_operator WHERE oprnamespace = 'public'::regnamespace)::text`,
    );
    expect(Number(made)).toBeGreaterThan(2_000);
    await server.sql(`SELECT 1::int4 <= 2::numeric FROM front.pg_class`, 'postgres');
    expect(await server.log()).toContain('canary pg_class sings for');
  });

  it.each([
    ['by default', []],
    ['with every collector switched on', EVERYTHING],
  ])('never runs as the role of walguard %s, and costs no metric', async (_title, args) => {
    await using walguard = await startWalguard({ dataSourceName: url, args: [...args, '--scrape.timeout=60s'] });
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'pg_up')).toBe(1);
    expect(succeededIn(families)).toEqual(expect.arrayContaining(['stat_database', 'stat_activity', 'locks']));
    const sung = (await server.log()).split('\n').filter((line) => /canary .* sings for walguard/.test(line));
    expect(sung).toEqual([]);
  });
});
