import { WalguardError } from '../core/error.ts';
import type { ErrorCode } from '../core/error-codes.ts';
import type { ServerLog } from './server-log.ts';

interface Reason {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

const WAL_HINT =
  'Look for the missing segments in the archive; walguard status --once names them. Make a full backup now if they are lost.';

/** What PostgreSQL says when it ends in recovery, and what that means. The first that fits counts. */
const REASONS: readonly Reason[] = [
  {
    pattern: /No space left on device|Disk quota exceeded/,
    code: 'DRILL_NO_SPACE',
    what: 'the disk is full',
    hint: 'Make room there, or let drills.directory name a folder on a larger disk.',
  },
  {
    pattern: /recovery ended before configured recovery target was reached/,
    code: 'DRILL_TARGET_NOT_REACHED',
    what: 'the WAL that could be replayed ended before the target',
    hint: 'Give an earlier target: for a time there must be a commit behind it that is archived. If the archive should reach further, look for missing or damaged WAL.',
  },
  {
    pattern: /requested recovery stop point is before consistent recovery point/,
    code: 'DRILL_OUTSIDE',
    what: 'the target lies before the end of the backup',
    hint: 'Give a target behind the end of the first backup.',
  },
  {
    pattern: /has wrong size/,
    code: 'DRILL_WAL_DAMAGED',
    what: 'a segment of the archive has not the size it should have',
    hint: 'Put a whole copy of the segment into the archive; make a full backup now if there is none.',
  },
  {
    pattern: /could not restore file/,
    code: 'DRILL_SUPPLY_FAILED',
    what: 'the command that fetches WAL broke',
    hint: 'Run the command that the log names by hand: it has to end with 0, or with 1 to 125 for a file that is not there.',
  },
  {
    pattern: /could not locate (?:required|a valid) checkpoint record|WAL ends before|could not find redo location/,
    code: 'DRILL_WAL_MISSING',
    what: 'WAL that the backup needs is missing',
    hint: WAL_HINT,
  },
  {
    pattern: /requested timeline \d+ (?:is not a child|does not contain)|recovery target timeline \d+ does not exist/,
    code: 'DRILL_WAL_MISSING',
    what: 'nobody can go on to that timeline from the backup',
    hint: 'Put the .history files of all timelines into the archive.',
  },
  {
    pattern:
      /WAL contains references to invalid pages|invalid page in block|could not read block|could not open file "base/,
    code: 'DRILL_COPY_DAMAGED',
    what: 'the restored copy is damaged',
    hint: 'Make a full backup now, and verify it with pg_verifybackup or the verification of its tool.',
  },
];

/** Why a server that should recover has ended. @param phase where it was */
export function serverEnded(log: ServerLog, phase: 'start' | 'recovery' | 'checks'): WalguardError {
  const said = log.end;
  const reason = said === undefined ? undefined : REASONS.find(({ pattern }) => pattern.test(said));
  if (reason?.code === 'DRILL_TARGET_NOT_REACHED' && log.damage !== undefined) return damagedWal(log.damage);
  if (reason !== undefined) return new WalguardError(reason.code, `${reason.what}: ${said}`, { hint: reason.hint });
  const details = { hint: 'Read the last lines of its log in the report.' };
  const tail = said === undefined ? 'without a word' : `with: ${said}`;
  return phase === 'start'
    ? new WalguardError('DRILL_START_FAILED', `the restored server did not start; it ended ${tail}`, details)
    : new WalguardError('DRILL_SERVER_ENDED', `the restored server ended by itself ${tail}`, details);
}

export function damagedWal(damage: string): WalguardError {
  return new WalguardError('DRILL_WAL_DAMAGED', `WAL of the archive is damaged: ${damage}`, {
    hint: 'Put a good copy of the segment into the archive; make a full backup now if there is none.',
  });
}

/** @param missing what is known of the archive */
export function missingWal(reached: string, wanted: string, missing: readonly string[]): WalguardError {
  const message = `recovery got to ${reached} and finds no more WAL, but ${wanted} is wanted${missing.length === 0 ? '' : `: ${missing.join('; ')}`}`;
  return new WalguardError('DRILL_WAL_MISSING', message, { hint: WAL_HINT });
}

export function promoted(reached: string): WalguardError {
  const message = `recovery ended at ${reached} and the server became a primary: WAL behind it is missing`;
  return new WalguardError('DRILL_PROMOTED', message, { hint: WAL_HINT });
}
