import { isPlain, type WalFiles } from '../core/wal-files.ts';
import { kindOfMark, MARKS, type WalIdentities, withPacked } from '../core/wal-marks.ts';
import type { WalFolder } from './wal-folder.ts';

/**
 * Takes packed files that do not begin as their names say for encrypted, if most of those that were looked into are so:
 * some tools encrypt and leave the name as it was. Marks them; remembers what it found.
 */
export function createHiddenEncryption({ all }: Pick<WalIdentities, 'all'>): (folders: readonly WalFolder[]) => void {
  let isHidden = false;
  return (folders) => {
    const files = folders.flatMap(({ timelines }) => [...timelines.values()]);
    // A header that could be read shows that nothing is encrypted.
    isHidden = all.length === 0 && (isHidden || areMostStrange(files));
    if (isHidden) for (const each of files) close(each);
  };
}

function areMostStrange(files: readonly WalFiles[]): boolean {
  let [strange, usual] = [0, 0];
  for (const each of files) {
    for (const [index, mark] of each.marks.entries()) {
      const kind = kindOfMark(mark);
      if (kind === MARKS.opaque || kind === MARKS.cut) usual += 1;
      else if (isStrange(each, index)) strange += 1;
    }
  }
  return strange > usual;
}

function close(files: WalFiles): void {
  for (let index = 0; index < files.marks.length; index += 1)
    if (isStrange(files, index)) files.marks[index] = withPacked(MARKS.opaque);
}

function isStrange({ codes, marks }: WalFiles, index: number): boolean {
  return kindOfMark(marks[index] ?? 0) === MARKS.wrongHeader && !isPlain(codes[index] ?? 0);
}
