import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { scrape, valueOf } from '../support/http.ts';
import {
  divideByZero,
  fileOf,
  type LogLab,
  rotateByRename,
  settledErrors,
  settledValue,
  startLogLab,
  watchFromNow,
  watchLog,
} from '../support/log-lab.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const GRANT = 'GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean) TO walguard';
const LOOKS_MS = 25_000;

const KINDS = [
  [13, 'csvlog'],
  [18, 'jsonlog'],
] as const;

describe.each(KINDS)('through the server, the log of PostgreSQL %i as %s', (major, format) => {
  let lab: LogLab & AsyncDisposable;

  beforeAll(async () => {
    lab = await startLogLab(major, format);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  it('is not read before the right is granted, which it says, and is from then on', async () => {
    await using walguard = await watchLog(lab, ['--logs.path=server']);
    expect(await settledValue(walguard, 'pg_up', {}, 1)).toBe(1);
    await expect.poll(() => walguard.stderr, { timeout: LOOKS_MS }).toContain(GRANT.split(' TO ')[0]);
    const { families } = await scrape(`${walguard.url}/metrics`);
    expect(valueOf(families, 'walguard_log_up', {})).toBe(0);
    await lab.server.sql(GRANT);
    expect(await settledValue(walguard, 'walguard_log_up', {}, 1)).toBe(1);
    await divideByZero(lab, 3);
    expect(await settledErrors(walguard, 3)).toBe(3);
  });

  it('is counted once, however it is rotated and however often walguard begins anew', async () => {
    await using state = await temporaryFolder();
    const args = [`--logs.state-directory=${state.path}`];
    {
      await using walguard = await watchFromNow(lab, ['--logs.path=server', ...args]);
      await divideByZero(lab, 10);
      await rotateByRename(lab, format, `through-${format}.1`);
      await divideByZero(lab, 20);
      expect(await settledErrors(walguard, 30)).toBe(30);
      await divideByZero(lab, 5);
      walguard.signal('SIGKILL');
    }
    await rotateByRename(lab, format, `through-${format}.2`);
    await divideByZero(lab, 5);
    await using walguard = await watchFromNow(lab, ['--logs.path=server', ...args]);
    expect(await settledErrors(walguard, 40)).toBe(40);
    await copyFile(fileOf(lab, format), join(lab.folder, `through-${format}.3`));
    await truncate(fileOf(lab, format));
    await divideByZero(lab, 50);
    expect(await settledErrors(walguard, 90)).toBe(90);
    expect(await settledValue(walguard, 'walguard_log_skipped_bytes_total', {}, 0)).toBe(0);
  });
});
