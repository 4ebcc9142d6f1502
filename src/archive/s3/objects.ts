import { systemCode } from '../../core/error.ts';
import { forgetOpaque } from '../../storage/wal-sizes.ts';
import type { ListedFolder } from '../../storage/listed-folder.ts';
import type { TextAnswer, WantedText } from '../../storage/listed-texts.ts';
import type { S3Bucket } from '../../storage/s3.ts';
import type { LookReader } from '../../storage/wal-looks.ts';
import { LARGEST_TEXT_BYTES } from '../../storage/wal-texts.ts';

type Folders = ReadonlyMap<string, ListedFolder>;

/** Reads objects of an archive by the paths that folders have. */
export interface ObjectReader {
  readonly endsUntil: (signal: AbortSignal) => LookReader['ends'];
  readonly text: (wanted: WantedText, folders: Folders, signal: AbortSignal) => Promise<TextAnswer>;
  /** If what could not be read can be by now, all that was found closed is to be read anew. */
  readonly forgetWithheld: (folders: Folders, signal: AbortSignal) => Promise<Folders>;
}

export function createObjectReader(bucket: S3Bucket): ObjectReader {
  let withheld: string | undefined;

  /** Remembers what may not be read. */
  async function noting<T>(key: string, asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (thrown) {
      if (systemCode(thrown) === 'EACCES') withheld = key;
      throw thrown;
    }
  }

  async function head(key: string, bytes: number, signal: AbortSignal): Promise<TextAnswer> {
    try {
      return await noting(key, bucket.head(key, bytes, signal));
    } catch (thrown) {
      if (systemCode(thrown) === 'EACCES') return 'closed';
      throw thrown;
    }
  }

  return {
    endsUntil: (signal) => (path, wanted, sizeBytes) => {
      const key = toKey(path);
      return noting(key, bucket.ends({ key, sizeBytes }, wanted, signal));
    },
    text({ folder, file }, folders, signal) {
      return head(toKey(`${folders.get(folder)?.path ?? ''}/${file.fileName}`), LARGEST_TEXT_BYTES, signal);
    },
    async forgetWithheld(folders, signal) {
      if (withheld === undefined || (await head(withheld, 1, signal)) === 'closed') return folders;
      withheld = undefined;
      for (const folder of folders.values()) forgetOpaque(folder);
      return new Map([...folders].map(([name, folder]) => [name, withoutClosed(folder)]));
    },
  };
}

/** Below no prefix a path begins with the slash in front of the name. */
function toKey(path: string): string {
  return path.startsWith('/') ? path.slice(1) : path;
}

function withoutClosed(folder: ListedFolder): ListedFolder {
  const small = [...folder.small].map(
    ([name, file]) => [name, file.text?.kind === 'closed' ? { ...file, text: undefined } : file] as const,
  );
  return { ...folder, small: new Map(small) };
}
