import { WalguardError } from '../../core/error.ts';
import { parseExactJson } from '../../core/exact-json.ts';
import { DEFAULT_SEGMENT_BYTES } from '../../core/segments.ts';
import { showable } from '../../process/error-output.ts';
import { type BarmanBackup, parseMoment } from './facts.ts';
import { readRange } from './parse.ts';
import { listedSchema, type Shown, shownSchema } from './schema.ts';

/** What list-backups tells of each backup. */
export type Listed = Pick<BarmanBackup, 'id' | 'status'>;

const HINT =
  'Run it by hand as the user walguard runs as; nothing else may write to its standard output. walguard knows Barman 2.19 to 3.20.';

/** True if a program printed what may be an answer, whatever its exit code was. */
export function mayBeAnswer(stdout: string): boolean {
  return stdout.trimStart().startsWith('{');
}

/** Reads `barman -f json list-backups SERVER`. Throws SOURCE_NOT_FOUND, SOURCE_PROGRAM_FAILED or SOURCE_BAD_ANSWER. */
export function parseList(text: string, server: string): readonly Listed[] {
  const list = answerFor(text, server, 'list-backups');
  if (!Array.isArray(list)) throw badAnswer('list-backups', 'it lists no backups');
  return list.map((each: unknown) => {
    const parsed = listedSchema.safeParse(each);
    if (!parsed.success) throw badAnswer('list-backups', 'a backup has no backup_id, or a status that is not known');
    return { id: parsed.data.backup_id, status: parsed.data.status };
  });
}

/** Reads `barman -f json show-backup SERVER ID`, of either generation. Throws as parseList does. */
export function parseShown(text: string, server: string): BarmanBackup {
  const parsed = shownSchema.safeParse(answerFor(text, server, 'show-backup'));
  if (parsed.success) return toBarmanBackup(parsed.data);
  throw badAnswer('show-backup', `${parsed.error.issues[0]?.path.join('.') || 'it'} is not as expected`);
}

function toBarmanBackup({
  base_backup_information: base,
  catalog_information: catalog,
  ...shown
}: Shown): BarmanBackup {
  const { begin_wal: beginWal = '', end_wal: endWal = '', begin_lsn: beginLsn, end_lsn: endLsn } = base;
  return {
    id: shown.backup_id,
    status: shown.status,
    error: undefined,
    mode: base.backup_method,
    parentId: catalog.parent_backup_id,
    beginSeconds: parseMoment(base.begin_time),
    endSeconds: parseMoment(base.end_time),
    // The size of segments is not told, and only asked for where positions are not told either.
    ...readRange({ beginWal, endWal, beginLsn, endLsn }, DEFAULT_SEGMENT_BYTES, base.timeline),
    systemIdentifier: shown.system_id,
    version: shown.postgresql_version,
    sizeBytes: shown.cluster_size_bytes ?? base.disk_usage_bytes,
    storedBytes: base.backup_size_bytes ?? base.incremental_size_bytes ?? base.disk_usage_bytes,
    encrypted: base.encryption === undefined ? undefined : base.encryption !== null,
  };
}

/** What is said of the server: messages stand beside it, under keys that begin with an underscore. */
function answerFor(text: string, server: string, command: string): unknown {
  const answer = parseObject(text, command);
  if (Object.hasOwn(answer, server)) return answer[server];
  const said = messagesOf(answer, ['_EXCEPTION', '_ERROR', '_WARNING']);
  const name = JSON.stringify(server);
  if (/unknown server/i.test(said)) {
    throw new WalguardError('SOURCE_NOT_FOUND', `Barman knows no server ${name}`, {
      hint: 'Correct server: it is the name in brackets in the configuration of Barman, which `barman list-servers` shows.',
    });
  }
  if (said === '') throw badAnswer(command, `it says nothing of ${name}`);
  throw new WalguardError('SOURCE_PROGRAM_FAILED', `barman ${command} said: ${said}`, {
    hint: 'Run it by hand as the user walguard runs as, and correct what it names.',
  });
}

function parseObject(text: string, command: string): Readonly<Record<string, unknown>> {
  if (!mayBeAnswer(text)) {
    throw badAnswer(command, text.trim() === '' ? 'it is empty' : 'something else stands before the JSON');
  }
  try {
    return parseExactJson(text) as Readonly<Record<string, unknown>>;
  } catch {
    throw badAnswer(command, 'it is no JSON, or only a part of it');
  }
}

function messagesOf(answer: Readonly<Record<string, unknown>>, keys: readonly string[]): string {
  const lines = keys.flatMap((key) => (Array.isArray(answer[key]) ? answer[key].map(String) : []));
  return showable(lines.join('\n'), []);
}

function badAnswer(command: string, what: string): WalguardError {
  return new WalguardError('SOURCE_BAD_ANSWER', `What barman ${command} printed cannot be understood: ${what}`, {
    hint: HINT,
  });
}
