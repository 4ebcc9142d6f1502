import type { Settings } from '../../servers/index.ts';
import type { ArchiverState } from '../../src/collectors/archiver/state.ts';
import {
  type Act,
  alter,
  backUp,
  blockLibrary,
  closeSegments,
  command,
  demote,
  makeArchiveFolder,
  promote,
  repair,
  resetStatistics,
  runInServer,
  useLibrary,
  waitForReplay,
} from './archiver-actions.ts';
import { ARCHIVE_FOLDER, LAB_SETTINGS, type LabServer } from './archiver-lab.ts';

/** How long nothing may be archived, for the walguard of a scenario; longer than it takes to see that a process is gone. */
export const STALLED_AFTER_SECONDS = 25;

/** States in the order they are shown, the last of them to stay. */
export type Path = readonly ArchiverState[];

export interface Phase {
  readonly act: Act;
  /** What is shown after the act, without the state before it. */
  readonly path: (major: number) => Path;
  readonly withinSeconds: number;
  /** For how long the last state must stay; 5 by default. */
  readonly holdSeconds?: number;
}

/** A row of the table of states: how archiving is broken, and what walguard must show. */
export interface Scenario {
  readonly title: string;
  /** The first major that has what it is about; 13 by default. */
  readonly since?: number;
  readonly settings?: Settings;
  /** Before walguard starts. A server that it returns is watched instead. */
  readonly prepare?: (server: LabServer) => Promise<LabServer | void>;
  /** Shown before the first phase; `ok` by default. */
  readonly first?: (major: number) => ArchiverState;
  /** The table shows the states until the first, and not only what followed the last act. */
  readonly tellsStart?: boolean;
  /** The last one is what the table shows. */
  readonly phases: readonly Phase[];
}

/** Failures show at once; the rest is room for a busy machine, as in the others. */
const SOON = 15;
const AFTER_STALLED = STALLED_AFTER_SECONDS + 15;
/** Two looks at no process at least, and none at one for 15 seconds. */
const AFTER_DOWN = 30;
/** The postmaster starts another archiver no sooner than 10 s after the last, and looks once a minute or when woken. */
const AFTER_RESTART = 75;

const stays = (): Path => [];
const always =
  (...path: Path) =>
  (): Path =>
    path;
/** Before 14 nobody sees the process. */
const dead = (major: number): Path => (major < 14 ? ['stalled'] : ['down']);
/** Before 15 nobody sees that it waits for the command. */
const hanging = (major: number): Path => (major < 15 ? ['stalled'] : ['hung']);
const lastOf = (path: (major: number) => Path) => (major: number) => path(major).at(-1) ?? 'ok';

const fails: Phase = { act: command('false'), path: always('failing'), withinSeconds: SOON };
const isMissing: Phase = { act: command('/nonexistent/archive %p'), path: dead, withinSeconds: AFTER_STALLED };
const hangs: Phase = { act: command('sleep 300'), path: hanging, withinSeconds: AFTER_STALLED };
const keepsOk = (act: Act, holdSeconds = 8): Phase => ({ act, path: stays, withinSeconds: SOON, holdSeconds });

const waitPastStalled = `SELECT pg_sleep(${STALLED_AFTER_SECONDS + 2})`;

/** Breaks it, and lets the break grow old before walguard looks. */
const brokenBefore =
  (act: Act) =>
  async (server: LabServer): Promise<void> => {
    await closeSegments(server, 2);
    await act(server);
    await server.sql(waitPastStalled);
  };

/** The primaries of standbys, which go on. */
const primaries = new WeakMap<LabServer, LabServer>();

const standbyOf =
  (mode: string) =>
  async (primary: LabServer): Promise<LabServer> => {
    const standby = await primary.standby({ archive_mode: mode });
    primaries.set(standby, primary);
    // What was copied with the rest is not its own.
    await runInServer(standby, `rm -rf ${ARCHIVE_FOLDER}`);
    return standby;
  };

/** Does it to the primary, and waits until the standby has what came of it. */
const upstream =
  (act: Act): Act =>
  async (standby) => {
    const primary = primaries.get(standby);
    if (primary === undefined) throw new Error('This server is no standby.');
    await act(primary);
    await waitForReplay(primary, standby);
  };

/** Promoted in the middle of a segment, which is archived as a .partial then. */
const promoteInSegment: Act = async (standby) => {
  await upstream(async (primary) => {
    await primary.sql(`SELECT pg_logical_emit_message(true, 'lab', 'the start of a segment')`);
  })(standby);
  await promote(standby);
};

/** Promoted at a segment's end: nothing of a segment is left to archive, and the history is the last. */
const promoteAtBoundary: Act = async (standby) => {
  await upstream((primary) => closeSegments(primary))(standby);
  await promote(standby);
};

export const ARCHIVER_SCENARIOS: readonly Scenario[] = [
  { title: 'archive_command works', phases: [keepsOk((server) => closeSegments(server, 3))] },
  { title: 'works, and nothing is written for long', phases: [keepsOk(async () => {}, STALLED_AFTER_SECONDS + 10)] },
  { title: 'exits with 1', phases: [{ ...fails, holdSeconds: STALLED_AFTER_SECONDS + 5 }] },
  { title: 'is not found (exits with 127)', phases: [{ ...isMissing, holdSeconds: 25 }] },
  {
    title: 'is killed by a signal',
    phases: [{ act: command('kill -9 $$'), path: dead, withinSeconds: AFTER_STALLED, holdSeconds: 25 }],
  },
  {
    title: 'is killed by a signal after 12 seconds',
    phases: [{ act: command('sleep 12; kill -9 $$'), path: hanging, withinSeconds: AFTER_STALLED, holdSeconds: 30 }],
  },
  {
    title: 'exits with 127 after a third of a second: its process is there now and then',
    phases: [{ act: command('sleep 0.3; exit 127'), path: dead, withinSeconds: AFTER_STALLED, holdSeconds: 30 }],
  },
  { title: 'hangs', phases: [hangs] },
  {
    title: 'is emptied',
    phases: [{ act: command(''), path: always('not_configured'), withinSeconds: SOON }],
  },
  { title: 'is `/bin/true`: PostgreSQL believes it', phases: [keepsOk(command('/bin/true'))] },
  {
    title: 'is slower than WAL is written',
    phases: [
      {
        act: async (server) => {
          await alter(server, { archive_command: `sleep 3 && ${LAB_SETTINGS['archive_command']}` });
          await closeSegments(server, 16);
        },
        path: always('lagging'),
        withinSeconds: AFTER_STALLED,
        holdSeconds: 8,
      },
    ],
  },
  {
    title: 'exits with 1 from the start: nothing was ever archived',
    settings: { archive_command: 'false' },
    phases: [{ act: (server) => closeSegments(server, 2), path: always('failing'), withinSeconds: SOON }],
  },
  {
    title: 'is not found from the start',
    settings: { archive_command: '/nonexistent/archive %p' },
    phases: [{ act: (server) => closeSegments(server, 2), path: dead, withinSeconds: AFTER_STALLED }],
  },
  {
    title: 'is repaired after it exited with 1',
    phases: [
      { ...fails, holdSeconds: 8 },
      { act: repair, path: always('ok'), withinSeconds: 65 },
    ],
  },
  {
    title: 'is repaired after it was not found',
    phases: [isMissing, { act: repair, path: always('ok'), withinSeconds: AFTER_RESTART }],
  },
  {
    title: 'exits with 1, and the statistics are reset',
    phases: [fails, { act: resetStatistics, path: stays, withinSeconds: SOON, holdSeconds: 10 }],
  },
  {
    title: 'hangs, and the statistics are reset',
    phases: [hangs, { act: resetStatistics, path: stays, withinSeconds: SOON, holdSeconds: 10 }],
  },
  {
    title: 'works, and the statistics are reset',
    phases: [keepsOk(resetStatistics, 5), keepsOk((server) => closeSegments(server))],
  },
  {
    title: 'exits with 1, and the server crashes (which loses the statistics)',
    phases: [fails, { act: (server) => server.crash(), path: stays, withinSeconds: SOON, holdSeconds: 10 }],
  },
  {
    title: 'hangs, and the server crashes',
    phases: [hangs, { act: (server) => server.crash(), path: stays, withinSeconds: SOON, holdSeconds: 10 }],
  },
  {
    title: 'works, and the server crashes',
    phases: [keepsOk((server) => server.crash(), 20)],
  },
  {
    title: 'exits with 1 since before walguard started',
    prepare: brokenBefore(fails.act),
    first: () => 'failing',
    phases: [{ act: async () => {}, path: stays, withinSeconds: SOON }],
  },
  {
    title: 'is not found since before walguard started',
    prepare: brokenBefore(isMissing.act),
    first: lastOf(dead),
    tellsStart: true,
    phases: [{ act: async () => {}, path: stays, withinSeconds: SOON }],
  },
  {
    title: 'hangs since before walguard started',
    prepare: brokenBefore(hangs.act),
    first: lastOf(hanging),
    phases: [{ act: async () => {}, path: stays, withinSeconds: SOON }],
  },
  {
    title: 'a base backup ends: its label is archived last',
    phases: [{ act: backUp, path: stays, withinSeconds: SOON }],
  },
  {
    title: 'archive_mode is off',
    settings: { archive_mode: 'off' },
    first: () => 'disabled',
    phases: [{ act: (server) => closeSegments(server), path: stays, withinSeconds: SOON }],
  },
  {
    title: 'archive_mode is on without a command',
    settings: { archive_command: '' },
    first: () => 'not_configured',
    phases: [{ act: (server) => closeSegments(server), path: stays, withinSeconds: SOON }],
  },
  {
    title: 'a standby, archive_mode is on',
    prepare: standbyOf('on'),
    first: () => 'standby',
    phases: [{ act: async () => {}, path: stays, withinSeconds: SOON }],
  },
  {
    title: 'a primary with files that wait becomes a standby',
    phases: [fails, { act: demote, path: always('standby'), withinSeconds: SOON }],
  },
  {
    title: 'a standby is promoted: it archives its own WAL',
    prepare: standbyOf('on'),
    first: () => 'standby',
    phases: [
      { act: promoteInSegment, path: always('ok'), withinSeconds: SOON, holdSeconds: 20 },
      keepsOk((server) => closeSegments(server)),
    ],
  },
  {
    title: 'a standby is promoted, and the history of timelines is archived last',
    prepare: standbyOf('on'),
    first: () => 'standby',
    phases: [{ act: promoteAtBoundary, path: always('ok'), withinSeconds: SOON }],
  },
  {
    title: 'a standby, archive_mode is always',
    prepare: standbyOf('always'),
    phases: [keepsOk(upstream((primary) => closeSegments(primary, 3)))],
  },
  {
    title: 'a standby, archive_mode is always and its command exits with 1',
    prepare: standbyOf('always'),
    phases: [
      {
        act: async (standby) => {
          await alter(standby, { archive_command: 'false' });
          await upstream((primary) => closeSegments(primary, 3))(standby);
        },
        path: always('failing'),
        withinSeconds: SOON,
      },
    ],
  },
  {
    title: 'archive_library works',
    since: 15,
    settings: { 'basic_archive.archive_directory': ARCHIVE_FOLDER },
    prepare: useLibrary,
    phases: [keepsOk((server) => closeSegments(server, 2))],
  },
  {
    title: 'archive_library names no file',
    since: 15,
    phases: [
      {
        act: async (server) => {
          await alter(server, { archive_command: '', archive_library: 'nonexistent_library' });
          await closeSegments(server);
        },
        path: always('down'),
        withinSeconds: AFTER_DOWN,
        holdSeconds: 25,
      },
    ],
  },
  {
    title: 'the folder of archive_library is removed',
    since: 15,
    settings: { 'basic_archive.archive_directory': ARCHIVE_FOLDER },
    prepare: useLibrary,
    phases: [
      {
        act: async (server) => {
          await runInServer(server, `rm -r ${ARCHIVE_FOLDER}`);
          await closeSegments(server);
        },
        path: always('failing'),
        withinSeconds: SOON,
      },
    ],
  },
  {
    title: 'archive_library has no folder set',
    since: 15,
    settings: { archive_command: '', archive_library: 'basic_archive' },
    phases: [{ act: (server) => closeSegments(server), path: always('stalled'), withinSeconds: AFTER_STALLED }],
  },
  {
    title: 'archive_library hangs',
    since: 15,
    settings: { 'basic_archive.archive_directory': ARCHIVE_FOLDER },
    prepare: useLibrary,
    phases: [{ act: blockLibrary, path: always('stalled'), withinSeconds: AFTER_STALLED }],
  },
  {
    title: 'archive_command and archive_library are both set',
    since: 15,
    settings: { 'basic_archive.archive_directory': ARCHIVE_FOLDER },
    prepare: async (server) => {
      await makeArchiveFolder(server);
      // By a restart: after a reload that changes the library PostgreSQL has no archiver for up to a minute.
      await alter(server, { archive_library: 'basic_archive' });
      await server.restart();
    },
    first: (major) => (major < 16 ? 'ok' : 'down'),
    phases: [{ act: (server) => closeSegments(server), path: stays, withinSeconds: SOON, holdSeconds: 25 }],
  },
];
