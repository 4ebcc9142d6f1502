import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newestMajor } from '../servers/index.ts';
import { findPeers } from '../test/support/peers.ts';
import { type BenchOptions, parseArguments } from './arguments.ts';
import { currentLoad, describeMachine } from './machine.ts';
import { drawGrowth } from './plot.ts';
import { type Found, type Report, toMarkdown } from './report.ts';
import { runScenario } from './run.ts';
import { judge } from './targets.ts';
import { helpText } from './texts.ts';

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const request = parseArguments(argv);
  switch (request.kind) {
    case 'help':
      console.log(helpText);
      return 0;
    case 'mistake':
      console.error(`${request.message}\nnpm run bench -- --help shows what there is.`);
      return 2;
    case 'run':
      if (request.peers !== undefined) process.env['PEERS_DIRECTORY'] = request.peers;
      return await run(request.options);
  }
}

async function run(options: BenchOptions): Promise<number> {
  const loadAtStart = currentLoad();
  let found: Found = { findings: [], wal: [], faults: [], logs: [] };
  const missing = missingPeers();
  for (const each of missing) console.log(`Missing: ${each}`);
  const toReport = (): Report => {
    const machine = describeMachine(String(options.major ?? newestMajor()), loadAtStart);
    return { machine, missing, verdicts: judge(found.findings, found.wal), ...found };
  };
  const say = (text: string): void => console.log(text);
  let report = toReport();
  for (const scenario of options.scenarios) {
    const more = await runScenario(scenario, { options, say });
    found = {
      findings: [...found.findings, ...more.findings],
      wal: [...found.wal, ...more.wal],
      faults: [...found.faults, ...more.faults],
      logs: [...found.logs, ...more.logs],
    };
    // A long run that is broken off has what it found so far.
    report = toReport();
    await write(report, options.out);
  }
  console.log(`\n${toMarkdown(report)}\nWritten to ${options.out}.`);
  return 0;
}

async function write(report: Report, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'bench.json'), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(folder, 'bench.md'), toMarkdown(report));
  const plot = drawGrowth(report.findings);
  if (plot !== undefined) await writeFile(join(folder, 'growth.svg'), plot);
}

function missingPeers(): readonly string[] {
  const found = findPeers();
  const cure = '--peers names the folder in which its package was unpacked.';
  return [
    ...(found.pg_exporter ? [] : [`pg_exporter is not there, nor its pack: the scenario pack is left out; ${cure}`]),
    ...(found.postgres_exporter ? [] : [`postgres_exporter is not there: walguard is measured without it; ${cure}`]),
  ];
}
