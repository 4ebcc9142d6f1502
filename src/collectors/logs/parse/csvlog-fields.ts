const QUOTE = 0x22;

/** Places of the columns. 13 has 23 or 24 of them, 14 and newer 26; the first 24 mean the same. */
export const COLUMN = {
  time: 0,
  user: 1,
  datname: 2,
  pid: 3,
  from: 4,
  severity: 11,
  sqlstate: 12,
  message: 13,
  detail: 14,
  hint: 15,
  context: 18,
  statement: 19,
  application: 22,
  backendType: 23,
} as const;

const FEWEST_COLUMNS = 23;
const MOST_COLUMNS = 26;

const TIME = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`;
const NAME = '(?:"[^"\\n]{1,200}")?';
const SESSION = String.raw`\d{0,10},${NAME},[0-9a-f]{1,16}\.[0-9a-f]{1,8},\d{1,20},${NAME},${TIME} [^,"\n]{1,40}`;
/** Up to the message, which has quotes in pairs behind the one that opens it. */
const BEGINNING = String.raw`${TIME}\.\d{3} [^,"\n]{1,40},${NAME},${NAME},${SESSION},[^,"\n]{0,40},\d{0,20},[^\s,"]{1,100},[0-9A-Z]{5},"(?:""){0,200}[^",\n]`;

const BEGINNINGS = new RegExp(BEGINNING, 'g');

/**
 * Where in a text, behind its first character, another record certainly begins; -1 if none does.
 *
 * Within quotes a server doubles each quote, so a message that quotes a line of csvlog has its quotes in pairs. Here one
 * stands alone: what came before was torn.
 */
export function nextBeginning(text: string, from = 1): number {
  BEGINNINGS.lastIndex = from;
  return BEGINNINGS.exec(text)?.index ?? -1;
}

/** The fields of one record without the quotes around them; one that was torn or cut must reach the message. */
export function fieldsOf(record: string, isWhole: boolean): readonly string[] | undefined {
  const fields: string[] = [];
  let from = 0;
  while (from <= record.length && fields.length <= MOST_COLUMNS) {
    if (record.charCodeAt(from) === QUOTE) {
      const end = closingQuote(record, from + 1);
      fields.push(record.slice(from + 1, end).replaceAll('""', '"'));
      from = end + 2;
    } else {
      const comma = record.indexOf(',', from);
      const end = comma === -1 ? record.length : comma;
      fields.push(record.slice(from, end));
      from = end + 1;
    }
  }
  const fewest = isWhole ? FEWEST_COLUMNS : COLUMN.message + 1;
  const isRecord = fields.length >= fewest && fields.length <= MOST_COLUMNS;
  return isRecord && /^[0-9A-Z]{5}$/.test(fields[COLUMN.sqlstate] ?? '') ? fields : undefined;
}

function closingQuote(record: string, from: number): number {
  for (let at = record.indexOf('"', from); at !== -1; at = record.indexOf('"', at + 2)) {
    if (record.charCodeAt(at + 1) !== QUOTE) return at;
  }
  return record.length;
}
