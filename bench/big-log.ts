import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Times to the second, and whole numbers. */
const CHANGING = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\b\d+\b/g;
/** What stands in front of a number that is a value of a statement. */
const VALUE = /(?: [=-] |IN \(|, |no\. |'|= ')$/;
const LARGEST_PID = 4_194_304;
const VALUES = 90_000;

interface Piece {
  readonly kind: 'time' | 'pid' | 'value';
  readonly text: string;
  /** What stands behind it and is the same in each copy. */
  readonly rest: string;
}

/**
 * Writes the log of a server again and again until it is so long; each copy comes later, and has other processes and values.
 *
 * @param pids of the log's messages
 */
export async function multiplyLog(
  from: string,
  to: string,
  size: { bytes: number; pids: ReadonlySet<string> },
): Promise<number> {
  const text = await readFile(from, 'utf8');
  const { head, pieces } = takeApart(text, size.pids);
  const times = [...new Set(pieces.filter(({ kind }) => kind === 'time').map((piece) => piece.text))].toSorted();
  const spanMs = asMs(times.at(-1) ?? '') - asMs(times[0] ?? '') + 1_000;
  const file = createWriteStream(to);
  let written = 0;
  for (let copy = 0; written < size.bytes; copy += 1) {
    const later = new Map(times.map((time) => [time, asText(asMs(time) + copy * spanMs)]));
    const all = head + pieces.map((piece) => vary(piece, copy, later) + piece.rest).join('');
    written += Buffer.byteLength(all);
    if (!file.write(all)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
  return written;
}

function takeApart(text: string, pids: ReadonlySet<string>): { head: string; pieces: readonly Piece[] } {
  const found = [...text.matchAll(CHANGING)].flatMap((match) => {
    const kind = kindOf(match[0], text.slice(Math.max(0, match.index - 8), match.index), pids);
    return kind === undefined ? [] : [{ kind, text: match[0], index: match.index }];
  });
  const pieces = found.map(({ kind, text: piece, index }, at) => ({
    kind,
    text: piece,
    rest: text.slice(index + piece.length, found[at + 1]?.index),
  }));
  return { head: text.slice(0, found[0]?.index), pieces };
}

function kindOf(text: string, before: string, pids: ReadonlySet<string>): Piece['kind'] | undefined {
  if (text.includes('-')) return 'time';
  if (pids.has(text)) return 'pid';
  return VALUE.test(before) ? 'value' : undefined;
}

function vary({ kind, text }: Piece, copy: number, later: ReadonlyMap<string, string>): string {
  if (kind === 'time') return later.get(text) ?? text;
  if (kind === 'pid') return String((Number(text) + copy * 61) % LARGEST_PID);
  return String((Number(text) + copy * 17) % VALUES);
}

function asMs(time: string): number {
  return Date.parse(`${time.replace(' ', 'T')}Z`);
}

function asText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
