import { describe, expect, it } from 'vitest';
import { buildApp } from '../../../src/app/build.ts';
import { createLogger } from '../../../src/app/logger.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { errorsOf } from '../support/problems.ts';
import { createTemporaryFiles } from '../support/temporary-files.ts';

const files = createTemporaryFiles();

describe('building walguard', () => {
  it('tells what is wrong with the server, the packs and the switches at once', () => {
    const broken = files.write('broken.yaml', 'mine: {querry: SELECT 1}\n');
    const flags = { 'extend.query-path': [broken] };
    const sources = { flags, collectorFlags: new Map(), env: {} };
    const context = {
      env: {},
      build: { version: '1.2.3', revision: 'x' },
      log: createLogger('error', 'json', { write: () => undefined }),
    };
    expect(errorsOf(() => buildApp(readSettings(sources), sources, context)).map(({ code }) => code)).toEqual([
      'TARGET_MISSING',
      'CONFIG_MISSING_KEY',
      'CONFIG_MISSING_KEY',
      'CONFIG_UNKNOWN_KEY',
    ]);
  });
});
