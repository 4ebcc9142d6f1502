import { parseLsn } from '../../core/lsn.ts';

/** Object ids of the types whose text is not a number. Source: pg_type.dat. */
export const BOOL = 16;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const INTERVAL = 1186;
const MONEY = 790;
const PG_LSN = 3220;

/** Types of moments, whose text numberReader() turns into Unix seconds. */
export function isMoment(typeOid: number): boolean {
  return typeOid === DATE || typeOid === TIMESTAMP || typeOid === TIMESTAMPTZ;
}

/** Turns the text of a cell into a number as the exposition formats write it; undefined if it is none. */
export type ToNumber = (text: string) => string | undefined;

/**
 * Chooses how a column's cells become numbers: booleans 0 or 1, dates and timestamps Unix seconds, intervals seconds,
 * LSNs bytes; everything else passes through as PostgreSQL wrote it.
 */
export function numberReader(typeOid: number): ToNumber {
  switch (typeOid) {
    case BOOL:
      return (text) => (text === 't' ? '1' : '0');
    case DATE:
    case TIMESTAMP:
    case TIMESTAMPTZ:
      return readTimestamp;
    case INTERVAL:
      return readInterval;
    case MONEY:
      return readMoney;
    case PG_LSN:
      return (text) => parseLsn(text)?.toString();
    default:
      return readNumber;
  }
}

const PLAIN_NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;
/** Of numbers, and in small letters of moments and (since 17) intervals. */
const SPECIAL_NUMBERS: ReadonlyMap<string, string> = new Map([
  ['NaN', 'NaN'],
  ['Infinity', '+Inf'],
  ['-Infinity', '-Inf'],
  ['infinity', '+Inf'],
  ['-infinity', '-Inf'],
]);

/** Reads a number that PostgreSQL wrote; it stays as it is. */
export function readNumber(text: string): string | undefined {
  if (isShortInteger(text)) return text;
  if (!PLAIN_NUMBER.test(text)) return SPECIAL_NUMBERS.get(text);
  // Prometheus refuses a whole page for one number that no double can hold, and numeric has 131072 digits.
  return Number.isFinite(Number(text)) ? text : undefined;
}

const ZERO = '0'.charCodeAt(0);
const NINE = '9'.charCodeAt(0);
const MINUS = '-'.charCodeAt(0);
const POINT = '.'.charCodeAt(0);
/** Fewer than a double can hold. */
const SHORT = 300;

/** True for whole numbers and decimal fractions, which nearly all cells are; the rest is for readNumber to say. */
export function isPlainNumber(bytes: Uint8Array, start: number, end: number): boolean {
  let at = bytes[start] === MINUS ? start + 1 : start;
  const first = at;
  while (at < end && isDigit(bytes[at])) at++;
  if (at === first || end - start >= SHORT) return false;
  if (bytes[at] !== POINT || at === end) return at === end;
  const fraction = ++at;
  while (at < end && isDigit(bytes[at])) at++;
  return at === end && at > fraction;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

/** What nearly all cells are; the expression takes three times as long to say so. */
function isShortInteger(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < ZERO || code > NINE) return false;
  }
  return text !== '' && text.length < SHORT;
}

/** As lc_monetary C and most English ones write it; elsewhere a comma may be the point, and nobody can tell. */
const MONEY_TEXT = /^(-?)[^\d.,\s()-]*(\d{1,3}(?:,\d{3})*(?:\.\d{2})?)$/;

function readMoney(text: string): string | undefined {
  const match = MONEY_TEXT.exec(text);
  return match === null ? undefined : `${match[1]}${match[2]?.replaceAll(',', '')}`;
}

const TIMESTAMP_TEXT = /^(\d{4,})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(\.\d+)?(?:\+00)?)?( BC)?$/;

/** Reads PostgreSQL's ISO form in UTC, which the session asks for. */
function readTimestamp(text: string): string | undefined {
  const match = TIMESTAMP_TEXT.exec(text);
  if (match === null) return SPECIAL_NUMBERS.get(text);
  const parts: readonly (string | undefined)[] = match.slice(1, 7);
  const [year, month, day, hour, minute, second] = parts.map((part) => Number(part ?? 0));
  const date = new Date(0);
  date.setUTCFullYear(match[8] === undefined ? (year ?? 0) : 1 - (year ?? 0), (month ?? 1) - 1, day ?? 1);
  date.setUTCHours(hour ?? 0, minute ?? 0, second ?? 0);
  // The years after 275760, which PostgreSQL has and JavaScript has not.
  if (Number.isNaN(date.getTime())) return undefined;
  return toSeconds(BigInt(date.getTime()) * 1_000n + toMicroseconds(match[7]));
}

/** A sign stands before a part that is negative, and before one that is not if it follows one that is. */
const INTERVAL_TEXT =
  /^(?:([-+]?\d+) years? ?)?(?:([-+]?\d+) mons? ?)?(?:([-+]?\d+) days? ?)?(?:([-+]?)(\d+):(\d\d):(\d\d)(\.\d+)?)?$/;
/** As extract(epoch) counts them: a year has 365.25 days, a month 30. */
const SECONDS_OF_YEAR_MONTH_DAY = [31_557_600n, 2_592_000n, 86_400n] as const;
const SECONDS_OF_HOUR_MINUTE_SECOND = [3_600n, 60n, 1n] as const;

/** Reads the style `postgres`, which the session asks for. */
function readInterval(text: string): string | undefined {
  const match = INTERVAL_TEXT.exec(text);
  if (match === null || text === '') return SPECIAL_NUMBERS.get(text);
  const days = sumParts(match.slice(1, 4), SECONDS_OF_YEAR_MONTH_DAY) * 1_000_000n;
  const time = sumParts(match.slice(5, 8), SECONDS_OF_HOUR_MINUTE_SECOND) * 1_000_000n + toMicroseconds(match[8]);
  return toSeconds(match[4] === '-' ? days - time : days + time);
}

function sumParts(parts: readonly (string | undefined)[], seconds: readonly bigint[]): bigint {
  return seconds.reduce((sum, unit, index) => sum + unit * BigInt(parts[index] ?? 0), 0n);
}

/** @param fraction the digits after the seconds, with their point */
function toMicroseconds(fraction: string | undefined): bigint {
  return BigInt((fraction ?? '.').slice(1, 7).padEnd(6, '0'));
}

/** Writes seconds with the digits they have: a double would round moments far away. */
function toSeconds(microseconds: bigint): string {
  const size = microseconds < 0n ? -microseconds : microseconds;
  const fraction = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${microseconds < 0n ? '-' : ''}${size / 1_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}
