import type { ErrorCode } from './error-codes.ts';
import { printable } from './printable.ts';

/** Where an error belongs: a place in a file, a target, a collector. All parts are optional and free of secrets. */
export interface Where {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly target?: string;
  readonly collector?: string;
}

export interface ErrorDetails {
  /** The cure, as an order. */
  readonly hint?: string;
  readonly where?: Where;
  readonly cause?: unknown;
}

/** The one error class: a closed code, what happened to what, the cure, the place, and the cause kept. */
export class WalguardError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: Where;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(readable(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'WalguardError';
    this.code = code;
    this.hint = details.hint === undefined ? undefined : readable(details.hint);
    this.where = details.where ?? {};
  }
}

/** Above what walguard itself says; a value that a person wrote may be a whole file. */
const MOST_CHARACTERS = 4_000;

/** What a terminal and a log can take, whatever was written in a file, or sent by a server. */
function readable(text: string): string {
  const cut = text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
  return cut.split('\n').map(printable).join('\n');
}

/** Several problems of one input, found in one pass and reported together. Never empty. */
export class WalguardErrors extends AggregateError {
  override readonly errors: readonly WalguardError[] & WalguardError[];

  constructor(errors: readonly WalguardError[]) {
    super(errors, errors.map((error) => error.message).join('\n'));
    this.name = 'WalguardErrors';
    this.errors = [...errors];
  }
}

/**
 * One problem as the lines a person reads:
 * `file:line:col: CODE: message` and, below it, `hint: cure`.
 */
export function renderError(error: WalguardError): string {
  const { file, line, column } = error.where;
  const place = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = `${place === '' ? '' : `${place}: `}${error.code}: ${error.message}`;
  return error.hint === undefined ? head : `${head}\n  hint: ${error.hint}`;
}

/** Orders what belongs to places: by file, line and column. */
export function byPlace({ where: a }: { readonly where: Where }, { where: b }: { readonly where: Where }): number {
  return (
    (a.file ?? '').localeCompare(b.file ?? '') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  );
}

/** Turns anything thrown into a WalguardError; what is not one already is a BUG. */
export function asWalguardError(thrown: unknown): WalguardError {
  if (thrown instanceof WalguardError) return thrown;
  return new WalguardError('BUG', messageOf(thrown), {
    cause: thrown,
    hint: 'Please report this with the log at --log.level=debug.',
  });
}

/** What anything thrown says. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The system's code of an error, as `EACCES`; empty if it has none. */
export function systemCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}

/** Runs a part of a whole that is checked in one pass: what is wrong joins the problems, and undefined is the result. */
export function collect<T>(problems: WalguardError[], run: () => T): T | undefined {
  try {
    return run();
  } catch (thrown) {
    problems.push(...(thrown instanceof WalguardErrors ? thrown.errors : [asWalguardError(thrown)]));
    return undefined;
  }
}
