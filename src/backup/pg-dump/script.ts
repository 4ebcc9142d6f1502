import { bareName, NAME, type Needs, needsOf } from './script-names.ts';

/** A piece of a script, and what has to be there before it runs. */
export interface Adapted {
  readonly needs: Needs;
  readonly bytes: Buffer;
}

export interface ScriptOptions {
  /** The superuser that the server has already: the script of another server's roles would make it once more. */
  readonly user: string;
  /** It begins with roles and tablespaces, as those of pg_dumpall do. */
  readonly isCluster: boolean;
}

const NEWLINE = 10;
const DATA = /^COPY .* FROM stdin;$/;
const DATA_ENDS = Buffer.from('\\.\n');
const NEXT_DATA_ENDS = Buffer.from('\n\\.\n');
const GLOBALS_END = /^(?:-- Databases|\\connect )/;
const ROLE = new RegExp(String.raw`^CREATE ROLE (${NAME});$`);
const TABLESPACE = new RegExp(String.raw`^CREATE TABLESPACE (${NAME}) .*LOCATION '`);
/** A statement that names something is shorter. */
const LONGEST_LINE_BYTES = 65_536;
const TAIL_BYTES = 4_096;

/**
 * Makes the script of a dump fit for a server of a drill, while it comes by: what another server has at another place is
 * left out of it (its superuser, the folders of its tablespaces), and what it needs is told before.
 */
export class DumpScript {
  readonly #user: string;
  readonly #made = new Set<string>();
  #inGlobals: boolean;
  #inData = false;
  /** The next byte is the first of a line. */
  #atLineStart = true;
  #rest: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  #roles: string[] = [];
  #tablespaces: string[] = [];

  constructor({ user, isCluster }: ScriptOptions) {
    this.#user = user;
    this.#inGlobals = isCluster;
  }

  /** Its last bytes so far. */
  get tail(): Buffer {
    return this.#tail;
  }

  /** What can be handed on of it now. */
  add(piece: Buffer): Adapted {
    this.#tail = Buffer.concat([this.#tail, piece.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES);
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const kept: Buffer[] = [];
    let at = 0;
    while (at < bytes.length) {
      const { end, isKept } = this.#inData ? this.#data(bytes, at) : this.#line(bytes, at);
      if (end === at) break;
      if (isKept) kept.push(bytes.subarray(at, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
    return this.#adapted(Buffer.concat(kept));
  }

  finish(): Adapted {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return this.#adapted(rest);
  }

  #adapted(bytes: Buffer): Adapted {
    const needs = { roles: this.#roles, tablespaces: this.#tablespaces };
    this.#roles = [];
    this.#tablespaces = [];
    return { needs, bytes };
  }

  /** Rows, which are not looked at: up to the line that ends them, or to where it may begin. */
  #data(bytes: Buffer, at: number): { readonly end: number; readonly isKept: boolean } {
    if (this.#atLineStart) {
      if (bytes.length - at < DATA_ENDS.length) return { end: at, isKept: true };
      this.#atLineStart = false;
      if (bytes.subarray(at, at + DATA_ENDS.length).equals(DATA_ENDS)) return this.#dataEnd(at + DATA_ENDS.length);
    }
    const found = bytes.indexOf(NEXT_DATA_ENDS, at);
    if (found >= 0) return this.#dataEnd(found + NEXT_DATA_ENDS.length);
    return { end: Math.max(at, bytes.length - NEXT_DATA_ENDS.length + 1), isKept: true };
  }

  #dataEnd(end: number): { readonly end: number; readonly isKept: boolean } {
    this.#inData = false;
    this.#atLineStart = true;
    return { end, isKept: true };
  }

  #line(bytes: Buffer, at: number): { readonly end: number; readonly isKept: boolean } {
    const newline = bytes.indexOf(NEWLINE, at);
    if (newline < 0) {
      if (bytes.length - at <= LONGEST_LINE_BYTES) return { end: at, isKept: true };
      this.#atLineStart = false;
      return { end: bytes.length, isKept: true };
    }
    const isWhole = this.#atLineStart && newline - at <= LONGEST_LINE_BYTES;
    this.#atLineStart = true;
    return { end: newline + 1, isKept: !isWhole || this.#read(bytes.toString('utf8', at, newline).replace(/\r$/, '')) };
  }

  /** @returns false for a line that is left out */
  #read(line: string): boolean {
    if (this.#inGlobals) return this.#readGlobals(line);
    if (DATA.test(line)) {
      this.#inData = true;
      return true;
    }
    const { roles, tablespaces } = needsOf(line);
    this.#roles.push(...roles.filter((name) => !this.#made.has(name)));
    this.#tablespaces.push(...tablespaces);
    return true;
  }

  #readGlobals(line: string): boolean {
    const [, role] = ROLE.exec(line) ?? [];
    if (role !== undefined) {
      this.#made.add(bareName(role));
      return bareName(role) !== this.#user;
    }
    const [, tablespace] = TABLESPACE.exec(line) ?? [];
    if (tablespace !== undefined) {
      this.#tablespaces.push(bareName(tablespace));
      return false;
    }
    this.#inGlobals = !GLOBALS_END.test(line);
    return true;
  }
}
