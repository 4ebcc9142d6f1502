import type { LabelBytes } from '../../core/collector.ts';

/** Numbers labels in the order in which they first came, from 0. */
export interface Places {
  /** The place of these labels, whether they came before or not. */
  readonly of: (labels: LabelBytes) => number;
  readonly count: () => number;
  /** How many it has memory for. */
  readonly capacity: () => number;
  /** Forgets all of them. */
  readonly clear: () => void;
}

/** Labels as bytes, one behind the other, found by a hash. */
interface Table {
  bytes: Buffer;
  /** Where the labels of a place begin; those of the next one begin where they end. */
  starts: Int32Array;
  hashes: Int32Array;
  /** Places by hash; at most half of it is taken. Its length is a power of two. */
  slots: Int32Array;
  places: number;
}

const FIRST_PLACES = 64;
const FIRST_BYTES = 4_096;
const NONE = -1;

export function createPlaces(): Places {
  const table: Table = {
    bytes: Buffer.allocUnsafe(FIRST_BYTES),
    starts: new Int32Array(FIRST_PLACES + 1),
    hashes: new Int32Array(FIRST_PLACES),
    slots: new Int32Array(FIRST_PLACES * 2).fill(NONE),
    places: 0,
  };
  return {
    of(labels) {
      const hash = hashOf(labels);
      const known = table.slots[findSlot(table, labels, hash)] ?? NONE;
      if (known !== NONE) return known;
      if (table.places === table.hashes.length) enlarge(table);
      table.slots[findSlot(table, labels, hash)] = table.places;
      return append(table, labels, hash);
    },
    count: () => table.places,
    capacity: () => table.hashes.length,
    clear() {
      table.slots.fill(NONE);
      table.places = 0;
    },
  };
}

/** The slot of these labels, or the free one where they belong. */
function findSlot(table: Table, labels: LabelBytes, hash: number): number {
  const { slots, hashes } = table;
  const mask = slots.length - 1;
  let slot = hash & mask;
  for (let place = slots[slot] ?? NONE; place !== NONE; place = slots[slot] ?? NONE) {
    if (hashes[place] === hash && areAt(table, place, labels)) return slot;
    slot = (slot + 1) & mask;
  }
  return slot;
}

function areAt({ bytes, starts }: Table, place: number, labels: LabelBytes): boolean {
  const start = starts[place] ?? 0;
  if ((starts[place + 1] ?? 0) - start !== labels.length) return false;
  for (let at = 0; at < labels.length; at++) if (bytes[start + at] !== labels[at]) return false;
  return true;
}

function append(table: Table, labels: LabelBytes, hash: number): number {
  const place = table.places++;
  const start = table.starts[place] ?? 0;
  const end = start + labels.length;
  if (end > table.bytes.length) {
    const longer = Buffer.allocUnsafe(end * 2);
    longer.set(table.bytes.subarray(0, start));
    table.bytes = longer;
  }
  table.bytes.set(labels, start);
  table.hashes[place] = hash;
  table.starts[place + 1] = end;
  return place;
}

function enlarge(table: Table): void {
  const { places } = table;
  table.starts = enlarged(table.starts, places * 2 + 1);
  table.hashes = enlarged(table.hashes, places * 2);
  const slots = new Int32Array(places * 4).fill(NONE);
  for (let place = 0; place < places; place++) {
    let slot = (table.hashes[place] ?? 0) & (slots.length - 1);
    while (slots[slot] !== NONE) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = place;
  }
  table.slots = slots;
}

/** The same numbers, with room for more. */
export function enlarged(values: Int32Array, length: number): Int32Array {
  const longer = new Int32Array(length);
  longer.set(values);
  return longer;
}

/** FNV-1a, with a sign. */
function hashOf(bytes: LabelBytes): number {
  let hash = 0x811c9dc5 | 0;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}
