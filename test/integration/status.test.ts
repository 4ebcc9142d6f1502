import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';

import { fetchRaw, fetchText } from '../support/http.ts';
import { projectDirectory } from '../support/project-directory.ts';
import { newestSharedServer } from '../support/shared-servers.ts';
import { runWalguard, startWalguard } from '../support/walguard.ts';

const { monitorUrl } = newestSharedServer();
const nowhere = 'postgres://walguard:walguard@127.0.0.1:1/postgres';

const schema = JSON.parse(readFileSync(join(projectDirectory, 'docs/status.schema.json'), 'utf8')) as object;
const conforms = new Ajv2020({ allErrors: true, allowUnionTypes: true, validateFormats: false }).compile(schema);

/** What the schema objects to. */
function objectionsTo(document: unknown): readonly unknown[] {
  conforms(document);
  return conforms.errors ?? [];
}

interface Said {
  readonly status: string;
  readonly summary: string;
  readonly target: string;
  readonly server: { readonly archiver_state: string } | null;
  readonly sources: readonly { readonly up: boolean | null; readonly method: string }[];
}

describe('/api/v1/status', () => {
  it('answers before the first reading, uncached, and as its schema says', async () => {
    await using walguard = await startWalguard({ dataSourceName: nowhere });
    const { status, headers, text } = await fetchText(`${walguard.url}/api/v1/status`);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    const said = JSON.parse(text) as Said;
    expect(objectionsTo(said)).toEqual([]);
    expect(said).toMatchObject({ schema_version: 1, status: 'unknown', target: '127.0.0.1:1', server: null });
  });

  it('answers a HEAD without a body, and nothing beside it', async () => {
    await using walguard = await startWalguard({ dataSourceName: nowhere });
    const head = await fetchRaw(`${walguard.url}/api/v1/status`, {}, 'HEAD');
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(Number(head.headers['content-length'])).toBeGreaterThan(100);
    for (const path of ['/api/v1', '/api/v1/status/x', '/api/v2/status'])
      expect((await fetchText(`${walguard.url}${path}`)).status).toBe(404);
  });
});

describe('walguard status', () => {
  it('asks a running walguard, with the same answer as its API', async () => {
    await using walguard = await startWalguard({ dataSourceName: monitorUrl });
    await fetchText(`${walguard.url}/metrics`);
    const asked = await runWalguard(['status', `--url=${walguard.url}/`, '--json']);
    expect(asked.stderr).toBe('');
    expect(asked.code).toBe(3);
    const said = JSON.parse(asked.stdout) as Said;
    expect(objectionsTo(said)).toEqual([]);
    const { text } = await fetchText(`${walguard.url}/api/v1/status`);
    expect(Object.keys(said)).toEqual(Object.keys(JSON.parse(text) as object));

    const table = await runWalguard(['status', `--url=${walguard.url}/api/v1/status`]);
    expect(table.code).toBe(3);
    expect(table.stdout).toContain('UNKNOWN - no repository of backups and WAL is configured\n');
    expect(table.stdout).not.toContain('\u001b');
    const brief = await runWalguard(['status', `--url=${walguard.url}`, '--brief']);
    expect(brief.stdout).toMatch(/^UNKNOWN - no repository of backups and WAL is configured \| .*\n$/);
  });

  it('is configured by no option of a running walguard, and says 3 for wrong usage', async () => {
    for (const args of [
      ['--json', '--brief'],
      ['--url=http://x', '--once'],
      ['--jsn'],
      ['--url=x:1'],
      ['--timeout=10'],
    ]) {
      const { code, stdout, stderr } = await runWalguard(['status', ...args]);
      expect([code, args]).toEqual([3, args]);
      expect(stdout + stderr).not.toBe('');
    }
    expect((await runWalguard(['status', '--help'])).code).toBe(0);
  });
});

/** A server that is no walguard, at an URL with a user and a password. */
async function withServer(answer: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  try {
    await use(`http://monitor:geheim@127.0.0.1:${port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('walguard status of what is no walguard that can answer', () => {
  const answered = (status: number, text: string): RequestListener => {
    return (_request, response) => void response.writeHead(status).end(text);
  };
  const cases: readonly (readonly [what: string, answer: RequestListener, said: RegExp])[] = [
    ['nothing there', answered(404, 'no'), /has no status \(404\)/],
    ['a refusal', answered(401, ''), /refuses to answer \(401\)/],
    ['a failure', answered(500, ''), /answered 500/],
    ['a page', answered(200, '<html>'), /answered with what is no JSON/],
    ['other JSON', answered(200, '[]'), /answered with what is no status/],
    ['a status of another version', answered(200, '{"schema_version": 2}'), /answers in version 2 of the status/],
    [
      'half an answer',
      (_request, response) => void response.writeHead(200, { 'content-length': '9' }).end('{'),
      /no answer from/,
    ],
    ['silence', () => undefined, /did not answer within 0.5 s/],
  ];

  it.each(cases)('says what it is: %s', (what, answer, expected) =>
    withServer(answer, async (url) => {
      // A busy machine takes its time to answer: only who is silent is given up soon.
      const timeout = what === 'silence' ? '500ms' : '30s';
      const { code, stdout, stderr } = await runWalguard(['status', `--url=${url}`, `--timeout=${timeout}`]);
      expect(stdout).toMatch(/^UNKNOWN - .*\n$/);
      expect(stdout).toMatch(expected);
      expect(code).toBe(3);
      expect(stderr).toContain('hint: ');
      expect(stdout + stderr).not.toMatch(/geheim|monitor/);
    }),
  );

  it('sends the user and password of the URL', () => {
    let said: string | undefined;
    return withServer(
      ({ headers }, response) => {
        said = headers.authorization;
        response.end();
      },
      async (url) => {
        await runWalguard(['status', `--url=${url}`]);
        expect(said).toBe(`Basic ${Buffer.from('monitor:geheim').toString('base64')}`);
      },
    );
  });

  it('leaves the output to JSON where that is wanted', async () => {
    const { code, stdout, stderr } = await runWalguard(['status', '--url=http://127.0.0.1:1', '--json']);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('STATUS_UNREACHABLE');
  });
});
