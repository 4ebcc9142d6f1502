import { describe, it } from 'vitest';
import { labOf } from '../support/archiver-lab.ts';
import { playScenario } from '../support/archiver-run.ts';
import { ARCHIVER_SCENARIOS } from '../support/archiver-scenarios.ts';

describe.each([13, 14, 15, 18] as const)('the archiver of PostgreSQL %i', (major) => {
  const scenarios = ARCHIVER_SCENARIOS.filter(({ since = 13 }) => since <= major);
  it.concurrent.each(scenarios)('$title', async (scenario) => {
    console.log(major, scenario.title, JSON.stringify(await playScenario(scenario, labOf(major))));
  });
});
