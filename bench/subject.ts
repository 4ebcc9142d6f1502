import { Agent } from 'node:http';
import { type Peer, startDefaultPostgresExporter, startPgExporter } from '../test/support/peers.ts';
import { type PageContents, readPage, requestPage } from './page-request.ts';

/** One turn of what is measured. */
export interface Turn {
  readonly latencyMs: number;
  readonly bytes: number;
  /** Counted after the clock was stopped; undefined for what makes no page. */
  readonly contents: () => PageContents | undefined;
}

/** Something that is measured: an exporter, the bare client, or the bare page. */
export interface Subject extends AsyncDisposable {
  readonly name: SubjectName;
  readonly pid: number;
  readonly takeTurn: () => Promise<Turn>;
  /** Of walguard: the longest block of its event loop while the work was done, ms. */
  readonly watchBlocks?: (work: () => Promise<void>) => Promise<number>;
}

export type SubjectName = 'walguard' | 'pg_exporter' | 'postgres_exporter' | 'bare client' | 'bare page';

/** Starts a subject that asks the server behind the URL. */
export type StartSubject = (databaseUrl: string) => Promise<Subject>;

/** @param pack its only queries, a file or a folder */
export function pgExporterWith(pack: string): StartSubject {
  return async (url) => ofPeer('pg_exporter', await startPgExporter(url, pack));
}

export const defaultPostgresExporter: StartSubject = async (url) =>
  ofPeer('postgres_exporter', await startDefaultPostgresExporter(url));

function ofPeer(name: SubjectName, peer: Peer): Subject {
  const { takeTurn, stop } = pageTurns(peer.url);
  return {
    name,
    pid: peer.pid,
    takeTurn,
    async [Symbol.asyncDispose]() {
      stop();
      await peer[Symbol.asyncDispose]();
    },
  };
}

/** Turns that ask for a page, over one connection that stays. */
export function pageTurns(url: string): { readonly takeTurn: () => Promise<Turn>; readonly stop: () => void } {
  const agent = new Agent({ keepAlive: true });
  return {
    async takeTurn() {
      const page = await requestPage(url, agent);
      return { latencyMs: page.latencyMs, bytes: page.bytes, contents: () => readPage(page) };
    },
    stop: () => agent.destroy(),
  };
}
