import { WalguardError, type Where } from '../core/error.ts';
import type { ErrorCode } from '../core/error-codes.ts';

interface Cure {
  readonly code: ErrorCode;
  readonly hint: string;
}

/** SQLSTATE, or its first two characters (the class), to what it means here and the cure. */
const CURES: Readonly<Record<string, Cure>> = {
  '28P01': {
    code: 'TARGET_AUTHENTICATION',
    hint: "Check user and password; ALTER ROLE walguard PASSWORD '...' sets a new one.",
  },
  '28': { code: 'TARGET_AUTHENTICATION', hint: 'Check the user, and add a line for it and this host to pg_hba.conf.' },
  '3D000': {
    code: 'TARGET_DATABASE_MISSING',
    hint: 'Name an existing database in the connection string; postgres is there by default.',
  },
  '53300': {
    code: 'TARGET_TOO_MANY_CONNECTIONS',
    hint: "Raise max_connections or the role's CONNECTION LIMIT; walguard holds 2, and makes do with 1.",
  },
  '57P03': { code: 'TARGET_STARTING', hint: 'Wait until the server accepts connections.' },
  '57P01': { code: 'TARGET_CONNECTION_LOST', hint: 'The server was stopped, or an administrator ended the session.' },
  '57P02': { code: 'TARGET_CONNECTION_LOST', hint: 'Another server process crashed; see the server log.' },
  '57P05': {
    code: 'TARGET_CONNECTION_LOST',
    hint: 'The server ended an idle session: set idle_session_timeout above the scrape interval.',
  },
  '57P04': {
    code: 'TARGET_CONNECTION_LOST',
    hint: 'The database was dropped: name another in the connection string, or leave it out of --databases.include.',
  },
  '40001': {
    code: 'QUERY_FAILED',
    hint: 'Replay on the standby ended the query, the next scrape tries again; raise max_standby_streaming_delay if it comes often.',
  },
  '53100': { code: 'QUERY_FAILED', hint: 'Free room on the disk of the server: data, WAL or temporary files fill it.' },
  '53200': { code: 'QUERY_FAILED', hint: 'Free memory on the server, or lower its work_mem and max_connections.' },
  '57014': { code: 'QUERY_TIMEOUT', hint: 'Give the collector a longer timeout in its pack, or switch it off.' },
  '55P03': { code: 'QUERY_LOCK_TIMEOUT', hint: 'Another session holds a lock; the next scrape tries again.' },
  '42501': {
    code: 'QUERY_PERMISSION',
    hint: 'GRANT pg_monitor TO the role walguard connects as; for a pack of your own, what its query reads too.',
  },
  '42601': { code: 'QUERY_FAILED', hint: 'Correct the SQL of the pack.' },
  '42P02': { code: 'QUERY_NOT_ONE_STATEMENT', hint: 'Write the value itself; a query of a pack has no parameters.' },
  '42P01': { code: 'QUERY_OBJECT_MISSING', hint: 'Create the table or extension, or bound the query by runonserver.' },
  '42703': {
    code: 'QUERY_OBJECT_MISSING',
    hint: 'The column is not there on this version: bound the query by runonserver.',
  },
  '42883': {
    code: 'QUERY_OBJECT_MISSING',
    hint: 'Create the extension it comes with; where this version has no such function, bound the query by runonserver.',
  },
  '25006': { code: 'QUERY_FAILED', hint: 'Queries run read only; take the write out of the pack.' },
  '08': { code: 'TARGET_CONNECTION_LOST', hint: 'See the log of the server or of the pooler in between.' },
};

interface PoolerCure extends Cure {
  readonly says: RegExp;
}

/** What PgBouncer says with the SQLSTATE of a broken protocol, whatever it is about. Source: PgBouncer 1.18, client.c. */
const POOLER_CURES: readonly PoolerCure[] = [
  {
    says: /unsupported startup parameter/,
    code: 'TARGET_PARAMETER_REFUSED',
    hint: 'Take options out of the connection string, and PGOPTIONS out of the environment: PgBouncer refuses them.',
  },
  {
    says: /no such database/,
    code: 'TARGET_DATABASE_MISSING',
    hint: 'Name a database that the section [databases] of pgbouncer.ini has, or add this one to it.',
  },
  {
    says: /authentication failed|no such user|login rejected/,
    code: 'TARGET_AUTHENTICATION',
    hint: 'Check user, password and database, and that auth_file or auth_query of PgBouncer has the user.',
  },
  {
    says: /^not allowed$/,
    code: 'TARGET_AUTHENTICATION',
    hint: 'Add the user to stats_users in pgbouncer.ini, and reload PgBouncer: only such users may ask its console.',
  },
  {
    says: /^admin access needed$/,
    code: 'QUERY_PERMISSION',
    hint: 'Take the block out of the pack: only admin_users may ask this, and walguard is to be no admin of PgBouncer.',
  },
  {
    says: /^invalid command/,
    code: 'QUERY_OBJECT_MISSING',
    hint: 'This PgBouncer has no such command: bound the block by min_version and max_version.',
  },
  {
    says: /SSL required/,
    code: 'TARGET_TLS',
    hint: 'Set sslmode=require in the connection string, or a stricter one.',
  },
  {
    says: /no more connections allowed/,
    code: 'TARGET_TOO_MANY_CONNECTIONS',
    hint: 'Raise max_client_conn of PgBouncer; walguard holds 2 connections, and makes do with 1.',
  },
  {
    says: /transaction blocks not allowed/,
    code: 'TARGET_CONNECTION_LOST',
    hint: 'Set pool_mode = transaction, or session, for this database in pgbouncer.ini.',
  },
  {
    says: /query_wait_timeout|server_login_retry|server login failed|cannot connect to server/,
    code: 'TARGET_UNREACHABLE',
    hint: "PgBouncer got no connection to the server in time: see its log and SHOW POOLS, and raise this pool's size.",
  },
];

/** What node-postgres gives for an error of the server. */
interface ServerError extends Error {
  readonly code: string;
}

/** True for an error that PostgreSQL itself reported, with its SQLSTATE. */
export function isServerError(thrown: unknown): thrown is ServerError {
  return thrown instanceof Error && 'severity' in thrown && 'code' in thrown && typeof thrown.code === 'string';
}

/** Turns an error of the server, or of a pooler before it, into walguard's, with the cure for its SQLSTATE. */
export function fromServerError(thrown: ServerError, where: Where): WalguardError {
  const ofPooler = thrown.code.startsWith('08') && POOLER_CURES.find(({ says }) => says.test(thrown.message));
  const cure = ofPooler || (CURES[thrown.code] ?? CURES[thrown.code.slice(0, 2)]);
  return new WalguardError(
    cure?.code ?? 'QUERY_FAILED',
    `${ofPooler ? 'the pooler' : 'PostgreSQL'} says: ${textOf(thrown)} (SQLSTATE ${thrown.code})`,
    {
      hint: cure?.hint ?? 'See the log of the server for the whole statement.',
      where,
      cause: thrown,
    },
  );
}

/** Classes 22 and 23 quote what stands in a table, in the language of the server: none of that is for a log. */
function textOf({ code, message }: ServerError): string {
  return /^2[23]/.test(code) ? 'a value is not what the query needs' : message;
}
