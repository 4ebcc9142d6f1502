import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { WalguardError } from '../core/error.ts';
import { PrivateServerError, PrivateSession, type PrivatePlace } from '../postgres/private-server.ts';
import { showableLines } from '../process/error-output.ts';
import { ServerProcess } from '../process/server-process.ts';
import type { DrillLayout } from './layout.ts';
import { ServerLog } from './server-log.ts';

export interface RestoredServerOptions {
  readonly layout: DrillLayout;
  readonly place: PrivatePlace;
  readonly programDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** Databases that are there, the usual first. */
const DATABASES = ['postgres', 'template1'] as const;
/** Cannot connect now: it starts, or is not consistent yet. */
const NOT_YET = '57P03';
const NO_DATABASE = '3D000';
/** From the orderly stop to the immediate one, and from there to the end by force. */
const PATIENCE_MS = 10_000;

/** The server that a drill restored: its process, its log, and sessions through its socket. */
export class RestoredServer implements AsyncDisposable {
  readonly log = new ServerLog();
  readonly place: PrivatePlace;
  readonly #process: ServerProcess;
  #session: PrivateSession | undefined;

  constructor({ layout, place, programDirectory, environment }: RestoredServerOptions) {
    this.place = place;
    const file = (name: string): readonly string[] => ['-c', `${name}_file=${join(layout.config, name)}`];
    this.#process = new ServerProcess({
      program: join(programDirectory, 'postgres'),
      args: ['-D', layout.data, ...file('config'), ...file('hba'), ...file('ident')],
      environment,
      log: (text) => this.log.add(text),
    });
  }

  get hasEnded(): boolean {
    return this.#process.hasEnded;
  }

  /** The end of its log, as far as it may be shown. */
  get logExcerpt(): readonly string[] {
    return showableLines(this.log.lines, []);
  }

  /**
   * A session that stays open; undefined as long as the server takes none. Throws DRILL_NO_ANSWER if it never will.
   */
  async session(): Promise<PrivateSession | undefined> {
    if (this.#session !== undefined) return this.#session;
    for (const database of DATABASES) {
      try {
        return (this.#session = await PrivateSession.open(this.place, database));
      } catch (thrown) {
        if (!(thrown instanceof PrivateServerError)) throw thrown;
        if (thrown.sqlstate === NO_DATABASE) continue;
        if (thrown.sqlstate === undefined || thrown.sqlstate === NOT_YET) return undefined;
        throw refused(thrown, this.place);
      }
    }
    return undefined;
  }

  /** Ends the session that stays open, so that its database can be removed. */
  async leave(): Promise<void> {
    await this.#session?.[Symbol.asyncDispose]();
    this.#session = undefined;
  }

  /** Opens a session of its own in a database. @throws PrivateServerError */
  open(database: string): Promise<PrivateSession> {
    return PrivateSession.open(this.place, database);
  }

  /** Stops it in order, which leaves a data directory that can be started again; if that takes too long, by force. */
  async stop(): Promise<void> {
    await this.#end('SIGINT');
  }

  /** Ends it as fast as it can be done. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGQUIT');
  }

  async #end(first: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    await this.leave();
    for (const name of [first, 'SIGQUIT', 'SIGKILL'] as const) {
      if (this.#process.hasEnded) return;
      this.#process.signal(name);
      const patience = new AbortController();
      await Promise.race([
        this.#process.ended,
        sleep(PATIENCE_MS, undefined, { signal: patience.signal }).catch(() => undefined),
      ]);
      patience.abort();
    }
  }
}

function refused({ message }: PrivateServerError, { user }: PrivatePlace): WalguardError {
  return new WalguardError('DRILL_NO_ANSWER', `the restored server refused the drill: ${message}`, {
    hint: `Set drills.user to a superuser of the original; it is ${JSON.stringify(user)} now.`,
  });
}
