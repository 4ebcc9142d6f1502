// Counts what .ci/run ran: node .ci/summary.mjs FOLDER
//
// FOLDER holds steps.tsv (name, exit code, seconds) and for each suite of tests the report of vitest's JSON reporter.
// Prints a table, the failures by name, and last, alone on its line, `N passed, N failed`. Exits 3 if something
// failed. Every test of a suite counts as one, a check as one, a step that only prepares counts where it fails.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const NODES = [20, 22, 24, 26].map((major) => `test-node-${major}`);

/** Suites of tests, and the folders of which each must have run at least one file. */
const SUITES = new Map([
  ['test', ['test/unit/', 'test/repo/', 'test/integration/']],
  ...NODES.map((name) => [name, ['test/unit/', 'test/integration/']]),
  ['archiver', ['test/archiver/']],
  ['e2e', ['test/e2e/']],
  ['e2e-prometheus-3', ['test/e2e/']],
  ['peers', ['test/peers/']],
  ['docker', ['test/docker/']],
]);
const CHECKS = new Set(['lint', 'typecheck', 'format', 'knip']);
/** Steps that must have been reached, however the run ended. */
const REQUIRED = ['test', ...CHECKS, ...NODES, 'archiver', 'e2e', 'docker'];

const folder = process.argv[2] ?? 'build/ci';
const steps = readFileSync(join(folder, 'steps.tsv'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.split('\t'))
  .map(([name, exitCode, seconds]) => ({ name, exitCode: Number(exitCode), seconds: Number(seconds) }));

const AGAIN = '-again';
/** What passed only at the second try. */
const unsteady = [];
const rows = steps.map((step) => ({ ...step, ...judge(step) }));
for (const name of REQUIRED.filter((required) => steps.every((step) => step.name !== required))) {
  rows.push({ name, seconds: 0, passed: 0, failures: [`${name} did not run`] });
}

const width = Math.max(...rows.map(({ name }) => name.length));
console.log(`\n${'step'.padEnd(width)}  seconds   passed   failed`);
for (const { name, seconds, passed, failures } of rows) {
  const counts = [seconds, passed, failures.length].map((count) => String(count).padStart(7)).join('  ');
  console.log(`${name.padEnd(width)}  ${counts}`);
}
console.log(unsteady.map((test) => `\nUNSTEADY ${test}`).join(''));
const failures = rows.flatMap((row) => row.failures);
console.log(failures.map((failure) => `\nFAILED ${failure}`).join(''));
const passed = rows.reduce((sum, row) => sum + row.passed, 0);
console.log(`${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 3;

function judge({ name, exitCode }) {
  const broken = `${name} ended with exit code ${exitCode}`;
  if (name.endsWith(AGAIN)) return { passed: 0, failures: [] };
  const again = steps.find((step) => step.name === `${name}${AGAIN}`);
  if (SUITES.has(name)) return judgeSuite(name, again?.exitCode ?? exitCode, broken);
  return { passed: CHECKS.has(name) && exitCode === 0 ? 1 : 0, failures: exitCode === 0 ? [] : [broken] };
}

/** A suite without a report, with an empty folder, or with an exit code that no failed test explains, has failed. */
function judgeSuite(name, exitCode, broken) {
  const files = withSecondTry(name, readReport(join(folder, `${name}.json`)));
  if (files === undefined) return { passed: 0, failures: [`${broken} and left no report`] };
  const tests = files.flatMap((file) => file.assertionResults);
  const failed = [
    // CI has everything the tests need: what is skipped there is missing.
    ...tests.filter(({ status }) => status !== 'passed').map((test) => `${name}: ${test.fullName} (${test.status})`),
    ...files.filter(isBrokenFile).map((file) => `${name}: ${file.name} (${file.message.split('\n', 1)[0]})`),
    ...SUITES.get(name)
      .filter((tested) => !files.some((file) => file.name.includes(`/${tested}`)))
      .map((tested) => `${name}: no test of ${tested} ran`),
  ];
  if (failed.length === 0 && exitCode !== 0) failed.push(`${broken}, though no test failed`);
  return { passed: tests.filter(({ status }) => status === 'passed').length, failures: failed };
}

/** Files that failed and were tried again by themselves count as they ended then. */
function withSecondTry(name, files) {
  const again = readReport(join(folder, `${name}${AGAIN}.json`)) ?? [];
  return files?.map((file) => {
    const second = again.find((other) => other.name === file.name);
    if (second === undefined) return file;
    const failed = file.assertionResults.filter(({ status }) => status !== 'passed');
    const names = failed.length === 0 ? [file.name] : failed.map(({ fullName }) => fullName);
    if (second.status === 'passed') unsteady.push(...names.map((test) => `${name}: ${test}`));
    return second;
  });
}

/** The files of a report; undefined where there is none, or only a part of one. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch {
    return undefined;
  }
}

/** True of a file that failed as a whole: it could not be loaded, or a hook of it failed. */
function isBrokenFile({ status, assertionResults }) {
  return status === 'failed' && assertionResults.every((test) => test.status !== 'failed');
}
