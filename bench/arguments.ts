import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { closest } from 'fastest-levenshtein';
import { availableMajors, type Major } from '../servers/index.ts';
import { SCENARIOS, type Scenario } from './figures.ts';

/** What is to be measured, and where the result goes. */
export interface BenchOptions {
  readonly scenarios: readonly Scenario[];
  readonly tables: number;
  readonly delaysMs: readonly number[];
  readonly rounds: number;
  /** Files of the archive that is read. */
  readonly segments: number;
  /** Of the log that is read, MB. */
  readonly logMb: number;
  /** Among faults. */
  readonly scrapes: number;
  /** Undefined for the newest. */
  readonly major: Major | undefined;
  /** Folder of the results. */
  readonly out: string;
  readonly profile: boolean;
}

/** What the command line asks for; `mistake` is a message for whoever wrote it. */
export type Request =
  | { readonly kind: 'run'; readonly options: BenchOptions; readonly peers: string | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string };

export const DEFAULTS = {
  only: 'pack,defaults',
  tables: '1000',
  delay: '0,5',
  rounds: '20',
  segments: '1000000',
  scrapes: '10000',
  logMb: '1000',
  out: 'build/bench',
} as const;

const OPTIONS = {
  only: { type: 'string', default: DEFAULTS.only },
  tables: { type: 'string', default: DEFAULTS.tables },
  delay: { type: 'string', default: DEFAULTS.delay },
  rounds: { type: 'string', default: DEFAULTS.rounds },
  segments: { type: 'string', default: DEFAULTS.segments },
  scrapes: { type: 'string', default: DEFAULTS.scrapes },
  'log-mb': { type: 'string', default: DEFAULTS.logMb },
  major: { type: 'string' },
  peers: { type: 'string' },
  out: { type: 'string', default: DEFAULTS.out },
  profile: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Reads the arguments after the program's name. */
export function parseArguments(argv: readonly string[]): Request {
  try {
    return toRequest(parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false }).values);
  } catch (thrown) {
    return { kind: 'mistake', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

function toRequest(values: Values): Request {
  if (values.help === true) return { kind: 'help' };
  const options = {
    scenarios: readScenarios(values.only),
    tables: readNumber('--tables', values.tables, 0),
    delaysMs: values.delay.split(',').map((text) => readNumber('--delay', text, 0)),
    rounds: readNumber('--rounds', values.rounds, 1),
    segments: readNumber('--segments', values.segments, 1),
    scrapes: readNumber('--scrapes', values.scrapes, 1),
    logMb: readNumber('--log-mb', values['log-mb'], 1),
    major: values.major === undefined ? undefined : readMajor(values.major),
    out: resolve(values.out),
    profile: values.profile === true,
  };
  return { kind: 'run', options, peers: values.peers === undefined ? undefined : resolve(values.peers) };
}

function readScenarios(text: string): readonly Scenario[] {
  if (text === 'all') return SCENARIOS;
  const words = text.split(',');
  const unknown = words.find((word) => !SCENARIOS.some((scenario) => scenario === word));
  if (unknown !== undefined)
    throw new Error(
      `--only ${unknown} is unknown; did you mean ${closest(unknown, SCENARIOS)}? There are: ${SCENARIOS.join(', ')}, all.`,
    );
  return SCENARIOS.filter((scenario) => words.includes(scenario));
}

function readNumber(name: string, text: string, least: number): number {
  if (!/^\d{1,7}$/.test(text) || Number(text) < least) throw new Error(`${name} wants whole numbers from ${least}.`);
  return Number(text);
}

function readMajor(text: string): Major {
  const found = availableMajors().find((major) => String(major) === text);
  if (found === undefined)
    throw new Error(`--major ${text} is not installed; there are: ${availableMajors().join(', ')}.`);
  return found;
}
