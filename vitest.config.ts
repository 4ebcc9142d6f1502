import { defineConfig } from 'vitest/config';

// .ci/run counts the tests from this file; see .ci/summary.mjs.
const resultsFile = process.env['TEST_RESULTS_FILE'];

/** Starts the servers of PostgreSQL that a whole run shares and prints which majors it uses. */
const globalSetup = './test/support/global-servers.ts';

const againstServers = { globalSetup, testTimeout: 120_000, hookTimeout: 180_000 };

export default defineConfig({
  test: {
    reporters: resultsFile === undefined ? ['default'] : ['default', ['json', { outputFile: resultsFile }]],
    maxWorkers: 2,
    provide: { updating: process.argv.includes('--update') },
    projects: [
      // Properties are tried a thousand times, also while other suites have the processors.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'repo', include: ['test/repo/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...againstServers } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...againstServers } },
      { test: { name: 'archiver', include: ['test/archiver/**/*.test.ts'], testTimeout: 900_000, maxConcurrency: 32 } },
      {
        test: {
          name: 'docker',
          include: ['test/docker/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 600_000,
          maxConcurrency: 16,
        },
      },
      { test: { name: 'pictures', include: ['test/pictures/**/*.test.ts'], ...againstServers } },
      { test: { name: 'peers', include: ['test/peers/**/*.test.ts'], ...againstServers } },
    ],
  },
});
