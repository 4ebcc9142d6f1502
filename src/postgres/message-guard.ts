import type pg from 'pg';

import { messageOf, WalguardError } from '../core/error.ts';
import { type Listener, wrapReading } from './reading.ts';

/** The type of a message, and its length, which counts itself. */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;
/** The messages of a server. Source: PostgreSQL, "Message Formats". */
const KNOWN_TYPES = new Set(Buffer.from('123ACDEGHIKNRSTWZcdnst'));
const ERROR = 'E'.charCodeAt(0);
const NOTICE = 'N'.charCodeAt(0);
/** No row of metrics comes near it; a server could name a gigabyte and have it kept in memory. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/**
 * Breaks a connection on which something else than PostgreSQL's messages arrives.
 *
 * The driver throws in the middle of an event at a message it cannot read, which would end the process, and reads for
 * ever in an error or a notice that has no end. To be called before connecting.
 */
export function guardMessages(connection: pg.Connection): void {
  wrapReading(connection, (listener) => {
    const check = createMessageCheck();
    return (chunk) => {
      try {
        check(chunk);
        listener(chunk);
      } catch (thrown) {
        connection.stream.destroy(explain(thrown));
      }
    };
  });
}

/**
 * Checks the outline of messages that arrive in pieces of any size.
 *
 * @returns what to call with each piece; it throws where something else begins or ends
 */
export function createMessageCheck(): Listener {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let bodyBytes = 0;
  let lastTwo = 0;
  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (headerBytes < HEADER_BYTES) {
        // Byte by byte: a copy of so few costs ten times as much, for each row.
        while (headerBytes < HEADER_BYTES && at < chunk.length) header[headerBytes++] = chunk[at++] ?? 0;
        if (headerBytes < HEADER_BYTES) return;
        bodyBytes = bodyBytesOf(header);
        lastTwo = 0;
      }
      const end = Math.min(chunk.length, at + bodyBytes);
      if (hasFields(header)) lastTwo = lastTwoOf(lastTwo, chunk.subarray(Math.max(at, end - 2), end));
      bodyBytes -= end - at;
      at = end;
      if (bodyBytes > 0) return;
      if (hasFields(header) && lastTwo !== 0) throw new Error('a message has no end');
      headerBytes = 0;
    }
  };
}

function lastTwoOf(before: number, bytes: Buffer): number {
  return bytes.reduce((lastTwo, byte) => ((lastTwo << 8) | byte) & 0xffff, before);
}

function bodyBytesOf(header: Buffer): number {
  const length = header.readUInt32BE(1);
  if (!KNOWN_TYPES.has(header[0] ?? 0)) throw new Error('a message is of no known type');
  if (length < (hasFields(header) ? LENGTH_BYTES + 1 : LENGTH_BYTES))
    throw new Error(`a message has a length of ${length} bytes`);
  if (length > LARGEST_BYTES) throw new Error(`a message is larger than ${LARGEST_BYTES} bytes`);
  return length - LENGTH_BYTES;
}

/** Fields of texts, each with its end, and an end of all. */
function hasFields(header: Buffer): boolean {
  return header[0] === ERROR || header[0] === NOTICE;
}

const UNKNOWN_METHOD = /^Unknown authenticationOk message type (\d+)$/;
const METHODS: Readonly<Record<string, string>> = { 2: 'Kerberos', 7: 'GSSAPI', 9: 'SSPI' };

function explain(thrown: unknown): Error {
  const number = thrown instanceof Error ? UNKNOWN_METHOD.exec(thrown.message)?.[1] : undefined;
  if (number === undefined) {
    const said = messageOf(thrown);
    return new Error(`what came is nothing PostgreSQL says: ${said}`, { cause: thrown });
  }
  return new WalguardError(
    'TARGET_AUTHENTICATION',
    `the server asks for ${METHODS[number] ?? `method ${number}`}, which walguard does not have`,
    { hint: 'Add a line for this user and host with scram-sha-256 to pg_hba.conf, above the one that fits now.' },
  );
}
