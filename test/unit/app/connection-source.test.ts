import { expect, it } from 'vitest';

import { createConnectionSource } from '../../../src/app/connection-source.ts';
import type { Logger } from '../../../src/core/logger.ts';
import { resolveConnection } from '../../../src/postgres/resolve.ts';

const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

it('a password stays while its file is empty, and is not offered for another user', () => {
  const given = { host: 'db', dbname: 'postgres', user: 'walguard', password: 'first' };
  let now: Readonly<Record<string, string>> = given;
  const source = createConnectionSource(() => resolveConnection(now, {}), silent);

  now = { ...given, password: '' };
  expect(source.read()).toMatchObject({ user: 'walguard', password: 'first' });
  now = { ...given, user: 'clerk', password: '' };
  expect(source.read()).toMatchObject({ user: 'clerk', password: undefined });
});

function ignore(): void {}
