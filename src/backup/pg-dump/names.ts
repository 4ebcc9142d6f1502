import { globSource } from '../../core/glob.ts';

/** What the name of a file or folder tells of the dump in it. */
export interface DumpName {
  /** Its ending is one that dumps have. */
  readonly looksLikeDump: boolean;
  /** The ending is that of a script: others than pg_dump write such files too. */
  readonly isScript: boolean;
  /** What it is encrypted with by its name, as `gpg`; empty if with nothing. */
  readonly encryption: string;
  /** Undefined if its name is all date and ending. */
  readonly datname: string | undefined;
  /** The configuration says where in the name the database stands. */
  readonly isCertain: boolean;
}

/** The path below the folder that is read. Undefined if the configuration names other files. */
export type ReadName = (path: string) => DumpName | undefined;

const PACKED = /\.(?:gz|gzip|zst|zstd|lz4|xz|bz2)$/i;
const ENCRYPTED = /\.(gpg|pgp|age|enc|aes)$/i;
const ENDING = /\.(?:sql|psql|pgsql|dump|dmp|pgdump|pg_dump|backup|bak|custom|pgc|tar|dir|out)$/i;
const SCRIPT = /\.(?:sql|psql|pgsql|bak|backup|tar|out)$/i;

/** A day and what may follow of its time: 2026-11-22, 20261122_0300, 2026-11-22T03:00:00+01:00, 2026-11-22_03h00m. */
const MOMENT = String.raw`(?:19|20)\d{2}[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])(?:[-_.T ]*\d{1,2}[-_.:h]?\d{2}(?:[-_.:m]?\d{2})?m?)?(?:Z|[+-]\d{2}:?\d{2})?`;
const SEPARATORS = /^[-_.@ ]+|[-_.@ ]+$/g;

/** A file that is moved to its name once it is whole, or that is none of anybody's. */
export function isHidden(name: string): boolean {
  return (
    name.startsWith('.') || /(?:\.(?:tmp|temp|part|partial|filepart|crdownload|md5|sha\d*|asc|sig|log)|~)$/i.test(name)
  );
}

/**
 * How names are read.
 *
 * @param patterns of the configuration, `{datname}-{date}.sql.gz`: only files that match one are dumps; without any, the
 * database is what stands before the date, or behind it, or is what its folder is called
 */
export function nameReader(patterns: readonly string[]): ReadName {
  if (patterns.length === 0) return (path) => guess(path);
  const readers = patterns.map((pattern) => ({ isPath: pattern.includes('/'), expression: toExpression(pattern) }));
  return (path) => {
    for (const { isPath, expression } of readers) {
      const match = expression.exec(isPath ? path : lastPart(path));
      if (match === null) continue;
      const datname = match.groups?.['datname'];
      const guessed = guess(path);
      return {
        ...guessed,
        looksLikeDump: true,
        isScript: false,
        datname: datname ?? guessed.datname,
        isCertain: datname !== undefined,
      };
    }
    return undefined;
  };
}

function toExpression(pattern: string): RegExp {
  const source = pattern
    .split(/(\{datname\}|\{date\})/)
    .map((piece) => (piece === '{datname}' ? '(?<datname>.+?)' : piece === '{date}' ? MOMENT : globSource(piece)));
  return new RegExp(`^${source.join('')}$`, 's');
}

function guess(path: string): DumpName {
  const parts = path.split('/');
  const { stem, ...rest } = withoutEndings(lastPart(path));
  const names = [stem, ...parts.slice(0, -1).toReversed()].map(withoutDate);
  return { ...rest, datname: names.find((name) => name !== undefined), isCertain: false };
}

function withoutEndings(name: string): Omit<DumpName, 'datname' | 'isCertain'> & { readonly stem: string } {
  const encryption = ENCRYPTED.exec(name)?.[1]?.toLowerCase() ?? '';
  const bare = name.replace(ENCRYPTED, '').replace(PACKED, '');
  return {
    stem: bare.replace(ENDING, ''),
    looksLikeDump: ENDING.test(bare),
    isScript: SCRIPT.test(bare),
    encryption,
  };
}

/** What stands before the date, else behind it; undefined if there is nothing else. */
function withoutDate(stem: string): string | undefined {
  const [before = '', ...after] = stem.split(new RegExp(MOMENT));
  const names = [before, after.join('')].map((part) => part.replaceAll(SEPARATORS, ''));
  return names.find((name) => name !== '');
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
