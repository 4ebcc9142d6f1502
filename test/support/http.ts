import { request } from 'node:http';
import { type ExpositionFormat, type Family, parseExposition, type Sample } from './exposition.ts';

/** An HTTP answer, read whole. */
export interface TextAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** An HTTP answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

/** What a scrape gave: the text and the families in it. */
export interface Scrape extends TextAnswer {
  readonly format: ExpositionFormat;
  readonly families: ReadonlyMap<string, Family>;
}

/** What Prometheus asks for first. */
export const openMetricsAccept = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5';

/** Asks for a page and reads it whole, whatever its status. */
export async function fetchText(url: string, headers: Readonly<Record<string, string>> = {}): Promise<TextAnswer> {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Asks over a connection of its own, accepts nothing by itself and decompresses nothing, as fetch does. */
export function fetchRaw(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method: 'GET' | 'HEAD' | 'OPTIONS' = 'GET',
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    asked.on('error', reject);
    asked.end();
  });
}

/** Asks for an exposition, text format by default, and reads it strictly; throws on a status other than 200 too. */
export async function scrape(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Scrape> {
  const answer = await fetchText(url, headers);
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}:\n${answer.text}`);
  const contentType = answer.headers.get('content-type') ?? '';
  const format = contentType.startsWith('application/openmetrics-text') ? 'openmetrics' : 'text';
  return { ...answer, format, families: parseExposition(answer.text, format) };
}

/** Samples of a name whose labels are, among others, the given ones; of all families, in order. */
export function samplesOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): readonly Sample[] {
  const wanted = Object.entries(labels);
  const all = [...families.values()].flatMap((family) => family.samples);
  return all.filter(
    (sample) => sample.name === name && wanted.every(([label, value]) => sample.labels[label] === value),
  );
}

/** The value of the one sample of a name with these labels; undefined when there is none; throws when there are several. */
export function valueOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const found = samplesOf(families, name, labels);
  if (found.length > 1) throw new Error(`${name} ${JSON.stringify(labels)} has ${found.length} samples, not one.`);
  return found[0]?.value;
}
