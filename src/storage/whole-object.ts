import { setTimeout as sleep } from 'node:timers/promises';

import type { ErrorCode } from '../core/error-codes.ts';
import { WalguardError } from '../core/error.ts';

/** An object that is being read. */
export interface OpenedObject {
  /** All behind the byte that was asked for. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Of the body; undefined if the server does not tell. */
  readonly bytes: number | undefined;
  /** What tells one content from another; undefined if the server does not. */
  readonly etag: string | undefined;
}

export interface WholeObject {
  /** For errors. */
  readonly name: string;
  /** From that byte on; undefined if the object is gone. Throws a WalguardError. */
  readonly open: (fromByte: number) => Promise<OpenedObject | undefined>;
  /** Makes a WalguardError of what reading a body throws. */
  readonly toError: (thrown: unknown) => WalguardError;
  readonly signal: AbortSignal;
}

/** In a row, without a byte between them. */
const MAX_FAILURES = 4;
const RETRY_MS = 250;
const PASSING: readonly ErrorCode[] = ['S3_UNREACHABLE', 'S3_THROTTLED'];

/**
 * All of an object. Where a connection breaks off another one goes on: a backup is read for hours, and a server that
 * restarts meanwhile is no reason to begin again. Undefined if it is not there; throws a WalguardError.
 */
export async function readWhole(object: WholeObject): Promise<AsyncIterable<Uint8Array> | undefined> {
  for (let failures = 1; ; failures += 1) {
    try {
      const opened = await object.open(0);
      return opened === undefined ? undefined : piecesOf(object, opened);
    } catch (thrown) {
      await pauseOrThrow(thrown, failures, object.signal);
    }
  }
}

async function* piecesOf(object: WholeObject, first: OpenedObject): AsyncGenerator<Uint8Array> {
  let got = 0;
  let failures = 0;
  for (let opened: OpenedObject | undefined = first; ;) {
    try {
      opened ??= await reopen(object, first, got);
      const end = opened.bytes === undefined ? undefined : got + opened.bytes;
      for await (const piece of opened.body) {
        got += piece.length;
        failures = 0;
        yield piece;
      }
      if (end === undefined || got === end) return;
      throw cutOff();
    } catch (thrown) {
      opened = undefined;
      failures += 1;
      await pauseOrThrow(object.toError(thrown), failures, object.signal);
    }
  }
}

async function reopen(object: WholeObject, first: OpenedObject, fromByte: number): Promise<OpenedObject> {
  const opened = await object.open(fromByte);
  if (opened !== undefined && opened.etag === first.etag) return opened;
  throw new WalguardError('SOURCE_BAD_ANSWER', `${object.name} was replaced or removed while it was read`, {
    hint: 'See what writes there, and start again.',
  });
}

async function pauseOrThrow(thrown: unknown, failures: number, signal: AbortSignal): Promise<void> {
  const passes = thrown instanceof WalguardError && PASSING.includes(thrown.code);
  if (!passes || failures >= MAX_FAILURES || signal.aborted) throw thrown;
  await sleep(RETRY_MS * 2 ** failures, undefined, { signal });
}

/** A connection may end in the middle of a body as if that were its end. */
function cutOff(): Error {
  return Object.assign(new Error('the body is cut off'), { code: 'ECONNRESET' });
}
