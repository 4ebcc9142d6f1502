import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { fetchText } from './http.ts';
import type { Walguard } from './walguard.ts';

/** A password with all that has a meaning in a URL, a connection string, a shell or YAML; and it ends in a space. */
export const plantedSecret = `pl4nted@S3cret:with/all%41of&them?'"\\#= `;

/** Parts of it that no text of walguard may hold, however the rest of it was escaped or cut. */
const tracks = ['pl4nted', 'S3cret', ...encodings(plantedSecret), ...encodings(`:${plantedSecret}`)];

const pages = [
  '/metrics',
  '/',
  '/-/ready',
  '/-/healthy',
  '/no-such-page',
  '/metrics?collect[]=nothing',
  '/%E0%A4%A',
] as const;

/** Asserts that no part of the planted secret is in a text. */
export function expectNoSecret(text: string): void {
  for (const track of tracks) expect(text).not.toContain(track);
}

/**
 * Every text a running walguard gives: each page in both formats with its headers, what `ps` shows of it, and, stopped
 * then, all it wrote until its end.
 */
export async function everythingSaidBy(walguard: Walguard): Promise<string> {
  const texts: string[] = [];
  for (const accept of ['text/plain', 'application/openmetrics-text']) {
    for (const page of pages) {
      const { status, headers, text } = await fetchText(`${walguard.url}${page}`, { accept });
      texts.push(`${page}: ${status} ${JSON.stringify([...headers])}`, text);
    }
  }
  texts.push(processNames(walguard.pid));
  await walguard.stop();
  return [...texts, walguard.stdout, walguard.stderr].join('\n');
}

/** The command line, and the names of the process and its threads; nothing where there is no /proc. */
function processNames(pid: number | undefined): string {
  if (process.platform !== 'linux') return '';
  const folder = `/proc/${pid}`;
  const threads = readdirSync(`${folder}/task`).map((thread) => readFileSync(`${folder}/task/${thread}/comm`, 'utf8'));
  return [readFileSync(`${folder}/cmdline`, 'utf8'), ...threads].join('\n');
}

/** Base64 and hex depend on where in the text the secret begins: the middle of it, at each of the three places. */
function encodings(secret: string): readonly string[] {
  const shifted = ['', 'x', 'xx'].map((before) =>
    Buffer.from(before + secret)
      .toString('base64')
      .slice(4, 20),
  );
  return [...shifted, Buffer.from(secret).toString('hex').slice(0, 16)];
}
