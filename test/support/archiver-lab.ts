import {
  createMonitorRole,
  type Major,
  type PostgresServer,
  type Settings,
  startPostgres,
  startStandby,
  type TextRows,
} from '../../servers/index.ts';

/** A server to break the archiving of, wherever it runs. Its segments have 1 MB. */
export interface LabServer extends AsyncDisposable {
  readonly major: number;
  /** As a role that has pg_monitor and nothing else. */
  readonly monitorUrl: string;
  /** As superuser: the rows of the last statement, every cell as text, null for NULL. */
  readonly sql: (text: string) => Promise<TextRows>;
  /** Stops it in order and starts it. */
  readonly restart: () => Promise<void>;
  /** Ends all its processes by SIGKILL and starts it. */
  readonly crash: () => Promise<void>;
  /** A streaming standby of it, with these settings on top of its own. */
  readonly standby: (settings: Settings) => Promise<LabServer>;
}

/** Where servers come from. */
export type StartLabServer = (settings: Settings) => Promise<LabServer>;

/** Where the working archive_command puts segments; counts from the data directory, in which programs are started. */
export const ARCHIVE_FOLDER = 'archive_lab';

/** Nothing moves by itself, and a standby may come late. */
export const LAB_SETTINGS: Settings = {
  archive_mode: 'on',
  archive_command: `mkdir -p ${ARCHIVE_FOLDER} && cp %p ${ARCHIVE_FOLDER}/%f`,
  autovacuum: 'off',
  checkpoint_timeout: '1h',
  wal_keep_size: '64MB',
};

/** Servers of npm's binaries. */
export function labOf(major: Major): StartLabServer {
  return async (settings) => {
    const initdbArgs = ['--wal-segsize=1'];
    const server = await startPostgres({ major, settings: { ...LAB_SETTINGS, ...settings }, initdbArgs });
    await createMonitorRole(server);
    return asLabServer(server);
  };
}

function asLabServer(server: PostgresServer): LabServer {
  return {
    major: server.major,
    monitorUrl: server.url({ user: 'walguard', password: 'walguard' }),
    sql: (text) => server.sql(text),
    restart: () => server.restart(),
    async crash() {
      await server.kill();
      await server.start();
    },
    standby: async (settings) => asLabServer(await startStandby(server, { settings })),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
