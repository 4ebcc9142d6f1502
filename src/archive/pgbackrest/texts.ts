import type { WalFolder } from '../../storage/wal-folder.ts';
import { readWalText, type SmallFile } from '../../storage/wal-texts.ts';

/** Each takes a process: those of old backups follow with the next readings. */
const TEXTS_PER_READING = 50;

/** Reads histories and labels that were not read yet, histories first, then the newest labels. */
export async function readTexts(
  folders: ReadonlyMap<string, WalFolder>,
  get: (path: string) => Promise<Buffer | undefined>,
): Promise<ReadonlyMap<string, WalFolder>> {
  const wanted = [...folders].flatMap(([name, { small }]) =>
    [...small.values()].map((file) => ({ folder: name, file })),
  );
  const unread = wanted.filter(({ file }) => file.text === undefined && file.name.kind !== 'partial');
  const texts = new Map<SmallFile, SmallFile>();
  for (const { folder, file } of unread.toSorted((a, b) => rank(a.file) - rank(b.file)).slice(0, TEXTS_PER_READING)) {
    const head = await get(folder === '' ? file.fileName : `${folder}/${file.fileName}`);
    if (head === undefined) continue;
    const text = await readWalText(file, { head, tail: Buffer.alloc(0), sizeBytes: head.length });
    texts.set(file, { ...file, text });
  }
  return new Map([...folders].map(([name, folder]) => [name, withTexts(folder, texts)]));
}

function rank({ name, facts }: SmallFile): number {
  return name.kind === 'history' ? -Infinity : -(facts?.timeSeconds ?? 0);
}

function withTexts(folder: WalFolder, texts: ReadonlyMap<SmallFile, SmallFile>): WalFolder {
  if (![...folder.small.values()].some((file) => texts.has(file))) return folder;
  return { ...folder, small: new Map([...folder.small].map(([name, file]) => [name, texts.get(file) ?? file])) };
}
