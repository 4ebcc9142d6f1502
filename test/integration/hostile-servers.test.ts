import { describe, expect, it } from 'vitest';

import { connect } from '../../src/postgres/connect.ts';
import { resolveConnection } from '../../src/postgres/resolve.ts';
import { scrape, valueOf } from '../support/http.ts';
import { failuresOf } from '../support/outcomes.ts';
import { message, startHostileServer } from '../support/hostile-server.ts';
import { runWalguard, startWalguard } from '../support/walguard.ts';

const welcome = Buffer.concat([message('R', 0), message('K', 1, 2), message('Z', '')]);

const answers: readonly (readonly [string, Buffer, string])[] = [
  ['asks for GSSAPI', message('R', 7), 'authentication'],
  ['asks for nothing', message('R'), 'unreachable'],
  ['says an error without an end', message('E'), 'unreachable'],
  ['says a notice without an end', Buffer.from('N\0\0\0\x06S\0'), 'unreachable'],
  ['has a row of less than no cells', Buffer.from([0x44, 0, 0, 0, 6, 0xff, 0xff]), 'unreachable'],
  ['speaks HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'unreachable'],
  ['speaks SSH', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), 'unreachable'],
  ['announces a gigabyte', Buffer.from([0x53, 0x40, 0, 0, 0]), 'unreachable'],
];

describe('a walguard whose server', () => {
  it.each([
    ...answers.map(([what, answer, reason]) => [what, answer, answer, reason] as const),
    ['lets in and then says nothing that can be read', welcome, message('E'), 'connection_lost'] as const,
  ])('%s goes on, and says that it is down', async (_what, toLogin, toQuery, reason) => {
    await using server = await startHostileServer((piece, socket) =>
      socket.write(piece.toString('latin1').includes('user\0') ? toLogin : toQuery),
    );
    const dataSourceName = `postgresql://walguard:walguard@127.0.0.1:${server.port}/postgres?sslmode=disable`;
    await using walguard = await startWalguard({ dataSourceName });

    for (const count of [1, 2]) {
      const { families } = await scrape(`${walguard.url}/metrics`);
      expect(valueOf(families, 'pg_up')).toBe(0);
      expect(failuresOf(families, 'facts')).toEqual({ [reason]: count });
    }
    expect(await walguard.stop()).toBe(0);
    expect(walguard.stderr).not.toContain('crashed');
  });
});

it('walguard explain does not wait without end for a server that lets in and falls silent', async () => {
  await using server = await startHostileServer((piece, socket) => {
    if (piece.toString('latin1').includes('user\0')) socket.write(welcome);
  });
  const dataSourceName = `postgresql://walguard:walguard@127.0.0.1:${server.port}/postgres?sslmode=disable`;
  const { code, stderr } = await runWalguard(['explain', '--scrape.timeout=500ms'], { dataSourceName });
  expect([code, stderr]).toEqual([1, expect.stringContaining('TARGET_CONNECTION_LOST: ')]);
});

it('a primary that is asked to be a standby is let go, though it never hangs up', async () => {
  const status = ['server_version', '17.2', 'in_hot_standby', 'off', 'default_transaction_read_only', 'off'];
  const reports = [0, 2, 4].map((at) => message('S', ...status.slice(at, at + 2)));
  const primary = Buffer.concat([message('R', 0), ...reports, message('Z', '')]);
  let goodbyes = 0;
  await using server = await startHostileServer((piece, socket) => {
    if (piece[0] === 0x58) goodbyes += 1;
    else socket.write(primary);
  });
  const asked = { host: '127.0.0.1', port: String(server.port), sslmode: 'disable', target_session_attrs: 'standby' };
  const options = resolveConnection({ ...asked, user: 'walguard' }, { HOME: '/nowhere' });

  for (let times = 0; times < 5; times += 1) {
    const limits = { timeoutMs: 5_000, place: undefined, warn: () => undefined };
    await expect(connect(options, limits)).rejects.toMatchObject({ code: 'TARGET_WRONG_ROLE' });
  }

  await expect.poll(() => goodbyes).toBe(5);
  const stillHeld = (): number => {
    server.sayToAll(message('N', ''));
    return server.open();
  };
  await expect.poll(stillHeld).toBe(0);
});

describe('a server that does not say who it is', () => {
  const ready = message('Z', '');
  const asks = message('R', 10, 'SCRAM-SHA-256', '');

  it.each([
    ['lets in without a word', {}, ready],
    ['lets in without a word where scram-sha-256 is required', { require_auth: 'scram-sha-256' }, ready],
    ['lets in without a word where channel binding is required', { channel_binding: 'require' }, ready],
    ['asks for scram-sha-256 and does not wait for the answer', {}, Buffer.concat([asks, ready])],
    ['grants what it asked for', {}, Buffer.concat([asks, message('R', 0), ready])],
    ['asks nothing where scram-sha-256 is required', { require_auth: 'scram-sha-256' }, message('R', 0)],
  ])('and %s is refused', async (_what, parameters, answer) => {
    await using server = await startHostileServer((_, socket) => socket.write(answer));
    const place = { host: '127.0.0.1', port: String(server.port), sslmode: 'disable', user: 'walguard', password: 'x' };
    const options = resolveConnection({ ...place, ...parameters }, { HOME: '/nowhere' });

    const limits = { timeoutMs: 5_000, place: undefined, warn: () => undefined };
    await expect(connect(options, limits)).rejects.toMatchObject({ code: 'TARGET_AUTHENTICATION' });
  });
});
