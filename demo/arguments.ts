import { parseArgs } from 'node:util';
import { closest } from 'fastest-levenshtein';
import { type Breakage, breakages, isBreakage } from './breakages.ts';

/** What the command line asks for; `mistake` is a message for whoever wrote it. */
export type Request =
  | { readonly kind: 'run'; readonly port: number; readonly breakage: Breakage | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'mistake'; readonly message: string };

export const defaultPort = 9187;

const options = { break: { type: 'string' }, port: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const;
const optionNames = Object.keys(options).map((name) => `--${name}`);

/** Reads the arguments after the program's name. */
export function parseArguments(argv: readonly string[]): Request {
  const { tokens, values } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === 'positional') return strayWord(token.value);
    if (token.kind === 'option' && !Object.hasOwn(options, token.name)) return unknownOption(token.rawName);
  }
  if (values.help !== undefined) return { kind: 'help' };
  const port = readPort(values.port);
  if (port === undefined) return mistake(`--port wants a number from 1 to 65535, such as --port ${defaultPort + 1}.`);
  const breakage = values.break;
  if (breakage === undefined) return { kind: 'run', port, breakage };
  if (typeof breakage !== 'string') return mistake(`--break wants one of: ${breakages.join(', ')}.`);
  if (isBreakage(breakage)) return { kind: 'run', port, breakage };
  return mistake(
    `--break ${breakage} is unknown; did you mean ${closest(breakage, breakages)}? There are: ${breakages.join(', ')}.`,
  );
}

function readPort(value: string | boolean | undefined): number | undefined {
  if (value === undefined) return defaultPort;
  if (typeof value !== 'string' || !/^\d{1,5}$/.test(value)) return undefined;
  const port = Number(value);
  return port >= 1 && port <= 65_535 ? port : undefined;
}

/** npm keeps the options before `--` for itself and hands on the rest, such as `archive=hang`. */
function strayWord(word: string): Request {
  const nearest = closest(word, [...breakages, ...optionNames]);
  const meant = isBreakage(nearest) ? `--break ${nearest}` : nearest;
  return mistake(`Unknown argument '${word}'; did you mean: npm run demo -- ${meant}`);
}

function unknownOption(name: string): Request {
  return mistake(`Unknown argument '${name}'; did you mean ${closest(name, optionNames)}?`);
}

function mistake(message: string): Request {
  return { kind: 'mistake', message };
}
