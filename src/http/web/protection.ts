import type { Server as TlsServer, TLSSocket } from 'node:tls';
import type { Socket } from 'node:net';

import type { RequestHandler } from 'express';

import { OPEN_WEB, readWebConfig, type WebConfig } from '../../config/web-config.ts';
import { asWalguardError, WalguardError, WalguardErrors } from '../../core/error.ts';
import type { Logger } from '../../core/logger.ts';
import { Ticker } from '../../scrape/ticker.ts';
import { createGuard } from './guard.ts';
import { Passwords } from './passwords.ts';
import { createTlsFront } from './tls-front.ts';
import { readFingerprint } from '../../config/fingerprint.ts';

/** How often the files are looked at while walguard serves. */
const LOOK_INTERVAL_MS = 1_000;

export type Accept = (socket: Socket | TLSSocket) => void;

/** The protection of walguard's own server by a web configuration, read anew when one of its files has changed. */
export class Protection implements AsyncDisposable {
  readonly guard: RequestHandler;
  readonly #path: string | undefined;
  readonly #log: Logger;
  readonly #passwords = new Passwords();
  readonly #fronts = new Map<Accept, TlsServer>();
  #config: WebConfig = OPEN_WEB;
  /** What the files held when they were last read, whether or not it could be used. */
  #readAs = '';
  /** What they held when they were last looked at. */
  #seenAs = '';
  #ticker: Ticker | undefined;

  /**
   * @param path of the web configuration; undefined for none: everybody may ask, in plain HTTP
   * @throws WalguardErrors with what is wrong with it
   */
  constructor(path: string | undefined, log: Logger) {
    this.#path = path;
    this.#log = log;
    this.guard = createGuard(() => this.#config, this.#passwords);
    if (path === undefined) return;
    this.#config = readUsable(path);
    if (this.#config.wantsHttp2) log.info({ file: path }, 'http2 is ignored: walguard speaks HTTP/1.1');
  }

  get isTls(): boolean {
    return this.#config.tls !== undefined;
  }

  /** Begins to watch the files; call it once. */
  async watch(): Promise<void> {
    if (this.#path === undefined) return;
    this.#readAs = await readFingerprint(this.#config.files);
    this.#seenAs = this.#readAs;
    const tick = async (): Promise<void> => await this.#look(this.#path ?? '');
    this.#ticker = new Ticker({ intervalMs: LOOK_INTERVAL_MS, lastMs: () => -Infinity, tick });
  }

  /** Hands on what was sent in plain, or once it is TLS. */
  take(socket: Socket, accept: Accept): void {
    const { tls } = this.#config;
    if (tls === undefined) return accept(socket);
    const front = this.#fronts.get(accept) ?? createTlsFront(tls, this.#path ?? '', accept);
    this.#fronts.set(accept, front);
    front.emit('connection', socket);
    return undefined;
  }

  /** What is being written may look whole: it counts when it is the same at the next look. */
  async #look(path: string): Promise<void> {
    const now = await readFingerprint(this.#config.files);
    const isSettled = now === this.#seenAs;
    this.#seenAs = now;
    if (!isSettled || now === this.#readAs) return;
    this.#readAs = now;
    try {
      const config = readUsable(path);
      if ((config.tls === undefined) === this.isTls) throw switched(path, this.isTls);
      if (config.users.size === 0 && this.#config.users.size > 0) throw opened(path);
      this.#config = config;
      this.#fronts.clear();
      this.#readAs = this.#seenAs = await readFingerprint(config.files);
      this.#log.info({ file: path }, 'the web configuration was read anew');
    } catch (thrown) {
      const errors = thrown instanceof WalguardErrors ? thrown.errors : [asWalguardError(thrown)];
      for (const { code, message, hint, where } of errors)
        this.#log.error({ code, reason: message, hint, ...where }, 'the web configuration of before stays');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#ticker?.[Symbol.asyncDispose](), this.#passwords[Symbol.asyncDispose]()]);
  }
}

/** @throws WalguardErrors also for what only OpenSSL knows to be wrong */
function readUsable(path: string): WebConfig {
  const config = readWebConfig(path);
  if (config.tls !== undefined) createTlsFront(config.tls, path, () => undefined);
  return config;
}

/** Clients know whether walguard speaks TLS, and a file that lost its half must not open it to all. */
function switched(file: string, isOn: boolean): WalguardError {
  return new WalguardError('CONFIG_BAD_VALUE', `tls_server_config is ${isOn ? 'gone' : 'new'}`, {
    where: { file },
    hint: `Restart walguard to switch TLS ${isOn ? 'off' : 'on'}.`,
  });
}

/** A file that was emptied, or lost its end, must not let everybody in. */
function opened(file: string): WalguardError {
  return new WalguardError('CONFIG_BAD_VALUE', 'basic_auth_users is gone', {
    where: { file },
    hint: 'Restart walguard to let everybody in.',
  });
}
