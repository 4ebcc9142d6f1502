import { describe, expect, it } from 'vitest';

import { DumpScript } from '../../../src/backup/pg-dump/script.ts';
import { needsOf } from '../../../src/backup/pg-dump/script-names.ts';

interface Ran {
  readonly text: string;
  readonly roles: readonly string[];
  readonly tablespaces: readonly string[];
}

/** What becomes of a script that comes in pieces of so many bytes. */
function run(script: string, options: { readonly isCluster: boolean; readonly pieceBytes?: number }): Ran {
  const { isCluster, pieceBytes = 1_000_000 } = options;
  const reader = new DumpScript({ user: 'postgres', isCluster });
  const bytes = Buffer.from(script);
  const all = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) all.push(reader.add(bytes.subarray(at, at + pieceBytes)));
  all.push(reader.finish());
  return {
    text: Buffer.concat(all.map((each) => each.bytes)).toString('utf8'),
    roles: all.flatMap(({ needs }) => needs.roles),
    tablespaces: all.flatMap(({ needs }) => needs.tablespaces),
  };
}

const CLUSTER = `--
-- PostgreSQL database cluster dump
--
CREATE ROLE "ex ""tra";
ALTER ROLE "ex ""tra" WITH NOSUPERUSER;
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER;
GRANT pg_monitor TO "ex ""tra" GRANTED BY postgres;
CREATE TABLESPACE fast OWNER "ex ""tra" LOCATION '/mnt/fast';
ALTER TABLESPACE fast SET (seq_page_cost=2);
-- Databases
\\connect template1
CREATE ROLE postgres;
GRANT ALL ON SCHEMA public TO "ex ""tra";
GRANT ALL ON SCHEMA public TO stranger;
`;

const ROWS = `SET default_tablespace = "my place";
COPY public.orders (id, note) FROM stdin;
1\tALTER TABLE x OWNER TO nobody;
GRANT ALL ON x TO nobody;
\\.x
\\.

COPY public.empty (id) FROM stdin;
\\.
ALTER TABLE public.orders OWNER TO somebody;
`;

describe('the script of a dump', () => {
  it('loses the superuser that is there and the folders of tablespaces, but only among its roles', () => {
    const { text, roles, tablespaces } = run(CLUSTER, { isCluster: true });
    const [globals = '', rest = ''] = CLUSTER.split('-- Databases');
    const kept = globals.replace('CREATE ROLE postgres;\n', '').replace(/CREATE TABLESPACE.*\n/, '');
    expect(text).toBe(`${kept}-- Databases${rest}`);
    expect([roles, tablespaces]).toEqual([['stranger'], ['fast']]);
  });

  it('is handed on as it is, its rows unread, in whatever pieces it comes', () => {
    for (let pieceBytes = 1; pieceBytes < 60; pieceBytes++) {
      expect(run(ROWS, { isCluster: false, pieceBytes })).toEqual({
        text: ROWS,
        roles: ['somebody'],
        tablespaces: ['my place'],
      });
      expect(run(CLUSTER, { isCluster: true, pieceBytes }).roles).toEqual(['stranger']);
    }
  });

  it('may have lines that are longer than any statement that names something', () => {
    const long = `INSERT INTO x VALUES ('${'y'.repeat(300_000)}');\nALTER TABLE x OWNER TO somebody;\n`;
    expect(run(long, { isCluster: false, pieceBytes: 50_000 })).toEqual({
      text: long,
      roles: ['somebody'],
      tablespaces: [],
    });
  });

  it('tells its last bytes, in which a dump says that it is whole', () => {
    const reader = new DumpScript({ user: 'postgres', isCluster: false });
    for (const piece of ['x'.repeat(5_000), 'the ', 'end']) reader.add(Buffer.from(piece));
    expect(reader.tail).toHaveLength(4_096);
    expect(reader.tail.toString().endsWith('xthe end')).toBe(true);
  });
});

describe('a line of a script', () => {
  it.each([
    ['ALTER TABLE public.t OWNER TO alice;', ['alice']],
    ['ALTER LARGE OBJECT 16390 OWNER TO "Al ice";', ['Al ice']],
    ['GRANT SELECT(id),UPDATE ON TABLE public.t TO alice WITH GRANT OPTION;', ['alice']],
    ['GRANT a TO b WITH ADMIN OPTION, INHERIT TRUE GRANTED BY c;', ['b', 'c']],
    ['GRANT USAGE ON SCHEMA public TO PUBLIC;', []],
    ['REVOKE ALL ON SCHEMA public FROM alice;', ['alice']],
    ['ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA s GRANT SELECT ON TABLES TO b;', ['a', 'b']],
    ['ALTER DEFAULT PRIVILEGES FOR ROLE a REVOKE ALL ON FUNCTIONS FROM PUBLIC;', ['a']],
    ['CREATE POLICY p ON public.t TO a, "b,c" USING ((id > 0));', ['a', 'b,c']],
    ['CREATE POLICY p ON public.t USING (true);', []],
    ['CREATE USER MAPPING FOR alice SERVER far OPTIONS (', ['alice']],
    ["SET SESSION AUTHORIZATION 'alice';", ['alice']],
    ['ALTER ROLE alice IN DATABASE app SET work_mem TO 1;', ['alice']],
    ['SELECT 1; -- OWNER TO alice;', []],
  ])('%s names %j', (line, roles) => {
    expect(needsOf(line).roles).toEqual(roles);
  });
});
