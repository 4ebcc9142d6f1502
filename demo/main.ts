import { tmpdir } from 'node:os';
import { parseArguments } from './arguments.ts';
import { type DemoOptions, runDemo } from './demo.ts';
import { StopRequest, StopRequested } from './stop-request.ts';
import { helpText } from './texts.ts';

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const request = parseArguments(argv);
  switch (request.kind) {
    case 'help':
      console.log(helpText);
      return 0;
    case 'mistake':
      console.error(`${request.message}\nnpm run demo -- --help shows what there is.`);
      return 2;
    case 'run':
      return await run(request);
  }
}

async function run(options: DemoOptions): Promise<number> {
  // What still runs then has reapers, which end it as soon as this process is gone.
  const stop = new StopRequest(() => process.exit(130));
  try {
    await runDemo(options, stop);
  } catch (error) {
    if (!(error instanceof StopRequested)) {
      console.error(`\nThe demo failed: ${explain(error)}`);
      return 1;
    }
  }
  console.log('All is stopped and removed.');
  return 0;
}

/** The messages of an error and its causes; a full disk is no riddle then. */
function explain(error: unknown): string {
  const messages: string[] = [];
  for (let each = error; each instanceof Error; each = each.cause) messages.push(each.message);
  const text = messages.length > 0 ? messages.join('\nbecause: ') : String(error);
  return /ENOSPC|No space left/.test(text)
    ? `${text}\nThe demo needs about 600 MB in ${tmpdir()}: free some, or set TMPDIR.`
    : text;
}
