import { join } from 'node:path';

import type { DumpServer } from '../../core/drill.ts';
import { messageOf, WalguardError } from '../../core/error.ts';
import { makeFolder } from '../../storage/drill-folder.ts';
import type { TextRows } from '../../postgres/private-server.ts';
import type { RestoredServer } from '../restored-server.ts';
import { withSession } from '../sessions.ts';

interface EmptyServerOptions {
  readonly server: RestoredServer;
  /** Where tablespaces are made. */
  readonly tablespaceDirectory: string;
  readonly signal: AbortSignal;
}

/** A database that nobody removes. */
const DATABASE = 'template1';
const LISTS = {
  role: 'SELECT rolname FROM pg_roles',
  tablespace: 'SELECT spcname FROM pg_tablespace',
  database: 'SELECT datname FROM pg_database',
} as const;

/** The server of a drill as dumps see it. */
export class EmptyServer implements DumpServer {
  readonly #options: EmptyServerOptions;
  readonly #known = new Set<string>();
  readonly #roles: string[] = [];
  #tablespaces = 0;

  constructor(options: EmptyServerOptions) {
    this.#options = options;
  }

  get socketDirectory(): string {
    return this.#options.server.place.socketDirectory;
  }

  get port(): number {
    return this.#options.server.place.port;
  }

  get user(): string {
    return this.#options.server.place.user;
  }

  /** Those that were made because nothing brought them along. */
  get madeRoles(): readonly string[] {
    return this.#roles;
  }

  readonly needRole = (name: string): Promise<void> =>
    this.#need('role', name, async () => {
      await this.#run(`CREATE ROLE ${quoted(name)} NOLOGIN`);
      this.#roles.push(name);
    });

  readonly needTablespace = (name: string): Promise<void> =>
    this.#need('tablespace', name, async () => {
      this.#tablespaces += 1;
      const folder = join(this.#options.tablespaceDirectory, String(this.#tablespaces));
      await makeFolder(folder);
      await this.#run(`CREATE TABLESPACE ${quoted(name)} LOCATION '${folder.replaceAll("'", "''")}'`);
    });

  readonly needDatabase = (name: string): Promise<void> =>
    this.#need('database', name, () => this.#run(`CREATE DATABASE ${quoted(name)} TEMPLATE template0`));

  readonly clearDatabase = async (name: string): Promise<void> => {
    await this.#options.server.leave();
    await this.#run(`DROP DATABASE IF EXISTS ${quoted(name)}`);
  };

  /** Makes what is not there, and asks of each once. */
  async #need(kind: keyof typeof LISTS, name: string, make: () => Promise<void>): Promise<void> {
    const key = `${kind} ${name}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    const there = await this.#ask((query) => query(LISTS[kind]));
    if (!there.some(([each]) => each === name)) await make();
  }

  async #run(statement: string): Promise<void> {
    await this.#ask(async (query) => {
      await query('SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE');
      return await query(statement);
    });
  }

  async #ask(use: (query: (text: string) => Promise<TextRows>) => Promise<TextRows>): Promise<TextRows> {
    const { signal } = this.#options;
    try {
      return await withSession(this.#options, DATABASE, (session) => use((text) => session.query(text)));
    } catch (thrown) {
      signal.throwIfAborted();
      throw new WalguardError('DRILL_RESTORE_FAILED', `the server for dumps refused: ${messageOf(thrown)}`, {
        hint: 'Read the last lines of its log in the report.',
        cause: thrown,
      });
    }
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
