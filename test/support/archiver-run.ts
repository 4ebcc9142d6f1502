import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ArchiverState } from '../../src/collectors/archiver/state.ts';
import { waitFor } from '../../servers/index.ts';
import type { LabServer, StartLabServer } from './archiver-lab.ts';
import { checkNumbers } from './archiver-numbers.ts';
import { type Phase, type Scenario, STALLED_AFTER_SECONDS } from './archiver-scenarios.ts';
import { ArchiverWatch } from './archiver-watch.ts';
import { startWalguard } from './walguard.ts';

/** States in the order they were shown after the last act, each with the seconds since; one that stayed has none. */
export type Measured = readonly { readonly state: ArchiverState; readonly seconds?: number }[];

const DEFAULT_HOLD_SECONDS = 5;

/** Plays a scenario on a server of its own, and throws where walguard shows another state or number than it must. */
export async function playScenario(scenario: Scenario, start: StartLabServer): Promise<Measured> {
  await using server = await start(scenario.settings ?? {});
  const other = await scenario.prepare?.(server);
  await using watched = other ?? ownedElsewhere(server);
  const args = [`--archiver.stalled-after=${STALLED_AFTER_SECONDS}s`];
  await using walguard = await startWalguard({ dataSourceName: watched.monitorUrl, args });
  await using watch = new ArchiverWatch(walguard.url);
  const first = scenario.first?.(server.major) ?? 'ok';
  await waitFor(`the state ${first} before anything is done`, () => lastState(watch) === first, 40_000);
  const untilFirst = watch.pathSince(0).map(({ state, atMs }) => ({ state, seconds: secondsBetween(watch, atMs) }));
  await waitFor('three looks', () => watch.looks.length >= 3);
  let measured: Measured = untilFirst;
  for (const phase of scenario.phases) {
    // oxlint-disable-next-line no-await-in-loop -- one act after the other is what a scenario is
    const path = await playPhase(phase, watched, watch);
    measured = path.length > 0 ? path : untilFirst.length > 1 ? untilFirst : [{ state: lastState(watch) ?? 'ok' }];
  }
  await checkNumbers(watched, watch);
  return measured;
}

async function playPhase(phase: Phase, server: LabServer, watch: ArchiverWatch): Promise<Measured> {
  const before = lastState(watch);
  const expected = phase.path(server.major);
  const final = expected.at(-1) ?? before;
  const began = performance.now();
  await phase.act(server);
  const shown = (): readonly ArchiverState[] => {
    const path = watch.pathSince(began).map(({ state }) => state);
    return path[0] === before ? path.slice(1) : path;
  };
  await waitFor(
    `the state ${final}; shown were ${before}, ...`,
    () => lastState(watch) === final && (watch.looks.at(-1)?.atMs ?? 0) > began,
    phase.withinSeconds * 1_000,
  ).catch((error: unknown) => {
    throw new Error(`Not ${final} within ${phase.withinSeconds} s but ${[before, ...shown()].join(', ')}.`, {
      cause: error,
    });
  });
  await sleep((phase.holdSeconds ?? DEFAULT_HOLD_SECONDS) * 1_000);
  expect(shown(), `after ${before}`).toEqual(expected);
  return watch
    .pathSince(began)
    .filter(({ state }, index) => index > 0 || state !== before)
    .map(({ state, atMs }) => ({ state, seconds: Math.round((atMs - began) / 1_000) }));
}

function lastState(watch: ArchiverWatch): ArchiverState | undefined {
  return watch.looks.at(-1)?.state;
}

function secondsBetween(watch: ArchiverWatch, atMs: number): number {
  return Math.round((atMs - (watch.looks[0]?.atMs ?? atMs)) / 1_000);
}

/** The same server, for whom disposing of it is another's work. */
function ownedElsewhere(server: LabServer): LabServer {
  return { ...server, [Symbol.asyncDispose]: async () => {} };
}
