import { type ArchiveContents, type ArchiveSource, emptyArchive } from '../../core/catalogue.ts';
import { WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import { createIdentities } from '../../core/wal-marks.ts';
import type { ListedFolder } from '../../storage/listed-folder.ts';
import { readTexts } from '../../storage/listed-texts.ts';
import { createS3Bucket } from '../../storage/s3.ts';
import { nameOf, type S3Place } from '../../storage/s3-place.ts';
import { createHiddenEncryption } from '../../storage/hidden-encryption.ts';
import { contentsOf } from '../../storage/tree-contents.ts';
import { lookIntoFiles } from '../../storage/wal-looks.ts';
import { isOfWalG, listArchive } from './listing.ts';
import { createObjectReader } from './objects.ts';

export interface S3ArchiveOptions {
  readonly place: S3Place;
  /** Empty, or it ends in a slash. */
  readonly prefix: string;
  /** Objects that one reading looks into, at most. */
  readonly looksPerReading?: number;
}

type Folders = ReadonlyMap<string, ListedFolder>;

const DEFAULT_LOOKS_PER_READING = 1_000;
/** Each takes some ten milliseconds, nearly all of them on the way. */
const ASKED_AT_ONCE = 8;

/** WAL in a bucket: below a prefix, or as Barman and WAL-G lay it out there. */
export function createS3Archive({ place, prefix, looksPerReading }: S3ArchiveOptions): ArchiveSource {
  const bucket = createS3Bucket(place);
  const objects = createObjectReader(bucket);
  const identities = createIdentities();
  const closeEncrypted = createHiddenEncryption(identities);
  const budget = looksPerReading ?? DEFAULT_LOOKS_PER_READING;
  let folders: Folders | undefined;
  let segmentBytes: number | undefined;

  return {
    method: 's3',
    async read(known, signal): Promise<ArchiveContents> {
      const nowSeconds = Date.now() / 1_000;
      const listed = await listArchive(bucket, prefix, folders ?? new Map(), signal);
      if (listed.size === 0 && folders === undefined) throw nothingThere(place, prefix);
      const opened = await objects.forgetWithheld(listed, signal);
      // What is known by now is kept, should the time be over before the rest is.
      folders = opened;
      if (opened.size === 0) return emptyArchive(nowSeconds);
      folders = await readTexts(opened, (wanted) => objects.text(wanted, opened, signal));
      const all = [...folders.values()];
      const reader = { ends: objects.endsUntil(signal), signal, atOnce: ASKED_AT_ONCE };
      await lookIntoFiles(reader, all, { identities, budget, segmentBytes: known.segmentBytes ?? segmentBytes });
      closeEncrypted([...folders].filter(([name]) => isOfWalG(name)).map(([, folder]) => folder));
      // An object is there whole, or not at all.
      const reading = { folders: all, identities, known, encrypted: false, nowSeconds, settledSeconds: 0 };
      const contents = await contentsOf(reading);
      ({ segmentBytes } = contents);
      return contents;
    },
  };
}

/** A bucket has no folders, so one that is empty cannot be told from one that is misspelled. */
function nothingThere(place: S3Place, prefix: string): WalguardError {
  return new WalguardError('SOURCE_NOT_FOUND', `There is no WAL below ${nameOf(place, printable(prefix))}`, {
    hint: 'Correct the prefix in the configuration, or see why nothing was archived there yet.',
  });
}
