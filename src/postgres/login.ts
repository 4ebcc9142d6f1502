import type { Socket } from 'node:net';
import type { ConnectionOptions as TlsOptions, TLSSocket } from 'node:tls';

import pg from 'pg';

import { WalguardError } from '../core/error.ts';
import { guardAuthentication } from './auth-guard.ts';
import type { ConnectionOptions, Host } from './connection-options.ts';
import { readRows } from './data-rows.ts';
import { giveWay } from './give-way.ts';
import { guardMessages } from './message-guard.ts';
import { createPlainSocket } from './plain-socket.ts';

/** One address of one of the hosts. */
export interface Place {
  readonly host: Host;
  /** An address, or the directory of a socket. */
  readonly address: string;
}

/** How far a login got: no connection, no agreement on TLS, an answer of the server, no answer in time. */
export type Stage = 'connecting' | 'securing' | 'authenticating' | 'timed out';

/** What the server reports of a session without being asked: some of its settings. */
export type Reports = ReadonlyMap<string, string>;

export type LoginResult =
  | { readonly client: pg.Client; readonly reports: Reports }
  | { readonly failure: unknown; readonly stage: Stage };

/** Undefined if there is none; a function is called if the server asks for it. */
export type Password = string | (() => Promise<string>) | undefined;

export interface LoginOptions {
  readonly options: ConnectionOptions;
  readonly place: Place;
  readonly password: Password;
  /** Undefined: without TLS. */
  readonly tls: TlsOptions | undefined;
  readonly timeoutMs: number;
}

/** Connects to one address in one way. Never rejects. */
export async function logIn({ options, place, password, tls, timeoutMs }: LoginOptions): Promise<LoginResult> {
  const client = new TargetClient(options, {
    host: place.address,
    port: place.host.port,
    // Without a password of ours the driver would look for one by rules of its own.
    password: () => (typeof password === 'function' ? password() : (password ?? noPassword())),
    ssl: tls ?? false,
    // TLS reads the socket by itself.
    ...(tls === undefined ? { stream: createPlainSocket } : {}),
    sslnegotiation: tls !== undefined && options.tls.direct ? 'direct' : 'postgres',
    enableChannelBinding: tls !== undefined && options.channelBinding !== 'disable',
    pipeline: true,
    keepAlive: true,
    connectionTimeoutMillis: Math.max(1, Math.floor(timeoutMs)),
  });
  // Without a listener an error of an idle connection would end the process.
  client.on('error', () => undefined);
  const reports = new Map<string, string>();
  const { connection } = client;
  connection.on('parameterStatus', ({ parameterName, parameterValue }: ParameterStatus) =>
    reports.set(parameterName, parameterValue),
  );
  readRows(connection);
  guardMessages(connection);
  giveWay(connection);
  const refusal = guardAuthentication(connection, options, tls !== undefined);
  const stage = watchStage(connection, tls !== undefined);
  const isDirect = tls !== undefined && options.tls.direct;
  if (isDirect) demandProtocol(connection);
  try {
    await client.connect();
    const refused = refusal();
    return refused === undefined ? { client, reports } : { failure: refused, stage: 'authenticating' };
  } catch (thrown) {
    connection.stream.destroy();
    const isLate = thrown instanceof Error && thrown.message === 'timeout expired';
    const reached = isLate ? 'timed out' : stage();
    return {
      failure: refusal() ?? (isDirect && reached === 'securing' ? noDirectTls(thrown) : thrown),
      stage: reached,
    };
  }
}

/** Says goodbye on an idle connection and lets go of it, whether or not the server closes its end too. */
export function logOut(client: pg.Client): void {
  void client.end();
  (client.connection.stream as Socket).destroySoon();
}

interface ParameterStatus {
  readonly parameterName: string;
  readonly parameterValue: string;
}

function watchStage(connection: pg.Connection, hasTls: boolean): () => Stage {
  let stage: Stage = 'connecting';
  connection.once('connect', () => (stage = hasTls ? 'securing' : 'authenticating'));
  connection.once('sslconnect', () =>
    connection.stream.once('secureConnect', () => {
      stage = 'authenticating';
    }),
  );
  return () => stage;
}

/** What answers TLS without being asked for it may be anything: PostgreSQL says so in the handshake. */
function demandProtocol(connection: pg.Connection): void {
  connection.once('sslconnect', () => {
    const stream = connection.stream as TLSSocket;
    stream.once('secureConnect', () => {
      if (stream.alpnProtocol !== 'postgresql') stream.destroy(noDirectTls(new Error('no agreement on the protocol')));
    });
  });
}

function noDirectTls(cause: unknown): WalguardError {
  return new WalguardError('TARGET_TLS', 'the server does not take up TLS without being asked for it first', {
    hint: 'sslnegotiation=direct needs PostgreSQL 17 or newer with ssl = on; leave it out otherwise.',
    cause,
  });
}

function noPassword(): never {
  throw new WalguardError('TARGET_AUTHENTICATION', 'the server asks for a password and none was given', {
    hint: 'Set DATA_SOURCE_PASS_FILE, or give a password in the connection string or a password file.',
  });
}

/**
 * The default of the driver is below what servers can be told to use (scram_iterations), and libpq knows none; this many
 * take a second or two, off the event loop. Its types do not have it.
 */
const SCRAM_LIMIT = { scramMaxIterations: 2_000_000 };

class TargetClient extends pg.Client {
  readonly #startup: Readonly<Record<string, string>>;

  constructor({ user, database, applicationName, options }: ConnectionOptions, config: pg.ClientConfig) {
    super({ ...config, ...SCRAM_LIMIT, user, database });
    // DateStyle and the like decide how values are written; a pooler tracks these for each of its clients, where it
    // refuses others. As the server reports it: written otherwise, PgBouncer would set it each time.
    this.#startup = {
      user,
      database,
      application_name: applicationName,
      ...(options === undefined ? {} : { options }),
      client_encoding: 'UTF8',
      DateStyle: 'ISO, MDY',
      TimeZone: 'UTC',
    };
  }

  /** Called by the driver, whose own would add what it finds in the environment. */
  getStartupConf(): Readonly<Record<string, string>> {
    return this.#startup;
  }
}
