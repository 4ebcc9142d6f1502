import type { BackupCatalogue } from '../../core/catalogue.ts';
import { asWalguardError, WalguardError } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { withoutLog } from '../../process/wal-g.ts';
import { linkChains } from './chains.ts';
import { readListed } from './schema.ts';
import { incomplete, type NamedBackup, toBackup } from './to-backup.ts';

/** Most versions say so in their log, and print nothing. */
const NONE = /No backups found/;

/** True if WAL-G said that the storage holds no backup. */
export function saysNone(output: string): boolean {
  return NONE.test(output);
}

/**
 * Turns `wal-g backup-list --detail --json` into a catalogue; what was interrupted or runs is not in that list.
 *
 * A backup that cannot be understood is a problem of its own. Throws SOURCE_BAD_ANSWER.
 */
export function parseBackupList(stdout: string): BackupCatalogue {
  const text = withoutLog(stdout).trim();
  const entries = text === '' && saysNone(stdout) ? [] : readEntries(text);
  const found: NamedBackup[] = [];
  const problems: WalguardError[] = [];
  for (const entry of entries) {
    try {
      found.push(readEntry(entry));
    } catch (thrown) {
      problems.push(asWalguardError(thrown));
    }
  }
  // A format that has changed is no list of broken backups.
  if (problems.length > 0 && found.length === 0) throw badAnswer(problems[0]?.message ?? '');
  return { backups: linkChains(found), problems, running: undefined, lastFailureSeconds: undefined };
}

function readEntries(text: string): readonly unknown[] {
  if (text === '') throw badAnswer('it is empty');
  const value = parse(text);
  // A list of nothing, as Go writes it.
  if (value === null) return [];
  if (Array.isArray(value)) return value as readonly unknown[];
  throw badAnswer('it is something else');
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    throw badAnswer('it is no JSON, or only a part of it');
  }
}

function readEntry(entry: unknown): NamedBackup {
  const listed = readListed(entry);
  if (!(listed instanceof Error)) return toBackup(listed.label, listed.told, listed.storedSeconds);
  const name = typeof entry === 'object' && entry !== null && 'backup_name' in entry ? String(entry.backup_name) : '?';
  throw incomplete(name, listed.message, 'Look at it with wal-g backup-list --detail --json.');
}

function badAnswer(what: string): WalguardError {
  return new WalguardError(
    'SOURCE_BAD_ANSWER',
    `what wal-g backup-list printed is not a JSON array of backups, as WAL-G 0.2 to 3.0 prints it: ${what}`,
    {
      hint: 'Run wal-g backup-list --detail --json by hand, with what the configuration puts in front of it; nothing else may write to its standard output.',
    },
  );
}
