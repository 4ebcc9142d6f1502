import { afterAll, describe, expect, it } from 'vitest';
import { labOf } from '../support/archiver-lab.ts';
import { ArchiverRecorder, shownStates } from '../support/archiver-record.ts';
import { playScenario } from '../support/archiver-run.ts';
import { ARCHIVER_SCENARIOS } from '../support/archiver-scenarios.ts';

describe.concurrent.each([13, 14, 15, 18] as const)('the archiver of PostgreSQL %i', (major) => {
  const recorder = new ArchiverRecorder(major);
  const scenarios = ARCHIVER_SCENARIOS.filter(({ since = 13 }) => since <= major);

  afterAll(() => recorder.close());

  it.each(scenarios)('$title', async (scenario) => {
    const measured = await playScenario(scenario, labOf(major));
    expect(shownStates(measured)).toEqual(recorder.take(scenario.title, measured));
  });
});
