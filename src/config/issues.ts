import { z } from 'zod';

import { closest } from '../core/closest.ts';
import { WalguardError, type Where } from '../core/error.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** What a schema says of a key that is not there. */
const ABSENT_CODES: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/** The sections whose values may be secrets: no message repeats them. */
const SECRET_SECTIONS: ReadonlySet<PropertyKey> = new Set(['data_source', 'auth_modules', 'basic_auth_users']);

/** The same for keys of a repository: what a tool is run with, or a URL, may hold keys and passwords. */
const SECRET_KEYS: ReadonlySet<PropertyKey> = new Set(['environment', 'command', 'prefix', 'endpoint']);

/** The same for keys of a web configuration. */
const SECRET_PEM: ReadonlySet<PropertyKey> = new Set(['key', 'cert', 'client_ca']);

/** A key that is more than this may be a value, and a secret, that lost the space after its colon. */
const PLAIN_KEY = /^[\w.-]{1,60}$/;

/** Turns what a schema has against a document into walguard's errors: one a problem, at its place, with the cure. */
export function toErrors(
  issues: readonly Issue[],
  schema: z.ZodType,
  where: (path: readonly PropertyKey[]) => Where,
): WalguardError[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [toError(issue, where)];
    const known = knownKeys(schemaAt(schema, issue.path), issue.input);
    return issue.keys.map((key) => {
      const near = closest(key, known);
      const shown = PLAIN_KEY.test(key) ? `the key "${key}"` : 'a key that is no plain word';
      return new WalguardError('CONFIG_UNKNOWN_KEY', `${shown} is not known${inside(issue.path)}`, {
        where: where([...issue.path, key]),
        hint: near === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean "${near}"?`,
      });
    });
  });
}

function toError(given: Issue, where: (path: readonly PropertyKey[]) => Where): WalguardError {
  const issue = atDiscriminator(given);
  const name = pathText(issue.path);
  const hint = cure(issue);
  if (issue.input === undefined && ABSENT_CODES.has(issue.code)) {
    const details = { where: where(issue.path.slice(0, -1)), hint: `Add it. ${hint}` };
    return new WalguardError('CONFIG_MISSING_KEY', `${name} is missing`, details);
  }
  const value = mayBeSecret(issue.path) ? 'not usable' : describe(issue.input);
  return new WalguardError('CONFIG_BAD_VALUE', `${name} is ${value}`, { where: where(issue.path), hint });
}

function mayBeSecret(path: readonly PropertyKey[]): boolean {
  const [section = '', key = ''] = path;
  if (section === 'targets') return path.length < 3 || mayBeSecret(path.slice(2));
  if (section === 'tls_server_config') return SECRET_PEM.has(key);
  if (section !== 'repositories') return SECRET_SECTIONS.has(section);
  return path.length === 2 || path.some((part) => SECRET_KEYS.has(part));
}

/** Of a choice by one key what is wrong is that key's value, or that it is missing. */
function atDiscriminator(issue: Issue): Issue {
  if (issue.code !== 'invalid_union' || issue.discriminator === undefined || !('options' in issue)) return issue;
  const input = (issue.input as Readonly<Record<string, unknown>>)[issue.discriminator];
  return { code: 'invalid_value', values: (issue.options ?? []).map(String), path: issue.path, message: '', input };
}

function cure(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const near = typeof issue.input === 'string' ? closest(issue.input, allowed) : undefined;
      return `Use ${allowed.join(', ')}${near === undefined ? '.' : ` (did you mean "${near}"?).`}`;
    }
    case 'invalid_type':
      return `It must be ${withArticle(issue.expected)}${isBlockText(issue) ? ': remove the | after its key' : ''}.`;
    case 'invalid_key':
      return `${issue.issues[0]?.message ?? issue.message}.`;
    default:
      return issue.message.endsWith('?') ? issue.message : `${issue.message}.`;
  }
}

function describe(input: unknown): string {
  if (input === undefined) return 'not usable';
  if (input === null) return 'empty';
  if (Array.isArray(input)) return input.length === 0 ? 'an empty list' : 'a list';
  if (typeof input === 'object') return 'a mapping';
  return shownValue(input);
}

/** A value as a message repeats it. What swallowed the entries after it, for a line break or blanks are missing, may hold any secret. */
export function shownValue(input: unknown): string {
  if (typeof input === 'string' && SWALLOWED.test(input)) return 'a text with entries of its own in it';
  const text = JSON.stringify(input);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}

const SWALLOWED = /:\s|\n/;
/** Characters of a value that a message repeats. */
const MOST_SHOWN = 80;

/** A mapping that became a text, for a | stands after its key. */
function isBlockText({ code, input, ...rest }: Issue): boolean {
  const wantsMapping = 'expected' in rest && (rest.expected === 'record' || rest.expected === 'object');
  return code === 'invalid_type' && wantsMapping && typeof input === 'string' && /:\s*[^]*\n/.test(input);
}

function withArticle(expected: string): string {
  const names: Readonly<Record<string, string>> = {
    record: 'a mapping',
    object: 'a mapping',
    array: 'a list',
    int: 'a whole number',
  };
  return names[expected] ?? `a ${expected}`;
}

function inside(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : ` in ${pathText(path)}`;
}

function pathText(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the document' : path.map((part, index) => partText(path, part, index)).join('.');
}

const NAMED_SECTIONS: ReadonlySet<PropertyKey> = new Set(['repositories', 'targets', 'auth_modules']);

/** What should be the name of a repository or target may be its address, with a password. */
function partText([section = '']: readonly PropertyKey[], part: PropertyKey, index: number): string {
  const isName = NAMED_SECTIONS.has(section) && index === 1;
  return isName && !PLAIN_KEY.test(String(part)) ? '(a name)' : String(part);
}

function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  return path.reduce<Schema | undefined>(
    (at, part) => (at === undefined ? undefined : childSchema(unwrap(at), part)),
    schema,
  );
}

function childSchema(schema: Schema, part: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Readonly<Record<PropertyKey, Schema>>)[part];
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return schema instanceof z.ZodArray ? schema.element : undefined;
}

function unwrap(schema: Schema): Schema {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return unwrap(schema.unwrap());
  if (schema instanceof z.ZodDefault) return unwrap(schema.unwrap());
  if (!(schema instanceof z.ZodPipe)) return schema;
  return unwrap(schema.out instanceof z.ZodTransform ? schema.in : schema.out);
}

/** @param input what was written there: of a choice it tells which */
function knownKeys(schema: Schema | undefined, input: unknown): readonly string[] {
  const found = schema === undefined ? undefined : unwrap(schema);
  const object = found instanceof z.ZodDiscriminatedUnion ? chosen(found, input) : found;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function chosen(choice: z.ZodDiscriminatedUnion, input: unknown): Schema | undefined {
  const key = choice.def.discriminator;
  const value = (input as Readonly<Record<string, unknown>> | undefined)?.[key];
  return choice.options.find((each) => each._zod.propValues?.[key]?.has(value as string));
}
