import { describe, expect, it } from 'vitest';
import { resolveTarget } from '../../../src/app/resolve-target.ts';
import type { DataSource } from '../../../src/config/data-source.ts';
import { errorsOf, problemsOf } from '../support/problems.ts';

const nothing: DataSource = { name: undefined, uri: undefined, user: undefined, password: undefined };

describe('the server to scrape', () => {
  it('is that of the connection string', () => {
    const source = { ...nothing, name: 'postgresql://walguard:secret@db:5433/app' };
    expect(resolveTarget(source, {})).toMatchObject({
      hosts: [{ name: 'db', port: 5433 }],
      user: 'walguard',
      password: 'secret',
      database: 'app',
    });
  });

  it('has the user and password given apart only where the connection string has none', () => {
    const apart = { ...nothing, user: 'apart', password: 'apart' };
    expect(resolveTarget({ ...apart, name: 'host=db' }, {})).toMatchObject({ user: 'apart', password: 'apart' });
    expect(resolveTarget({ ...apart, name: 'host=db user=inside' }, {})).toMatchObject({
      user: 'inside',
      password: 'apart',
    });
    expect(resolveTarget({ ...apart, name: 'postgresql://inside:inside@db' }, {})).toMatchObject({
      user: 'inside',
      password: 'inside',
    });
  });

  it('is that of the URI, with the user and password given apart as they are', () => {
    const source = { ...nothing, uri: 'db:5433/app?sslmode=disable', user: 'wal@guard', password: 'a%b/c?d' };
    expect(resolveTarget(source, {})).toMatchObject({
      hosts: [{ name: 'db', port: 5433 }],
      database: 'app',
      tls: { mode: 'disable' },
      user: 'wal@guard',
      password: 'a%b/c?d',
    });
  });

  it('has the user given apart rather than that of the URI', () => {
    expect(resolveTarget({ ...nothing, uri: 'inside@db', user: 'apart' }, {}).user).toBe('apart');
  });

  it.each(['postgresql://db/app', 'postgres://db/app', 'db/app'])('is that of the URI %s', (uri) => {
    expect(resolveTarget({ ...nothing, uri, user: 'walguard' }, {})).toMatchObject({
      hosts: [{ name: 'db' }],
      database: 'app',
    });
  });

  it('is that of the connection string rather than that of a URI', () => {
    expect(resolveTarget({ ...nothing, name: 'host=one', uri: 'two' }, {}).hosts[0].name).toBe('one');
  });

  it.each([
    ['PGHOST', 'db'],
    ['PGHOSTADDR', '10.0.0.1'],
  ])('is that of %s where no data source names one', (variable, host) => {
    const source = { ...nothing, password: 'secret' };
    expect(resolveTarget(source, { [variable]: host, PGUSER: 'walguard', PGPORT: '5433' })).toMatchObject({
      hosts: [{ name: host, port: 5433 }],
      user: 'walguard',
      password: 'secret',
    });
  });

  it('is not guessed', () => {
    expect(problemsOf(() => resolveTarget({ ...nothing, user: 'walguard' }, { PGHOST: '', PGUSER: 'x' })))
      .toMatchInlineSnapshot(`
      "TARGET_MISSING: no PostgreSQL server is named
        hint: Set DATA_SOURCE_NAME=postgresql://walguard:password@host:5432/postgres, or PGHOST and its companions."
    `);
  });

  it('is one', () => {
    const source = { ...nothing, name: 'postgresql://one/app,postgresql://two/app' };
    expect(problemsOf(() => resolveTarget(source, {}))).toMatchInlineSnapshot(`
      "TARGET_BAD_DSN: the connection string names several servers
        hint: Make each a target of the configuration file: docs/targets.md."
    `);
  });

  it('is not told with the secrets that name it', () => {
    const sources = [
      { ...nothing, name: 'postgresql://u:S3CRET@one/app,postgresql://u:S3CRET@two/app' },
      { ...nothing, name: 'postgresql://u:S3CRET@one:x/app' },
      { ...nothing, uri: 'u:S3CRET%@one' },
    ];
    for (const source of sources) {
      const [error] = errorsOf(() => resolveTarget(source, {}));
      expect(`${error?.message} ${error?.hint} ${String(error?.cause)}`).not.toContain('S3CRET');
    }
  });
});
