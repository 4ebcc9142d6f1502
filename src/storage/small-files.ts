import { systemCode } from '../core/error.ts';
import { type ArchiveReader, askFiles } from './asked-files.ts';
import type { FileFacts } from './file-facts.ts';
import { unlessAborted } from './file-errors.ts';
import type { WalFolder } from './wal-folder.ts';
import { LARGEST_TEXT_BYTES, readWalText, type SmallFile, type WalText } from './wal-texts.ts';

/**
 * Asks for the sizes and times of labels, histories and beginnings of segments, and reads what is new of the first two.
 *
 * Beginnings grow until the segment is full, and are asked each time.
 */
export async function readSmallFiles(folder: WalFolder, all: boolean, reader: ArchiveReader): Promise<WalFolder> {
  const asked = [...folder.small.values()].filter(
    ({ facts, name, text }) => all || facts === undefined || name.kind === 'partial' || text?.kind === 'bad',
  );
  if (asked.length === 0) return folder;
  const small = new Map(folder.small);
  const questions = asked.map((about) => ({ path: `${folder.path}/${about.fileName}`, about }));
  await askFiles(reader, asked.length, questions, (file, facts) => {
    if (facts === undefined && !folder.links.has(file.fileName)) small.delete(file.fileName);
    else small.set(file.fileName, renewed(file, facts ?? BROKEN));
  });
  for (const file of small.values()) {
    if (file.text !== undefined || file.name.kind === 'partial') continue;
    small.set(file.fileName, { ...file, text: await readText(`${folder.path}/${file.fileName}`, file, reader) });
  }
  return { ...folder, small };
}

const BROKEN: FileFacts = { kind: 'other', sizeBytes: 0, timeSeconds: 0, inode: 0, device: 0 };
const UNREADABLE = { kind: 'bad', reason: 'unreadable' } as const;

function renewed(file: SmallFile, facts: FileFacts): SmallFile {
  const isSame = facts.timeSeconds === file.facts?.timeSeconds && facts.sizeBytes === file.facts.sizeBytes;
  return { ...file, facts, text: isSame ? file.text : undefined };
}

async function readText(path: string, file: SmallFile, { access, signal }: ArchiveReader): Promise<WalText> {
  if (file.facts?.kind !== 'file' || file.facts.sizeBytes > LARGEST_TEXT_BYTES) return UNREADABLE;
  if (file.name.encryption !== '') return { kind: 'closed' };
  try {
    const wanted = { headBytes: LARGEST_TEXT_BYTES, tailBytes: 0 };
    const ends = await unlessAborted(access.ends(path, wanted), signal, path);
    return ends === undefined ? UNREADABLE : await readWalText(file, ends);
  } catch (thrown) {
    const code = systemCode(thrown);
    if (code === 'EACCES' || code === 'EPERM') return { kind: 'closed' };
    if (code === 'EIO') return UNREADABLE;
    throw thrown;
  }
}
