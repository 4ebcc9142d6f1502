import type { LabelBytes, LabelSet } from '../core/collector.ts';
import type { Row } from '../core/row.ts';
import { escapeLabelValue, openingsOf } from './encode.ts';

const FIRST_BYTES = 512;
const QUOTE = '"'.charCodeAt(0);
const BACKSLASH = '\\'.charCodeAt(0);
const LINE_FEED = '\n'.charCodeAt(0);
const CLOSING = Buffer.from('"}');
const NO_LABELS: LabelBytes = new Uint8Array();

/** Writes the labels of one row after the other; what one call gives is written over by the next. */
export interface LabelWriter {
  readonly begin: () => void;
  /** The value of the next label is a cell as it is; NULL is empty. */
  readonly cell: (row: Row, index: number) => void;
  /** The value of the next label is this text. */
  readonly text: (value: string) => void;
  readonly finish: () => LabelBytes;
}

/** Labels that are being written. */
interface Draft {
  bytes: Buffer;
  used: number;
  /** How many have begun. */
  labels: number;
}

/** @param names of the labels, in the order in which their values come */
export function createLabelWriter(names: readonly string[]): LabelWriter {
  const openings = openingsOf(names).map((opening) => Buffer.from(opening, 'utf8'));
  const draft: Draft = { bytes: Buffer.allocUnsafe(FIRST_BYTES), used: 0, labels: 0 };
  const text = (value: string): void => writeText(draft, openings, value);
  return {
    begin: () => void (draft.used = draft.labels = 0),
    text,
    cell(row, index) {
      const start = row.starts[index] ?? -1;
      const end = start < 0 ? start : (row.ends[index] ?? start);
      // What is escaped, or is no ASCII and so could be no UTF-8 either, goes through a string.
      if (!isPlain(row.bytes, start, end)) return text(row.text(index) ?? '');
      open(draft, openings, end - start);
      for (let at = start; at < end; at++) draft.bytes[draft.used++] = row.bytes[at] ?? 0;
    },
    finish: () => (names.length === 0 ? NO_LABELS : close(draft)),
  };
}

/** Labels as text, for what needs them so. */
export function labelText(labels: LabelBytes): LabelSet {
  return Buffer.from(labels.buffer, labels.byteOffset, labels.length).toString('utf8') as LabelSet;
}

/** Writes what stands before a value, and makes room for the value and for what closes the labels. */
function open(draft: Draft, openings: readonly Buffer[], valueBytes: number): void {
  const opening = openings[draft.labels++] ?? CLOSING;
  const needed = draft.used + opening.length + valueBytes + CLOSING.length;
  if (needed > draft.bytes.length) {
    const grown = Buffer.allocUnsafe(needed * 2);
    grown.set(draft.bytes.subarray(0, draft.used));
    draft.bytes = grown;
  }
  draft.bytes.set(opening, draft.used);
  draft.used += opening.length;
}

function writeText(draft: Draft, openings: readonly Buffer[], value: string): void {
  const escaped = escapeLabelValue(value);
  // A UTF-16 unit takes three bytes at most.
  open(draft, openings, escaped.length * 3);
  draft.used += draft.bytes.write(escaped, draft.used, 'utf8');
}

function close({ bytes, used }: Draft): LabelBytes {
  bytes.set(CLOSING, used);
  return bytes.subarray(0, used + CLOSING.length);
}

function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 0x7f || byte === QUOTE || byte === BACKSLASH || byte === LINE_FEED) return false;
  }
  return true;
}
