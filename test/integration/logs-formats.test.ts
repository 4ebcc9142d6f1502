import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';

import { waitFor } from '../../servers/index.ts';
import { createLogParser, guessLogLinePrefix } from '../../src/collectors/logs/parse/index.ts';
import type { LogFormat, LogRecord } from '../../src/core/log-record.ts';
import { divideByZero, fileOf, type LogLab, startLogLab } from '../support/log-lab.ts';

const PREFIX = '%m [%p] %e %q%u@%d/%a ';
const SAID = ['atMs', 'severity', 'sqlstate', 'message', 'detail', 'hint', 'context', 'statement', 'pid'] as const;
const OF_SESSION = ['user', 'datname', 'application'] as const;

const FAILURES = [
  `SELECT '2026-11-22 05:33:17.725 UTC,"al","shop",41,,6b02.29,1,,2026-11-22 05:32:00 UTC,,0,ERROR,XX000,"x"'::int`,
  `DO $$ BEGIN RAISE LOG 'temporary file: path "x", size 99'; END $$`,
  `DO $$ BEGIN RAISE EXCEPTION E'two\\n\\tlines "q"' USING DETAIL = 'of it', HINT = E'several\\nlines'; END $$`,
  'SELECT *\n  FROM "no such table"',
];

async function fail({ server }: LogLab): Promise<void> {
  const url = server.url({ database: 'shop' });
  const client = new Client({ connectionString: url, application_name: 'x PANIC:  y' });
  await client.connect();
  for (const statement of FAILURES) await client.query(statement).catch(() => undefined);
  await client.end();
}

async function readRecords(lab: LogLab, format: LogFormat): Promise<readonly LogRecord[]> {
  const records: LogRecord[] = [];
  const parser = createLogParser(format, PREFIX);
  parser.push(await readFile(fileOf(lab, format)), (record) => records.push(record));
  parser.flush((record) => records.push(record));
  expect(parser.skippedBytes).toBe(0);
  return records;
}

/**
 * What all formats can tell, without what the server said before its collector of logs began; stderr has the place of an
 * error behind its message.
 */
function comparable(records: readonly LogRecord[]): readonly Readonly<Record<string, unknown>>[] {
  const from = records.findIndex(({ message }) => message.startsWith('starting PostgreSQL'));
  return records
    .slice(from)
    .map((record) => ({ ...record, message: record.message.replace(/ at character \d+$/, '') }))
    .map((record) =>
      Object.fromEntries([...SAID, ...(record.user === undefined ? [] : OF_SESSION)].map((key) => [key, record[key]])),
    );
}

describe.each([
  [13, ['stderr', 'csvlog']],
  [18, ['stderr', 'csvlog', 'jsonlog']],
] as const)('a log that PostgreSQL %i writes in every format', (major, formats) => {
  it('has the same records in each, and a prefix that is guessed', async () => {
    await using lab = await startLogLab(major, 'stderr', { log_destination: formats.join(',') });
    await divideByZero(lab, 2);
    await fail(lab);
    const isThere = async (format: LogFormat): Promise<boolean> =>
      (await readFile(fileOf(lab, format), 'utf8')).includes('no such table');
    for (const format of formats) await waitFor(`the ${format}`, () => isThere(format));
    const [stderr = [], ...others] = await Promise.all(formats.map((format) => readRecords(lab, format)));
    const wanted = comparable(stderr);
    expect(wanted.length).toBeGreaterThan(5);
    for (const other of others) expect(comparable(other)).toEqual(wanted);
    expect(stderr.some(({ severity }) => severity === 'PANIC')).toBe(false);
    expect(guessLogLinePrefix(await readFile(fileOf(lab, 'stderr'), 'utf8'))).toBe(PREFIX);
  });
});
