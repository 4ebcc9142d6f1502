import type { DumpScope } from '../../core/dumps.ts';

/** What the beginning of a plain dump tells. */
export interface TextHead {
  readonly isCluster: boolean;
  /** Of one made with --create. */
  readonly datname: string | undefined;
  /** It goes on with databases. */
  readonly hasDatabases: boolean;
}

const BEGINS = /^-- PostgreSQL database (cluster )?dump\r?$/m;
const DATABASE_ENDS = /^-- PostgreSQL database dump complete\r?$/m;
const CLUSTER_ENDS = /^-- PostgreSQL database cluster dump complete\r?$/m;
const DATABASES = /^-- Databases\r?$/m;
const CONNECTS = /^\\connect (?:-reuse-previous=on )?(.+?)\r?$/m;
const IN_FRONT_BYTES = 1_024;

/** Undefined if it is not the beginning of a dump. */
export function readTextHead(head: Buffer): TextHead | undefined {
  const match = BEGINS.exec(head.toString('utf8', 0, IN_FRONT_BYTES));
  if (match === null) return undefined;
  const text = head.toString('utf8');
  const isCluster = match[1] !== undefined;
  return {
    isCluster,
    datname: isCluster ? undefined : connectedTo(CONNECTS.exec(text)?.[1]),
    hasDatabases: isCluster && DATABASES.test(text),
  };
}

/** @param tail its last bytes; undefined if they are not known */
export function scopeOf({ isCluster, hasDatabases }: TextHead, tail: Buffer | undefined): DumpScope {
  if (!isCluster) return 'database';
  return hasDatabases || (tail !== undefined && DATABASE_ENDS.test(tail.toString('latin1'))) ? 'cluster' : 'globals';
}

/** A line of psql may stand behind the last words (`\unrestrict`). */
export function hasItsEnd({ isCluster }: TextHead, tail: Buffer): boolean {
  return (isCluster ? CLUSTER_ENDS : DATABASE_ENDS).test(tail.toString('latin1'));
}

/** What psql is told: a name, one in double quotes, or a connection string in them. */
function connectedTo(told: string | undefined): string | undefined {
  if (told === undefined) return undefined;
  const bare = told.startsWith('"') ? told.slice(1, -1).replaceAll('""', '"') : told;
  const inString = /^dbname='(.*)'$/s.exec(bare)?.[1] ?? /^dbname=(.*)$/s.exec(bare)?.[1];
  return inString === undefined ? bare : inString.replaceAll(/\\(.)/gs, '$1');
}
