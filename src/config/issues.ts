import { z } from 'zod';

import { closest } from '../core/closest.ts';
import { WalguardError, type Where } from '../core/error.ts';

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** What a schema says of a key that is not there. */
const ABSENT_CODES: ReadonlySet<string> = new Set(['invalid_type', 'invalid_value', 'invalid_union']);

/** The sections whose values may be secrets: no message repeats them. */
const SECRET_SECTIONS: ReadonlySet<PropertyKey> = new Set(['data_source']);

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
    const known = knownKeys(schemaAt(schema, issue.path));
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

function toError(issue: Issue, where: (path: readonly PropertyKey[]) => Where): WalguardError {
  const name = pathText(issue.path);
  const hint = cure(issue);
  if (issue.input === undefined && ABSENT_CODES.has(issue.code)) {
    const details = { where: where(issue.path.slice(0, -1)), hint: `Add it. ${hint}` };
    return new WalguardError('CONFIG_MISSING_KEY', `${name} is missing`, details);
  }
  const value = SECRET_SECTIONS.has(issue.path[0] ?? '') ? 'not usable' : describe(issue.input);
  return new WalguardError('CONFIG_BAD_VALUE', `${name} is ${value}`, { where: where(issue.path), hint });
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
      return `${issue.message}.`;
  }
}

function describe(input: unknown): string {
  if (input === undefined) return 'not usable';
  if (input === null) return 'empty';
  if (Array.isArray(input)) return input.length === 0 ? 'an empty list' : 'a list';
  if (typeof input === 'object') return 'a mapping';
  const text = JSON.stringify(input);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}...` : text;
}

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
  return path.length === 0 ? 'the document' : path.map(String).join('.');
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

function knownKeys(schema: Schema | undefined): readonly string[] {
  const object = schema === undefined ? undefined : unwrap(schema);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}
