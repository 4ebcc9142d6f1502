import { describe, expect, it } from 'vitest';
import { labOf } from '../support/archiver-lab.ts';
import { playScenario } from '../support/archiver-run.ts';
import { ARCHIVER_SCENARIOS } from '../support/archiver-scenarios.ts';

/** A few of those that the project `archiver` plays on every major. */
const FEW = [
  'archive_command works',
  'exits with 1, and the statistics are reset',
  'is not found (exits with 127)',
  'hangs',
];

describe.concurrent.each([13, 18] as const)('a few states of the archiver of PostgreSQL %i', (major) => {
  const scenarios = ARCHIVER_SCENARIOS.filter(({ title }) => FEW.includes(title));

  it('are those of the table', () => {
    expect(scenarios).toHaveLength(FEW.length);
  });

  it.each(scenarios)('$title', { timeout: 240_000 }, async (scenario) => {
    await expect(playScenario(scenario, labOf(major))).resolves.toHaveLength(1);
  });
});
