import type { Format } from './encode.ts';

/** The Content-Type of each format. */
export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

interface AcceptedType {
  readonly type: string;
  readonly version: string | undefined;
  readonly quality: number;
}

/**
 * Chooses the format by the Accept header: OpenMetrics 1.0 where the client rates it above plain text, else text.
 *
 * An OpenMetrics entry of another version (0.0.1) is not served; one without version is. Source: RFC 9110, 12.5.1,
 * and the header that Prometheus sends.
 */
export function negotiateFormat(accept: string | undefined): Format {
  const entries = (accept ?? '').split(',').map(readEntry);
  const openMetrics = best(
    entries,
    ({ type, version }) => type === 'application/openmetrics-text' && (version === undefined || version === '1.0.0'),
  );
  const text = best(entries, ({ type }) => type === 'text/plain' || type === 'text/*' || type === '*/*');
  return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'text';
}

function best(entries: readonly AcceptedType[], matches: (entry: AcceptedType) => boolean): number {
  return Math.max(0, ...entries.filter(matches).map(({ quality }) => quality));
}

function readEntry(entry: string): AcceptedType {
  const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
  const read = (name: string): string | undefined =>
    parameters
      .find((parameter) => parameter.startsWith(`${name}=`))
      ?.slice(name.length + 1)
      .replaceAll('"', '');
  const quality = Number(read('q') ?? 1);
  return { type, version: read('version'), quality: Number.isNaN(quality) ? 0 : quality };
}
