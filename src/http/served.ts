import type { LastOutcome } from '../scrape/last-outcomes.ts';
import type { Health } from '../scrape/role-watch.ts';
import type { Format } from '../exposition/encode.ts';
import type { StatusDocument } from './schema.ts';
import type { Selection } from './selection.ts';

/** What the server asks for a page of metrics. */
export interface PageRequest {
  readonly selection: Selection;
  readonly budgetMs: number;
  /** Aborts when the client has gone. */
  readonly reader: AbortSignal;
  readonly format: Format;
}

/** A page as chunks of bytes. They are written over once it is released. */
export interface Page {
  readonly chunks: readonly Buffer[];
  /** To be called once. */
  readonly release: () => void;
}

/** A server that walguard answers for. */
export interface ServedServer {
  /** As logs, labels and the parameter `target` name it. */
  readonly name: string;
  /** Those of the configuration, for Prometheus. */
  readonly labels: Readonly<Record<string, string>>;
  readonly collectorNames: readonly string[];
  readonly scrapeTimeoutMs: number;
  /** A page with its metrics. Never rejects for what the server does. */
  makePage(request: PageRequest): Promise<Page>;
  /** What is known of its recoverability now; waits for nothing. */
  status(): StatusDocument;
  /** What it is now. Never rejects. */
  health(): Promise<Health>;
  /** What became of its collectors when they last ran. */
  outcomes(): readonly LastOutcome[];
}

/** Why a server that a request names is not to be had. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 503;
  /** One sentence without a secret. */
  readonly reason: string;
}

/** All servers that walguard answers for now: a reload changes them. */
export interface ServedServers {
  /** The one there is, where it was named by itself; undefined where the configuration has targets, be it one. */
  only(): ServedServer | undefined;
  /** The only one, or one of the targets, by its name. */
  find(name: string): ServedServer | undefined;
  /** The targets of the configuration, in its order; empty where there is only the one. */
  targets(): readonly ServedServer[];
  /** A server that no configuration names, for which an auth module has credentials. */
  probe(place: string, authModule: string): ServedServer | Refusal;
  /** A page of walguard's own process, which tells nothing of a server. */
  makeOwnPage(format: Format): Promise<Page>;
}

export function isRefusal(found: ServedServer | Refusal): found is Refusal {
  return 'reason' in found;
}
