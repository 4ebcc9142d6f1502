import { isSegmentSize } from '../../core/segments.ts';
import { isPlain } from '../../core/wal-files.ts';
import { createFolderListing, type ListedFolder } from '../../storage/listed-folder.ts';
import type { WalFolder } from '../../storage/wal-folder.ts';
import type { RepositoryListing } from './listing.ts';

/** A folder as it was listed; texts that were read of it stay, as far as the files are the same. No content is seen. */
export async function toFolder(name: string, listing: RepositoryListing, known?: ListedFolder): Promise<ListedFolder> {
  const folder = createFolderListing(name, false);
  for (const [fileName, file] of listing) if (file.kind !== 'folder') folder.add(fileName, { ...file, tag: 0 });
  return await folder.finish(known);
}

/** Encryption shows in no name, but then nothing has the size of a segment. */
export function isEncrypted(folders: readonly WalFolder[]): boolean {
  const files = folders.flatMap(({ timelines }) => [...timelines.values()]);
  const sizes = files.flatMap((each) => [...each.sizes].filter((_, index) => isPlain(each.codes[index] ?? 0)));
  return sizes.length > 0 && !sizes.some(isSegmentSize);
}
