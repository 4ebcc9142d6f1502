import { messageOf, systemCode, WalguardError } from '../../core/error.ts';
import { printable } from '../../core/printable.ts';
import type { Launch } from '../../process/launch.ts';
import { failedProgram, type ProgramResult, runProgram } from '../../process/run-program.ts';
import { unreadableSource } from '../../storage/file-errors.ts';
import { isUnpackedHere, readThrough } from '../../storage/read-through.ts';
import { lookAtUnpacked } from './file.ts';
import { invalid, type SeenDump, spoilt, UNSEEN } from './look.ts';

/** How dumps are proven. */
export interface ProofTools {
  /** pg_restore, and arguments that it always has. */
  readonly command: readonly string[];
  readonly launch: Launch;
}

/** Programs that unpack to their standard output. */
const UNPACKERS: Readonly<Record<string, readonly string[]>> = {
  zst: ['zstd', '-dcq', '--'],
  lz4: ['lz4', '-dcq', '--'],
  xz: ['xz', '-dcq', '--'],
  bz2: ['bzip2', '-dcq', '--'],
};
const HEAD_BYTES = 65_536;
const TAIL_BYTES = 4_096;

/** What pg_restore says of what is no fault of the dump. */
const NOT_ITS_FAULT: readonly (readonly [says: RegExp, hint: string])[] = [
  [/unsupported version/, 'Name the pg_restore of a newer PostgreSQL in command: this one is older than the dump.'],
  [
    /(?:not built with|does not support compression)/,
    'Name a pg_restore in command that was built with this compression.',
  ],
  [
    /(?:Permission denied|Too many open files|out of memory|Cannot allocate memory|Input\/output error)/,
    'Look after what it says: the dump itself may be good.',
  ],
];

/** An error if the dump is no good, or if nobody can tell; see Dump. */
export interface Proven {
  readonly valid: boolean | undefined;
  readonly problem: WalguardError | undefined;
  /** What only all of it told: of a packed dump whose it is. */
  readonly told?: Pick<SeenDump, 'scope' | 'datname' | 'format' | 'beganSeconds'>;
}

const SOUND: Proven = { valid: true, problem: undefined };

/** Reads all of an archive, as a restore does, and writes nothing. Never rejects but for a bug. */
export async function proveByRestore(
  path: string,
  { command, launch }: ProofTools,
  signal: AbortSignal,
): Promise<Proven> {
  try {
    const result = await runProgram(launch, [...command, '-f', '/dev/null', path], signal);
    return result.exitCode === 0 ? SOUND : whatFailed(path, result);
  } catch (thrown) {
    if (!(thrown instanceof WalguardError)) throw thrown;
    return { valid: undefined, problem: unproven(path, thrown) };
  }
}

function whatFailed(path: string, result: ProgramResult): Proven {
  const excuse = NOT_ITS_FAULT.find(([says]) => says.test(result.stderr));
  const isMissing = result.exitCode === 126 || result.exitCode === 127;
  if (excuse === undefined && !isMissing) {
    const said = result.stderr === '' ? 'it ended with an error' : result.stderr;
    return { valid: false, problem: invalid(path, `${result.command} cannot read it: ${said}`) };
  }
  const hint = excuse?.[1] ?? 'Correct command, or install the program where walguard runs.';
  return { valid: undefined, problem: unproven(path, failedProgram(result, hint)) };
}

function unproven(path: string, { code, message, hint = '' }: WalguardError): WalguardError {
  return new WalguardError(code, `${printable(path)} could not be checked: ${message}`, { hint });
}

/** Reads all of a plain or packed dump to its end. Never rejects but for a bug. */
export async function proveByReading(
  path: string,
  packing: string,
  { launch }: ProofTools,
  signal: AbortSignal,
): Promise<Proven> {
  const ends = new Ends();
  const take = (piece: Buffer): void => ends.add(piece);
  try {
    if (isUnpackedHere(packing)) {
      const timeIsOver = AbortSignal.timeout(launch.timeoutMs);
      await readThrough(path, packing, take, AbortSignal.any([signal, timeIsOver]));
    } else {
      const result = await runProgram({ ...launch, take }, [...(UNPACKERS[packing] ?? []), path], signal);
      if (result.exitCode !== 0) return whatFailed(path, result);
    }
  } catch (thrown) {
    return failedReading(path, thrown, launch.timeoutMs);
  }
  const seen = lookAtUnpacked(path, { ...ends.all, isWhole: true }, { ...UNSEEN, packing });
  const { valid, problem, scope, datname, format, beganSeconds } = seen ?? spoilt(path, 'it holds no dump');
  return { valid, problem, told: { scope, datname, format, beganSeconds } };
}

function failedReading(path: string, thrown: unknown, timeoutMs: number): Proven {
  if (thrown instanceof WalguardError) return { valid: undefined, problem: unproven(path, thrown) };
  const code = systemCode(thrown);
  if (code.startsWith('Z_'))
    return { valid: false, problem: invalid(path, `it cannot be unpacked: ${messageOf(thrown)}`) };
  if (code !== 'ABORT_ERR') return { valid: undefined, problem: unproven(path, unreadableSource(path, thrown)) };
  const late = new WalguardError('SOURCE_TIMEOUT', `it was not read within ${timeoutMs / 1_000} s`, {
    hint: 'Raise check_time_limit, if the disk is only slow.',
  });
  return { valid: undefined, problem: unproven(path, late) };
}

/** Keeps the first and the last bytes of what comes by. */
class Ends {
  #head: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);

  add(piece: Buffer): void {
    if (this.#head.length < HEAD_BYTES)
      this.#head = Buffer.concat([this.#head, piece.subarray(0, HEAD_BYTES - this.#head.length)]);
    this.#tail = Buffer.concat([this.#tail, piece.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
  }

  get all(): { readonly head: Buffer; readonly tail: Buffer } {
    return { head: this.#head, tail: this.#tail };
  }
}
