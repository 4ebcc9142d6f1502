import { describe, expect, it } from 'vitest';
import type { Collector } from '../../../src/core/collector.ts';
import type { TargetFacts } from '../../../src/core/facts.ts';
import { type OtherDatabases, otherDatabases } from '../../../src/scrape/databases.ts';
import { type Plan, planConsole, planScrape, samePlan, type Selection } from '../../../src/scrape/plan.ts';
import { collectorOf, idleDerived, idleQuery } from '../support/collectors.ts';
import { factsOf } from '../support/facts.ts';

const everything: Selection = { collect: undefined, exclude: new Set() };
const noOthers = otherDatabases([], 'postgres', { include: [], exclude: [] });
const collectors = [
  collectorOf('a'),
  collectorOf('b', 'version'),
  collectorOf('c', idleDerived),
  collectorOf('d'),
  collectorOf('e', 'rights'),
];

const nothing = { elsewhere: [], derived: [] };

function namesOf(plan: Plan): unknown {
  return {
    queries: plan.queries.map(({ collector }) => collector.name),
    derived: plan.derived.map(({ collector }) => collector.name),
    skipped: plan.skipped.map(({ collector, reason }) => `${collector.name}: ${reason}`),
  };
}

describe('the plan of a scrape', () => {
  it('has queries, what is derived afterwards, and what is skipped with the reason', () => {
    expect(namesOf(planScrape({ facts: factsOf({}), databases: noOthers }, collectors, everything))).toEqual({
      queries: ['a', 'd'],
      derived: ['c'],
      skipped: ['b: version', 'e: rights'],
    });
  });

  it('has the step that the collector chose for these facts', () => {
    const choosy: Collector = {
      ...collectorOf('choosy'),
      choose: ({ inRecovery }) => (inRecovery ? 'role' : { ...idleQuery, sql: 'SELECT 2' }),
    };
    expect(planScrape({ facts: factsOf({}), databases: noOthers }, [choosy], everything).queries[0]?.step.sql).toBe(
      'SELECT 2',
    );
    expect(
      planScrape({ facts: factsOf({ inRecovery: true }), databases: noOthers }, [choosy], everything).skipped,
    ).toEqual([{ collector: choosy, reason: 'role' }]);
  });

  it.each([
    ['all', { collect: undefined, exclude: [] }, ['a', 'b', 'c', 'd', 'e']],
    ['some', { collect: ['a', 'b'], exclude: [] }, ['a', 'b']],
    ['all but some', { collect: undefined, exclude: ['a', 'b'] }, ['c', 'd', 'e']],
    ['some but one of them', { collect: ['a', 'b'], exclude: ['b'] }, ['a']],
    ['none', { collect: [], exclude: [] }, []],
  ])('concerns %s as the request says', (_what, { collect, exclude }, expected) => {
    const selection = { collect: collect === undefined ? undefined : new Set(collect), exclude: new Set(exclude) };
    const { queries, derived, skipped } = planScrape(
      { facts: factsOf({}), databases: noOthers },
      collectors,
      selection,
    );
    const named = [...queries, ...derived, ...skipped].map(({ collector }) => collector.name);
    expect(named.toSorted()).toEqual(expected);
  });

  it('does not ask a collector that is not wanted what it would do', () => {
    const asked: string[] = [];
    const watched = ['a', 'b'].map((name): Collector => ({
      ...collectorOf(name),
      choose: () => {
        asked.push(name);
        return 'version';
      },
    }));
    planScrape({ facts: factsOf({}), databases: noOthers }, watched, { collect: new Set(['b']), exclude: new Set() });
    expect(asked).toEqual(['b']);
  });
});

describe('the plan of a scrape of several databases', () => {
  const names = ['app', 'app_old', 'postgres', 'queue'];
  const only = (database: string): Collector => ({
    ...collectorOf('named'),
    databases: 'named',
    choose: (facts) => (facts.database === database ? { ...idleQuery, databases: 'named' } : 'database'),
  });
  const included: Collector = collectorOf('included', { ...idleQuery, databases: 'included' });
  const perDatabase: Collector = { ...included, databases: 'included' };

  function placesOf(collector: Collector, others: OtherDatabases): unknown {
    const { queries, elsewhere, skipped } = planScrape(
      { facts: factsOf({}), databases: others },
      [collectorOf('once'), collector],
      everything,
    );
    const all = [...queries, ...elsewhere.flatMap((database) => database.queries)];
    const places = all
      .filter(({ collector: { name } }) => name === collector.name)
      .map(({ place }) => `${place?.database ?? 'once'}${place?.isHome === true ? ' at home' : ''}`);
    return { places, elsewhere: elsewhere.map(({ database }) => database), skipped: skipped.length };
  }

  it.each([
    [['*'], [], ['postgres at home', 'app', 'app_old', 'queue']],
    [['app*'], ['*_old'], ['postgres at home', 'app']],
    [['queue', 'gone'], [], ['postgres at home', 'queue']],
    [['*'], ['*'], ['postgres at home']],
    [[], [], ['once']],
  ])('includes %j and excludes %j for the collectors of single databases', (include, exclude, places) => {
    const elsewhere = places.slice(1);
    expect(placesOf(perDatabase, otherDatabases(names, 'postgres', { include, exclude }))).toEqual({
      places,
      elsewhere,
      skipped: 0,
    });
  });

  it('has a query that names its databases in these, whether they are included or not, unless they are excluded', () => {
    const here = { places: [], elsewhere: [], skipped: 1 };
    const there = { places: ['queue at home'], elsewhere: ['queue'], skipped: 0 };
    expect(placesOf(only('queue'), otherDatabases(names, 'postgres', { include: [], exclude: [] }))).toEqual(there);
    expect(placesOf(only('queue'), otherDatabases(names, 'postgres', { include: ['app'], exclude: [] }))).toEqual(
      there,
    );
    expect(placesOf(only('queue'), otherDatabases(names, 'postgres', { include: [], exclude: ['q*'] }))).toEqual(here);
    expect(placesOf(only('gone'), otherDatabases(names, 'postgres', { include: ['*'], exclude: [] }))).toEqual(here);
  });

  it('has what concerns the whole server once', () => {
    const others = otherDatabases(names, 'postgres', { include: ['*'], exclude: [] });
    expect(placesOf(collectorOf('server'), others)).toEqual({ places: ['once'], elsewhere: [], skipped: 0 });
  });
});

describe('a collector of one kind of target', () => {
  const onConsole = { ...collectorOf('ours', 'pgbouncer'), chooseOnConsole: () => idleQuery, only: 'console' } as const;
  const onServer = { ...collectorOf('theirs'), only: 'server' } as const;
  const ofUser = collectorOf('yours');
  const all = [onConsole, onServer, ofUser];
  const server = { facts: factsOf({}), databases: noOthers };
  const console = { version: 11_800, user: 'stats' };

  it('is not even skipped on the other, as those of a user are', () => {
    expect(namesOf(planScrape(server, all, everything))).toEqual({
      queries: ['theirs', 'yours'],
      derived: [],
      skipped: [],
    });
    expect(namesOf({ ...nothing, ...planConsole(console, all, everything) })).toEqual({
      queries: ['ours'],
      derived: [],
      skipped: ['yours: pgbouncer'],
    });
  });

  it('is skipped where a request names it', () => {
    const named: Selection = { collect: new Set(['ours', 'theirs']), exclude: new Set() };
    expect(planScrape(server, all, named).skipped).toEqual([{ collector: onConsole, reason: 'pgbouncer' }]);
    expect(planConsole(console, all, named).skipped).toEqual([{ collector: onServer, reason: 'pgbouncer' }]);
  });
});

describe('a plan that was made before', () => {
  const before = factsOf({});

  it.each<Partial<TargetFacts>>([
    { version: 170_003 },
    { inRecovery: true },
    { readsAllStats: false },
    { listsArchiveStatus: false },
    { walSegmentBytes: 1_048_576 },
  ])('does not hold when the facts changed in %o', (change) => {
    expect(samePlan(before, factsOf(change))).toBe(false);
    expect(samePlan(factsOf(change), before)).toBe(false);
  });

  it.each<Partial<TargetFacts>>([
    {},
    { timeline: 2 },
    { systemIdentifier: '1' },
    { startTimeSeconds: 5 },
    { versionText: 'x' },
  ])('holds when they changed in %o, which no collector looks at', (change) => {
    expect(samePlan(before, factsOf(change))).toBe(true);
  });
});
