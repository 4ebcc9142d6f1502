/**
 * One byte for what is known of a file's content: a mark, or the number of an identity that its header gave, and two
 * flags beside it.
 */
export const MARKS = {
  /** Nobody looked yet. */
  unread: 0,
  /** Encrypted, or compressed in a way that cannot be undone here. */
  opaque: 1,
  /** No regular file, no permission, a broken disk. */
  unreadable: 2,
  /** Not the beginning of the segment that its name says. */
  wrongHeader: 3,
  /** Compressed, and its end is missing, or it is not a whole segment. */
  cut: 4,
} as const;

const FIRST_IDENTITY = 8;
const KIND = 63;
/** To be asked again at the next reading. */
const DOUBTFUL = 64;
/** The content is packed, whatever the name says. */
const PACKED = 128;

/** Which server wrote a segment, as its header says. */
export interface WalIdentity {
  /** Decimal text. */
  readonly systemIdentifier: string;
  readonly segmentBytes: number;
  /** The timeline in the header, if it is an older one than the name's; undefined if they are equal. */
  readonly olderTimeline: number | undefined;
}

/** The identities that were met, each with its mark: there are few. */
export interface WalIdentities {
  /** The mark of one; that of a wrong header if there were too many, which no archive of one server has. */
  readonly markOf: (identity: WalIdentity) => number;
  readonly all: readonly WalIdentity[];
}

export function createIdentities(): WalIdentities {
  const all: WalIdentity[] = [];
  return {
    all,
    markOf(identity) {
      const found = all.findIndex((other) => sameIdentity(other, identity));
      if (found >= 0) return FIRST_IDENTITY + found;
      if (FIRST_IDENTITY + all.length > KIND) return MARKS.wrongHeader;
      all.push(identity);
      return FIRST_IDENTITY + all.length - 1;
    },
  };
}

function sameIdentity(a: WalIdentity, b: WalIdentity): boolean {
  return (
    a.systemIdentifier === b.systemIdentifier &&
    a.segmentBytes === b.segmentBytes &&
    a.olderTimeline === b.olderTimeline
  );
}

/** The identity behind a mark; undefined if it has none. */
export function identityOf(mark: number, { all }: Pick<WalIdentities, 'all'>): WalIdentity | undefined {
  const kind = mark & KIND;
  return kind < FIRST_IDENTITY ? undefined : all[kind - FIRST_IDENTITY];
}

/** The mark without its flags. */
export function kindOfMark(mark: number): number {
  return mark & KIND;
}

export function isPacked(mark: number): boolean {
  return (mark & PACKED) !== 0;
}

export function withPacked(mark: number): number {
  return mark | PACKED;
}

export function isDoubtful(mark: number): boolean {
  return (mark & DOUBTFUL) !== 0;
}

export function withDoubt(mark: number, doubtful: boolean): number {
  return doubtful ? mark | DOUBTFUL : mark & ~DOUBTFUL;
}
