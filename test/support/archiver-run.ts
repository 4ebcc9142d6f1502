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

/** Servers and walguards that start at a time: more would only keep the processor from those that are watched. */
const MOST_STARTS = 3;
let starts = 0;

/** Plays a scenario on a server of its own, and throws where walguard shows another state or number than it must. */
export async function playScenario(scenario: Scenario, start: StartLabServer): Promise<Measured> {
  await using stage = await inTurn(() => setStage(scenario, start));
  const { server, watch } = stage;
  const first = scenario.first?.(server.major) ?? 'ok';
  await waitFor(`the state ${first} before anything is done`, () => lastState(watch) === first, 60_000);
  const untilFirst = watch.pathSince(0).map(({ state, atMs }) => ({ state, seconds: secondsBetween(watch, atMs) }));
  await waitFor('three looks', () => watch.looks.length >= 3, 60_000);
  let measured: Measured = [];
  for (const phase of scenario.phases) {
    measured = await playPhase(phase, server, watch);
  }
  await checkNumbers(server, watch);
  if (measured.length > 0) return measured;
  return scenario.tellsStart === true && untilFirst.length > 1 ? untilFirst : [{ state: lastState(watch) ?? first }];
}

interface Stage extends AsyncDisposable {
  readonly server: LabServer;
  readonly watch: ArchiverWatch;
}

async function setStage({ settings, prepare }: Scenario, start: StartLabServer): Promise<Stage> {
  const parts: AsyncDisposable[] = [];
  const dispose = async (): Promise<void> => {
    const last = parts.pop();
    await last?.[Symbol.asyncDispose]();
    if (last !== undefined) await dispose();
  };
  try {
    const primary = await start(settings ?? {});
    parts.push(primary);
    const standby = await prepare?.(primary);
    if (standby !== undefined) parts.push(standby);
    const server = standby ?? primary;
    const args = [`--archiver.stalled-after=${STALLED_AFTER_SECONDS}s`];
    const walguard = await startWalguard({ dataSourceName: server.monitorUrl, args, readyTimeoutMs: 60_000 });
    const watch = new ArchiverWatch(walguard.url);
    parts.push(walguard, watch);
    return { server, watch, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function inTurn<T>(run: () => Promise<T>): Promise<T> {
  await waitFor('a turn to start', () => starts < MOST_STARTS, 600_000);
  starts += 1;
  try {
    return await run();
  } finally {
    starts -= 1;
  }
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
