import { describe, expect, it } from 'vitest';

import { isHidden, nameReader } from '../../../src/backup/pg-dump/names.ts';

const guess = nameReader([]);

describe('the name of a dump', () => {
  it.each([
    ['app.dump', 'app'],
    ['app.sql.gz', 'app'],
    ['app-2026-11-22.sql.gz', 'app'],
    ['app_20261122_0300.dump', 'app'],
    ['app_2026-11-22T03:00:00+01:00.dump', 'app'],
    ['app_2026-11-22_03h00m.Sunday.sql.gz', 'app'],
    ['app.2026.11.22.sql.zst.gpg', 'app'],
    ['2026-11-22-app.sql', 'app'],
    ['20261122T030000Z_app.dump', 'app'],
    ['my-app_v2-2026-11-22.tar', 'my-app_v2'],
    ['2026-11-22/app.dump', 'app'],
    ['app/2026-11-22.dump', 'app'],
    ['app/daily/20261122-0300.sql.gz', 'daily'],
    ['2026-11-22.sql', undefined],
    ['a name with\na line 2026-11-22.sql', 'a name with\na line'],
  ])('%j is of database %j', (path, datname) => {
    expect(guess(path)).toMatchObject({ datname, isCertain: false, looksLikeDump: true });
  });

  it.each([
    ['README', false],
    ['app.sql.bz2', true],
    ['app.pgdump', true],
    ['app.gz', false],
    ['app.dump.age', true],
    ['app.png', false],
  ])('%s is one by its ending: %s', (path, looksLikeDump) => {
    expect(guess(path)?.looksLikeDump).toBe(looksLikeDump);
  });

  it.each([
    ['.app.dump.Xy12', true],
    ['app.dump.part', true],
    ['app.dump.md5', true],
    ['app.dump', false],
    ['part.dump', false],
  ])('%s is left alone: %s', (name, hidden) => {
    expect(isHidden(name)).toBe(hidden);
  });

  it.each([
    ['{datname}-{date}.sql.gz', 'my-app-2-2026-11-22.sql.gz', 'my-app-2'],
    ['{datname}-{date}.sql.gz', 'my-app-20261122_0300.sql.gz', 'my-app'],
    ['backup_{datname}_*.dump', 'backup_app_monday.dump', 'app'],
    ['daily/{datname}/*', 'daily/app/x.bin', 'app'],
    ['{datname}.[0-9]', 'a.b.7', 'a.b'],
    ['{datname}(+).dump', 'app(+).dump', 'app'],
  ])('read by %s, %s is of %s', (pattern, path, datname) => {
    expect(nameReader([pattern])(path)).toMatchObject({ datname, isCertain: true, looksLikeDump: true });
  });

  it('that matches no pattern is none of a dump', () => {
    const read = nameReader(['{datname}-{date}.sql.gz', 'x/{datname}.dump']);
    expect(read('app.sql.gz')).toBeUndefined();
    expect(read('app.dump')).toBeUndefined();
    expect(read('y/app-2026-11-22.sql.gz')?.datname).toBe('app');
  });
});
