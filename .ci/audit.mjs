// Asks the registry what is known against the packages that users get. Findings fail; a registry that does not answer
// that question, such as a mirror, is said and does not.
import { spawnSync } from 'node:child_process';

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', timeout: 120_000 });
const answer = read(stdout);
const counts = answer?.metadata?.vulnerabilities;
if (counts === undefined) {
  console.log(`The registry does not say what is known against packages: ${answer?.message ?? 'no answer'}`);
} else {
  console.log(`Known against what users get: ${JSON.stringify(counts)}`);
  process.exitCode = counts.total === 0 ? 0 : 1;
}

function read(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
