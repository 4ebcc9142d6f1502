import { WalguardError } from '../../core/error.ts';
import { withoutLog } from '../../process/wal-g.ts';
import type { FileFacts } from '../../storage/file-facts.ts';

/** A file of the listed folder. */
export type ListedFile = Pick<FileFacts, 'sizeBytes' | 'timeSeconds'> & { readonly name: string };

/** As Go writes a time by itself; the zone may have no name but its distance. */
const TIME = String.raw`(?<date>\d{4}-\d\d-\d\d) (?<clock>\d\d:\d\d:\d\d(?:\.\d+)?) (?<zone>[+-]\d{4}) \S+`;

/** Columns are padded with blanks; which they are, and in which order, changed with the versions. */
const TABLES: readonly { readonly header: RegExp; readonly line: RegExp }[] = [
  {
    header: /^type +size +last modified +name *$/,
    line: new RegExp(`^(?<type>obj|dir) +(?<size>\\d+) +${TIME} +(?<name>\\S.*)$`),
  },
  { header: /^size +last modified +name *$/, line: new RegExp(`^(?<size>\\d+) +${TIME} +(?<name>\\S.*)$`) },
  { header: /^name +last modified +size *$/, line: new RegExp(`^(?<name>\\S.*?) +${TIME} +(?<size>\\d+) *$`) },
];

/** Reads what `wal-g st ls` printed. Throws SOURCE_BAD_ANSWER. */
export function parseListing(stdout: string): readonly ListedFile[] {
  const text = withoutLog(stdout);
  const [header = '', ...lines] = text.split('\n').filter((line) => line.trim() !== '');
  const table = TABLES.find((each) => each.header.test(header));
  if (table === undefined) throw badAnswer('it is no list of files');
  if (!text.endsWith('\n')) throw badAnswer(`what it printed is not whole (${stdout.length} characters)`);
  return lines.flatMap((line) => readLine(line, table.line) ?? []);
}

/** Undefined for a folder. */
function readLine(line: string, pattern: RegExp): ListedFile | undefined {
  const { type, name, size, date, clock, zone = '' } = pattern.exec(line)?.groups ?? {};
  const timeSeconds = Date.parse(`${date}T${clock}${zone.slice(0, 3)}:${zone.slice(3)}`) / 1000;
  if (name === undefined || Number.isNaN(timeSeconds))
    throw badAnswer(`it says something else than size, time and name: ${JSON.stringify(line.slice(0, 200))}`);
  if (type === 'dir') return undefined;
  // Some versions name files from the root of the storage on.
  return { name: name.slice(name.lastIndexOf('/') + 1), sizeBytes: Number(size), timeSeconds };
}

function badAnswer(what: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `wal-g st ls cannot be understood: ${what}`, {
    hint: 'Run wal-g st ls wal_005 by hand as the user walguard runs as. walguard knows the tables of WAL-G 1.1 to 3.0.',
  });
}
