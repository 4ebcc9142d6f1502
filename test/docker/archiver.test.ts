import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImageLab, startImageLab } from '../support/archiver-lab-image.ts';
import { ArchiverRecorder, shownStates } from '../support/archiver-record.ts';
import { playScenario } from '../support/archiver-run.ts';
import { ARCHIVER_SCENARIOS } from '../support/archiver-scenarios.ts';

describe.concurrent('the archiver of PostgreSQL 19 in a container', () => {
  const recorder = new ArchiverRecorder(19);
  let lab: ImageLab;

  beforeAll(async () => {
    lab = await startImageLab(19);
  });

  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
    recorder.close();
  });

  it.each(ARCHIVER_SCENARIOS)('$title', { timeout: 600_000 }, async (scenario) => {
    const measured = await playScenario(scenario, (settings) => lab.start(settings));
    expect(shownStates(measured)).toEqual(recorder.take(scenario.title, measured));
  });
});
