import { parseLsn } from '../../core/lsn.ts';

/** Object ids of the types whose text is not a number. Source: pg_type.dat. */
const BOOL = 16;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const INTERVAL = 1186;
const PG_LSN = 3220;

/** Turns the text of a cell into a number as the exposition formats write it; undefined if it is none. */
export type ToNumber = (text: string) => string | undefined;

/**
 * Chooses how a column's cells become numbers: booleans 0 or 1, timestamps Unix seconds, intervals seconds, LSNs
 * bytes; everything else passes through as PostgreSQL wrote it.
 */
export function numberReader(typeOid: number): ToNumber {
  switch (typeOid) {
    case BOOL:
      return (text) => (text === 't' ? '1' : '0');
    case TIMESTAMP:
    case TIMESTAMPTZ:
      return readTimestamp;
    case INTERVAL:
      return readInterval;
    case PG_LSN:
      return (text) => parseLsn(text)?.toString();
    default:
      return readNumber;
  }
}

const PLAIN_NUMBER = /^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$/;
const SPECIAL_NUMBERS: Readonly<Record<string, string>> = { NaN: 'NaN', Infinity: '+Inf', '-Infinity': '-Inf' };

function readNumber(text: string): string | undefined {
  return PLAIN_NUMBER.test(text) ? text : SPECIAL_NUMBERS[text];
}

const TIMESTAMP_TEXT = /^(\d{4,})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d+)?(?:\+00)?( BC)?$/;

/** Reads PostgreSQL's ISO form in UTC, which the session asks for. */
function readTimestamp(text: string): string | undefined {
  if (text === 'infinity') return '+Inf';
  if (text === '-infinity') return '-Inf';
  const match = TIMESTAMP_TEXT.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(match[8] === undefined ? (year ?? 0) : 1 - (year ?? 0), (month ?? 1) - 1, day ?? 1);
  date.setUTCHours(hour ?? 0, minute ?? 0, second ?? 0);
  const seconds = date.getTime() / 1_000;
  const fraction = Number(match[7] ?? 0);
  return fraction === 0 ? String(seconds) : (seconds + fraction).toFixed(6).replace(/0+$/, '');
}

const INTERVAL_TEXT = /^(?:(-?\d+) years? ?)?(?:(-?\d+) mons? ?)?(?:(-?\d+) days? ?)?(?:([-+]?)(\d+):(\d\d):(\d\d(?:\.\d+)?))?$/;
const SECONDS_PER_DAY = 86_400;

/** Reads the style `postgres`; months and years count as extract(epoch) counts them: 30 days and 365.25 days. */
function readInterval(text: string): string | undefined {
  const match = INTERVAL_TEXT.exec(text);
  if (match === null || text === '') return undefined;
  const [years, months, days] = match.slice(1, 4).map((part) => Number(part ?? 0));
  const time = Number(match[5] ?? 0) * 3_600 + Number(match[6] ?? 0) * 60 + Number(match[7] ?? 0);
  const dayCount = (years ?? 0) * 365.25 + (months ?? 0) * 30 + (days ?? 0);
  return String(Number((dayCount * SECONDS_PER_DAY + (match[4] === '-' ? -time : time)).toFixed(6)));
}
