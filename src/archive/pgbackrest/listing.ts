import { WalguardError } from '../../core/error.ts';
import type { FileFacts } from '../../storage/file-facts.ts';

/** What `pgbackrest repo-ls` tells of one file or folder; times are whole seconds. */
export type RepositoryFile = Pick<FileFacts, 'kind' | 'sizeBytes' | 'timeSeconds'>;

/** Files and folders by their paths below the one that was listed. */
export type RepositoryListing = ReadonlyMap<string, RepositoryFile>;

const KINDS: Readonly<Record<string, FileFacts['kind']>> = {
  file: 'file',
  path: 'folder',
  link: 'other',
  special: 'other',
};

/** Reads what `pgbackrest repo-ls --output=json` printed. Throws SOURCE_BAD_ANSWER. */
export function parseListing(text: string): RepositoryListing {
  const entries = Object.entries(parseObject(text));
  return new Map(entries.filter(([path]) => path !== '.').map(([path, entry]) => [path, readEntry(path, entry)]));
}

function parseObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (thrown) {
    throw badAnswer(`what it printed is not whole (${text.length} characters)`, thrown);
  }
  throw badAnswer('it printed no list of files');
}

function readEntry(path: string, entry: unknown): RepositoryFile {
  const { type, size = 0, time = 0 } = (entry ?? {}) as Readonly<Record<string, unknown>>;
  const kind = typeof type === 'string' && Object.hasOwn(KINDS, type) ? KINDS[type] : undefined;
  if (kind === undefined || typeof size !== 'number' || typeof time !== 'number')
    throw badAnswer(`it says something else of ${JSON.stringify(path)} than type, size and time`);
  return { kind, sizeBytes: size, timeSeconds: time };
}

function badAnswer(what: string, cause?: unknown): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `pgbackrest repo-ls cannot be understood: ${what}`, {
    hint: 'Run it by hand as the user walguard runs as. walguard knows pgBackRest 2.30 to 2.60.',
    ...(cause === undefined ? {} : { cause }),
  });
}
