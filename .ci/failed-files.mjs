// Prints the files of a suite's report that are worth a second try: node .ci/failed-files.mjs REPORT
//
// One path a line. Exits 1 if there are none, or so many that the change is at fault and not the moment.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const MOST = 3;

let files = [];
try {
  files = JSON.parse(readFileSync(process.argv[2], 'utf8')).testResults.filter(({ status }) => status !== 'passed');
} catch {
  // Without a whole report nobody knows what failed.
}
for (const { name } of files) console.log(relative(process.cwd(), name));
process.exitCode = files.length > 0 && files.length <= MOST ? 0 : 1;
