import type { WalFolder } from './wal-folder.ts';
import { LARGEST_TEXT_BYTES, readWalText, type SmallFile, type WalText } from './wal-texts.ts';

/** Each takes a process or a request: those of old backups follow with the next readings. */
const TEXTS_PER_READING = 50;

/** What is to be read: the file's folder (its key in the map), and the file. */
export interface WantedText {
  readonly folder: string;
  readonly file: SmallFile;
}

/** Undefined is gone; `closed` may not be read. */
export type TextAnswer = Buffer | 'closed' | undefined;

/** Reads histories and labels that were not read yet, histories first, then the newest labels. */
export async function readTexts<Folder extends WalFolder>(
  folders: ReadonlyMap<string, Folder>,
  get: (wanted: WantedText) => Promise<TextAnswer>,
): Promise<ReadonlyMap<string, Folder>> {
  const all = [...folders].flatMap(([folder, { small }]) => [...small.values()].map((file) => ({ folder, file })));
  const unread = all.filter(({ file }) => file.text === undefined && file.name.kind !== 'partial');
  const texts = new Map<SmallFile, SmallFile>();
  for (const wanted of unread.toSorted((a, b) => rank(a.file) - rank(b.file)).slice(0, TEXTS_PER_READING)) {
    const text = await readText(wanted, get);
    if (text !== undefined) texts.set(wanted.file, { ...wanted.file, text });
  }
  return new Map([...folders].map(([name, folder]) => [name, withTexts(folder, texts)]));
}

async function readText(
  wanted: WantedText,
  get: (wanted: WantedText) => Promise<TextAnswer>,
): Promise<WalText | undefined> {
  const { file } = wanted;
  if ((file.facts?.sizeBytes ?? 0) > LARGEST_TEXT_BYTES) return { kind: 'bad', reason: 'unreadable' };
  const head = await get(wanted);
  if (head === undefined) return undefined;
  if (head === 'closed' || file.name.encryption !== '') return { kind: 'closed' };
  return await readWalText(file, { head, tail: Buffer.alloc(0), sizeBytes: head.length });
}

function rank({ name, facts }: SmallFile): number {
  return name.kind === 'history' ? -Infinity : -(facts?.timeSeconds ?? 0);
}

function withTexts<Folder extends WalFolder>(folder: Folder, texts: ReadonlyMap<SmallFile, SmallFile>): Folder {
  if (![...folder.small.values()].some((file) => texts.has(file))) return folder;
  return { ...folder, small: new Map([...folder.small].map(([name, file]) => [name, texts.get(file) ?? file])) };
}
