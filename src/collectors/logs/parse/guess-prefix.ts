import { createPrefixReader, type PrefixMatch } from './prefix.ts';

const HEADS = [
  '%m [%p] ',
  '%t [%p]: [%l-1] ',
  '%m [%p]: [%l-1] ',
  '%t [%p]: ',
  '%m [%p]: ',
  '%t [%p] ',
  '%m [%p] %e ',
  '%m %p %e ',
  '%m [%p] %b ',
];

/** What stands behind it in sessions: of pgBadger's and PostgreSQL's manuals, of packages and of providers. */
const TAILS = [
  'user=%u,db=%d,app=%a,client=%h ',
  'user=%u,db=%d,app=%a,client=%r ',
  '[user=%u,db=%d,app=%a,client=%h] ',
  '[user=%u,db=%d,app=%a] ',
  'db=%d,user=%u,app=%a,client=%h ',
  'db=%d,user=%u,client=%h ',
  'db=%d,user=%u,host=%h ',
  'user=%u,db=%d,client=%h ',
  'user=%u,db=%d,host=%h ',
  'db=%d,user=%u ',
  'user=%u,db=%d ',
  '%u@%d,%a,%h ',
  '%u@%d/%a ',
  '%u@%d [%a] ',
  '%u@%d %h ',
  '%u@%d ',
  '',
];

/** Without a blank at the end, or of an order of their own. */
const OTHERS = ['%t:%r:%u@%d:[%p]:', '%t-%c-', '%m ', '%t ', ''];

const CANDIDATES: readonly string[] = [
  ...OTHERS,
  ...HEADS.flatMap((head) => TAILS.map((tail) => (tail === '' ? head : `${head}%q${tail}`))),
];

const MOST_LINES = 400;

interface Score {
  readonly prefix: string;
  readonly lines: number;
  /** Values that the lines give. */
  readonly values: number;
}

/** The prefix of most of these lines among the usual ones, the more telling first; undefined if none has any. */
export function guessPrefix(lines: readonly string[], isWord: (word: string) => boolean): string | undefined {
  const sample = lines.slice(0, MOST_LINES);
  let best: Score = { prefix: '', lines: 0, values: 0 };
  for (const prefix of CANDIDATES) {
    const { read } = createPrefixReader(prefix);
    const found = sample.flatMap((line) => read(line) ?? []).filter(({ word }) => isWord(word));
    const score = { prefix: asItIs(prefix, found), lines: found.length, values: countValues(found) };
    if (isBetter(score, best)) best = score;
  }
  return best.lines === 0 ? undefined : best.prefix;
}

function isBetter(score: Score, than: Score): boolean {
  return score.lines > than.lines || (score.lines === than.lines && score.values > than.values);
}

function countValues(found: readonly PrefixMatch[]): number {
  return found.reduce((sum, { fields }) => sum + Object.values(fields).filter((value) => value !== '').length, 0);
}

/** Where processes of no session have the names, too, all empty, there is no `%q`; nobody knows what no line shows. */
function asItIs(prefix: string, found: readonly PrefixMatch[]): string {
  if (!found.some(({ isOfSession }) => isOfSession)) return prefix.replace(/%q.*/, '');
  const hasEmpty = found.some(({ isOfSession, fields }) => isOfSession && fields.user === '' && fields.datname === '');
  return hasEmpty ? prefix.replace('%q', '') : prefix;
}
