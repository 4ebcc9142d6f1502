import { escapeLiteral } from 'pg';
import { waitFor } from '../../servers/index.ts';
import { ARCHIVE_FOLDER, LAB_SETTINGS, type LabServer } from './archiver-lab.ts';

/** What is done to a server under watch. */
export type Act = (server: LabServer) => Promise<void>;

const CLOSE_SEGMENT = `SELECT pg_logical_emit_message(false, 'lab', 'something to archive'); SELECT pg_switch_wal()`;

/** Closes segments that have something in them. */
export async function closeSegments(server: LabServer, count = 1): Promise<void> {
  await server.sql(Array.from({ length: count }, () => CLOSE_SEGMENT).join('; '));
}

/** Sets settings that need no restart, and waits until sessions see them. */
export async function alter(server: LabServer, settings: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, value] of Object.entries(settings)) {
    await server.sql(`ALTER SYSTEM SET ${name} = ${escapeLiteral(value)}`);
  }
  const [[before = null] = []] = await server.sql('SELECT pg_conf_load_time()');
  await server.sql('SELECT pg_reload_conf()');
  await waitFor('the settings to be read', async () => {
    const [[now = null] = []] = await server.sql('SELECT pg_conf_load_time()');
    return now !== before;
  });
}

/** Runs a shell command as the server does, in the data directory. */
export async function runInServer(server: LabServer, program: string): Promise<void> {
  await server.sql(`COPY (SELECT WHERE false) TO PROGRAM ${escapeLiteral(program)}`);
}

/** Changes archive_command and closes a segment, so that there is something to archive. */
export function command(text: string): Act {
  return async (server) => {
    await alter(server, { archive_command: text });
    await closeSegments(server);
  };
}

/** Makes archive_command work again. */
export const repair: Act = (server) => alter(server, { archive_command: LAB_SETTINGS['archive_command'] ?? '' });

export const makeArchiveFolder: Act = (server) => runInServer(server, `mkdir -p ${ARCHIVE_FOLDER}`);

/** Makes contrib's basic_archive archive into the folder. */
export const useLibrary: Act = async (server) => {
  await makeArchiveFolder(server);
  await alter(server, { archive_command: '', archive_library: 'basic_archive' });
  await server.restart();
};

/** Opening a FIFO waits for a writer, and basic_archive opens a file of the segment's name before it copies. */
export const blockLibrary: Act = async (server) => {
  const [[name] = []] = await server.sql('SELECT pg_walfile_name(pg_current_wal_lsn())');
  await runInServer(server, `mkfifo ${ARCHIVE_FOLDER}/${name}`);
  await closeSegments(server);
};

export const resetStatistics: Act = async (server) => {
  await server.sql(`SELECT pg_stat_reset_shared('archiver')`);
};

export const promote: Act = async (server) => {
  await server.sql('SELECT pg_promote(true, 60)');
};

export const demote: Act = async (server) => {
  await runInServer(server, 'touch standby.signal');
  await server.restart();
};

/** Takes the steps of a base backup, with segments between, and sees to it that the label is what was archived last. */
export const backUp: Act = async (server) => {
  const [start, stop] =
    server.major < 15
      ? [`pg_start_backup('lab', true, false)`, 'pg_stop_backup(false)']
      : [`pg_backup_start('lab', true)`, 'pg_backup_stop()'];
  // In one session, as the end of a backup belongs to the session that began it.
  await server.sql(`SELECT ${start}; ${CLOSE_SEGMENT}; ${CLOSE_SEGMENT}; SELECT ${stop}`);
  await waitFor('everything to be archived', async () => (await readyFiles(server)) === 0, 60_000);
  // The last segment and the label come to wait at once. Which of them is archived last is chance: now it is the label.
  await runInServer(server, 'cd pg_wal/archive_status && for f in *.backup.done; do mv $f ${f%.done}.ready; done');
  await server.sql('SELECT pg_reload_conf()');
  // 13 looks once a minute; a label that came to wait just now is not one that waits for long.
  const renewed = 'touch -c pg_wal/archive_status/*.backup.ready';
  const archived = async (): Promise<boolean> =>
    (await isLabelLast(server)) || (await runInServer(server, renewed), false);
  await waitFor('the label to be archived last', archived, 70_000);
};

/** Waits until a standby has replayed all that its primary has written. */
export async function waitForReplay(primary: LabServer, standby: LabServer): Promise<void> {
  const [[written] = []] = await primary.sql('SELECT pg_current_wal_flush_lsn()');
  await waitFor('the standby to replay', async () => {
    const [[replayed] = []] = await standby.sql(`SELECT pg_last_wal_replay_lsn() >= '${written}'::pg_lsn`);
    return replayed === 't';
  });
}

async function readyFiles(server: LabServer): Promise<number> {
  const [[count] = []] = await server.sql(
    `SELECT count(*) FROM pg_ls_dir('pg_wal/archive_status') AS name WHERE name LIKE '%.ready'`,
  );
  return Number(count);
}

async function isLabelLast(server: LabServer): Promise<boolean> {
  const [[last] = []] = await server.sql('SELECT last_archived_wal FROM pg_stat_archiver');
  return last?.endsWith('.backup') === true;
}
