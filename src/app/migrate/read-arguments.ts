import { WalguardError } from '../../core/error.ts';
import { closest } from '../../core/closest.ts';
import type { Peer, PeerFlag } from './peer.ts';

/** A flag that was given, with its value; of a switch `true` or `false`. */
export interface GivenFlag {
  readonly flag: PeerFlag;
  readonly value: string;
  /** How it was given: `--name`, `-n`, or a variable. */
  readonly said: string;
}

/**
 * Reads a command line as kingpin does, which both exporters use: `--flag=value`, `--flag value`, `--no-flag`, `-f value`,
 * `-fvalue`. A path of the program in front is left out.
 *
 * @throws USAGE_UNKNOWN_OPTION for a flag that the exporter does not have, USAGE_BAD_VALUE for a value that is missing
 */
export function readArguments(peer: Peer, words: readonly string[]): readonly GivenFlag[] {
  const given: GivenFlag[] = [];
  const rest = words[0]?.startsWith('-') === false ? words.slice(1) : [...words];
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    const [, dashes = '', name = '', value] = /^(--?)([^=]+?)(?:=([^]*))?$/.exec(word) ?? [];
    const found = dashes === '-' ? findShort(peer, word) : findLong(peer, name, value);
    if (found === undefined) throw unknownFlag(peer, word);
    const { flag, said } = found;
    const taken = found.value ?? rest.shift();
    if (taken === undefined) throw missingValue(said);
    given.push({ flag, said, value: taken });
  }
  return given;
}

interface Found {
  readonly flag: PeerFlag;
  readonly said: string;
  /** Undefined: it is the next word. */
  readonly value: string | undefined;
}

function findLong({ flags }: Peer, name: string, value: string | undefined): Found | undefined {
  const flag = flags.find((each) => each.name === name);
  if (flag !== undefined) return { flag, said: `--${name}`, value: value ?? (flag.isSwitch ? 'true' : undefined) };
  const off = flags.find((each) => each.isSwitch && `no-${each.name}` === name);
  return off === undefined ? undefined : { flag: off, said: `--${name}`, value: 'false' };
}

function findShort({ flags }: Peer, word: string): Found | undefined {
  const flag = flags.find(({ short }) => short !== undefined && short === word[1]);
  if (flag === undefined) return undefined;
  const rest = word.slice(2).replace(/^=/, '');
  return { flag, said: word.slice(0, 2), value: flag.isSwitch ? 'true' : rest === '' ? undefined : rest };
}

function unknownFlag({ flags }: Peer, word: string): WalguardError {
  // What stands where a flag should may be a secret: only what looks like a flag is repeated.
  const [shown] = /^--?[\w.-]+/.exec(word) ?? [];
  const names = flags.map(({ name }) => `--${name}`);
  const near = shown === undefined ? undefined : closest(shown, names);
  return new WalguardError(
    'USAGE_UNKNOWN_OPTION',
    `${shown ?? 'a word that is no flag'} is not known of the other exporter`,
    {
      hint: near === undefined ? 'Give its command line after -- as it is.' : `Did you mean ${near}?`,
    },
  );
}

function missingValue(said: string): WalguardError {
  return new WalguardError('USAGE_BAD_VALUE', `${said} of the other exporter has no value`, {
    hint: 'Give its command line after -- as it is.',
  });
}
