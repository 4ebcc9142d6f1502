import { emptyFiles, fileCode, SHA1_BYTES, type WalFiles } from './wal-files.ts';
import { bytesOfSha1, compareFiles, type InPieces, PIECE, type SegmentName } from './wal-listing.ts';
import { MARKS } from './wal-marks.ts';

/** What a listing says of one file besides its name. */
export interface ListedFacts {
  readonly sizeBytes: number;
  /** Unix seconds. */
  readonly timeSeconds: number;
  /** Another one for another content; 0 where the listing has none. */
  readonly tag: number;
  /** What is known of its content by the listing: see wal-marks.ts. */
  readonly mark: number;
}

/** Files of segments of one timeline with all that a listing told of them; tags in the order of the files. */
export interface ListedFiles {
  readonly files: WalFiles;
  readonly tags: Float64Array;
}

/** Files of segments of one timeline as a listing tells them, in any order. */
export interface ListedSegments {
  /** False if no size of segments admits the name. */
  readonly add: (name: SegmentName, facts: ListedFacts) => boolean;
  /** In the files' order. What was seen of an unread content is kept while size, time and tag are the same. */
  readonly mergeWith: (known: ListedFiles | undefined) => InPieces<ListedFiles>;
}

interface Columns {
  readonly codes: Float64Array;
  readonly times: Float64Array;
  readonly sizes: Float64Array;
  readonly tags: Float64Array;
  readonly marks: Uint8Array;
}

const FIRST_LENGTH = 256;

export function createListedSegments(): ListedSegments {
  let columns = columnsOf(FIRST_LENGTH);
  let count = 0;
  const sha1s: string[] = [];
  return {
    add(name, { sizeBytes, timeSeconds, tag, mark }) {
      const code = fileCode(name);
      if (code === undefined) return false;
      if (count === columns.codes.length) columns = grown(columns);
      columns.codes[count] = code;
      columns.times[count] = timeSeconds;
      columns.sizes[count] = sizeBytes;
      columns.tags[count] = tag;
      columns.marks[count] = mark;
      if (name.sha1 !== undefined) sha1s[count] = name.sha1;
      count += 1;
      return true;
    },
    *mergeWith(known) {
      const listed = yield* inOrder(columns, count, sha1s);
      if (known !== undefined) yield* keepMarks(known, listed);
      return listed;
    },
  };
}

function columnsOf(length: number): Columns {
  const column = (): Float64Array => new Float64Array(length);
  return { codes: column(), times: column(), sizes: column(), tags: column(), marks: new Uint8Array(length) };
}

function grown(columns: Columns): Columns {
  const larger = columnsOf(columns.codes.length * 2);
  larger.codes.set(columns.codes);
  larger.times.set(columns.times);
  larger.sizes.set(columns.sizes);
  larger.tags.set(columns.tags);
  larger.marks.set(columns.marks);
  return larger;
}

function* inOrder(columns: Columns, count: number, sha1s: readonly string[]): InPieces<ListedFiles> {
  const order = yield* orderOf(columns.codes.subarray(0, count), sha1s);
  const listed = { files: emptyFiles(count, sha1s.length > 0), tags: new Float64Array(count) };
  for (let to = 0; to < count; to += 1) {
    const from = order?.[to] ?? to;
    listed.files.codes[to] = columns.codes[from] ?? 0;
    listed.files.times[to] = columns.times[from] ?? Number.NaN;
    listed.files.sizes[to] = columns.sizes[from] ?? 0;
    listed.files.marks[to] = columns.marks[from] ?? 0;
    listed.tags[to] = columns.tags[from] ?? 0;
    const sha1 = sha1s[from];
    if (sha1 !== undefined) listed.files.sha1s?.set(bytesOfSha1(sha1), to * SHA1_BYTES);
    if (to % PIECE === 0) yield;
  }
  return listed;
}

/** Undefined if they are in order: most listings are sorted by name, which but for endings is the order of the codes. */
function* orderOf(codes: Float64Array, sha1s: readonly string[]): InPieces<Uint32Array | undefined> {
  let isAscending = sha1s.length === 0;
  for (let index = 1; index < codes.length && isAscending; index += 1) {
    isAscending = (codes[index - 1] ?? 0) <= (codes[index] ?? 0);
    if (index % PIECE === 0) yield;
  }
  if (isAscending) return undefined;
  const order = Uint32Array.from(codes.keys());
  return order.toSorted((a, b) => {
    const difference = (codes[a] ?? 0) - (codes[b] ?? 0);
    return difference === 0 ? ((sha1s[a] ?? '') < (sha1s[b] ?? '') ? -1 : 1) : difference;
  });
}

function* keepMarks(known: ListedFiles, listed: ListedFiles): InPieces<void> {
  const { files } = listed;
  for (let [from, to] = [0, 0]; to < files.codes.length; to += 1) {
    while (from < known.files.codes.length && compareFiles(known.files, from, files, to) < 0) from += 1;
    if (from >= known.files.codes.length) return;
    const isUnread = files.marks[to] === MARKS.unread;
    if (isUnread && compareFiles(known.files, from, files, to) === 0 && isSame(known, from, listed, to))
      files.marks[to] = known.files.marks[from] ?? 0;
    if (to % PIECE === 0) yield;
  }
}

function isSame(a: ListedFiles, atA: number, b: ListedFiles, atB: number): boolean {
  return (
    a.files.times[atA] === b.files.times[atB] &&
    a.files.sizes[atA] === b.files.sizes[atB] &&
    a.tags[atA] === b.tags[atB]
  );
}
