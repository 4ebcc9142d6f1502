import type { SourceTexts } from './planted-tree.ts';

/** A file on every floor, each importing what its floor may see, and what only tests and settings may do. */
export const SOUND_TREE: SourceTexts = {
  'src/main.ts': `import { run } from './cli/run.ts';\n\nprocess.exitCode = run(process.env);\n`,
  'src/cli/run.ts': `import { Command } from 'commander';
import { start } from '../app/start.ts';

export function run(env: Readonly<Record<string, string | undefined>>): number {
  console.log(new Command().name(), env['HOME'], start());
  return 0;
}
`,
  'src/app/start.ts': `import { pino } from 'pino';
import { units } from '../collectors/registry.ts';
import { serve } from '../http/serve.ts';

export function start(): unknown {
  return [pino(), serve(), units];
}
`,
  'src/http/serve.ts': `import { createServer } from 'node:http';
import { createGzip } from 'node:zlib';
import express from 'express';
import { judge } from '../recoverability/judge.ts';
import { plan } from '../scrape/plan.ts';

export function serve(): unknown {
  return [createServer(express()), createGzip(), plan(), judge()];
}
`,
  'src/http/web-config/schema.ts': `import { z } from 'zod';\n\nexport const webConfigSchema = z.strictObject({});\n`,
  'src/http/web-config/load.ts': `import { readConfig } from '../../config/read.ts';
import { webConfigSchema } from './schema.ts';

export function load(text: string): unknown {
  return webConfigSchema.parse(readConfig(text));
}
`,
  'src/scrape/plan.ts': `import { unit } from '../collectors/wal/index.ts';
import { sum } from '../core/sum.ts';

export function plan(): number {
  return sum(unit, 1);
}
`,
  'src/recoverability/judge.ts': `import { read } from '../backup/barman/index.ts';
import { sum } from '../core/sum.ts';

export function judge(): unknown {
  return [sum(1, 1), read()];
}
`,
  'src/collectors/registry.ts': `import { unit as archiver } from './archiver/index.ts';
import { unit as wal } from './wal/index.ts';

export const units = [archiver, wal];
`,
  'src/collectors/wal/index.ts': `export { length as unit } from './parts/length.ts';\n`,
  'src/collectors/wal/names.ts': `export const name = 'wal';\n`,
  'src/collectors/wal/parts/length.ts': `import { sum } from '../../../core/sum.ts';
import { name } from '../names.ts';

export const length = sum(name.length, 0);
`,
  'src/collectors/archiver/index.ts': `import { satisfies } from 'semver';
import { sum } from '../../core/sum.ts';
import { query } from '../../postgres/query.ts';

export const unit = sum(satisfies('18.0.0', '18') ? 1 : 0, query().length);
`,
  'src/backup/barman/schema.ts': `import { z } from 'zod';
import { sum } from '../../core/sum.ts';

export const backupSchema = z.looseObject({ size: z.number().default(sum(0, 0)) });
`,
  'src/backup/barman/index.ts': `import { runTool } from '../../process/run-tool.ts';
import { readText } from '../../storage/local.ts';
import { backupSchema } from './schema.ts';

export function read(): unknown {
  return [backupSchema.parse(runTool()), readText];
}
`,
  'src/archive/directory/index.ts': `export { readText } from '../../storage/local.ts';\n`,
  'src/drill/plan.ts': `export { runTool } from '../process/run-tool.ts';\n`,
  'src/postgres/query.ts': `import { readFileSync } from 'node:fs';
import pg from 'pg';
import { sum } from '../core/sum.ts';

export function query(): readonly unknown[] {
  return [pg, readFileSync, sum];
}
`,
  'src/config/read.ts': `import { parse } from 'yaml';
import { z } from 'zod';
import { closest } from '../core/closest.ts';

export function readConfig(text: string): unknown {
  return [z.unknown().parse(parse(text)), closest(text, [])];
}
`,
  'src/exposition/encode.ts': `export { sum } from '../core/sum.ts';\n`,
  'src/storage/local.ts': `import { readFile } from 'node:fs/promises';

export async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8');
}
`,
  'src/storage/s3-client.ts': `export { S3Client } from '@aws-sdk/client-s3';\n`,
  'src/process/run-tool.ts': `import { execFileSync } from 'node:child_process';

export function runTool(): string {
  return execFileSync('true', { encoding: 'utf8' });
}
`,
  'src/process/schema.ts': `import { z } from 'zod';\n\nexport const outputSchema = z.string();\n`,
  'src/self/instruments.ts': `import { Registry } from 'prom-client';\n\nexport const registry = new Registry();\n`,
  'src/core/closest.ts': `export { closest } from 'fastest-levenshtein';\n`,
  'src/core/sum.ts': `export function sum(a: number, b: number): number {\n  return a + b;\n}\n`,
  'grafana/boards.ts': `export { title } from './layer/title.ts';\n`,
  'grafana/layer/title.ts': `import { DashboardLinkBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

export const title = new DashboardLinkBuilder('Fleet').build().title;
`,
  'test/unit/sum.test.ts': `import { expect, it } from 'vitest';
import { sum } from '../../src/core/sum.ts';

it('adds', () => {
  expect(sum(1, 2)).toBe(3);
});
`,
  'test/unit/long.test.ts': `import { describe, expect, it } from 'vitest';

describe('a long file', () => {
  function expectOne(value: number): void {
    if (value > 0) expect(value, 'one').toBe(1);
  }

  it('may leave it to a helper', () => {
    expectOne(1);
  });
});

it('may be long', () => {
${'  expect(1).toBe(1);\n'.repeat(350)}});
`,
  'test/tool.config.ts': `export default {};\n`,
  'test/tool.mjs': `console.log(JSON.parse('{}').size);\n`,
};
