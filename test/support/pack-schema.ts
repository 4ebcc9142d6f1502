import { z } from 'zod';

import { type Block, type ColumnSpec, pack, USAGES } from '../../src/collectors/sql/schema.ts';
import { BLOCK_HOVERS, COLUMN_HOVERS, PREDICATE_HOVERS } from './pack-schema-hovers.ts';

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [key: string]: unknown;
}

const NUMBER_TEXT = String.raw`^[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?$`;
const SWITCH_TEXT = `^(${['true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'].map(anyCase).join('|')})$`;
const TAG = {
  anyOf: [
    { type: 'string', pattern: String.raw`^[^\s:]+$|^(dbname|username|extension|schema|not):[\s\S]+$` },
    { type: ['number', 'boolean'] },
  ],
};
const SECONDS = number({ minimum: 0 });
const VERSION_NUMBER = wholeNumber(
  { anyOf: [{ const: 0 }, { minimum: 10_000, maximum: 999_999 }] },
  String.raw`^0*([1-9]\d{4,5}|0)$`,
);

/** What the types of the schema do not say: the rules that it checks by functions. */
const RULES: Readonly<Partial<Record<keyof Block | keyof ColumnSpec, JsonSchema>>> = {
  min_version: VERSION_NUMBER,
  max_version: VERSION_NUMBER,
  ttl: SECONDS,
  cache_seconds: SECONDS,
  priority: wholeNumber({ minimum: 0, maximum: 999 }, String.raw`^0*\d{1,3}$`),
  tags: { type: 'array', items: TAG },
  target_databases: {
    anyOf: [{ type: 'string' }, { type: 'array', items: { type: ['string', 'number', 'boolean'] } }],
  },
};

/**
 * The format of packs for editors, made of the schema that the parser reads with. It takes all that the parser takes:
 * other capitals, numbers in quotes, a key without a value. What depends on other keys it leaves to the parser.
 */
export function packSchema(): JsonSchema {
  const { $schema, ...root } = z.toJSONSchema(pack, {
    target: 'draft-7',
    io: 'output',
    unrepresentable: 'any',
  }) as JsonSchema;
  const block = inner(root, 'additionalProperties');
  const metrics = inner(block, 'properties', 'metrics');
  const column = inner(metrics, 'items', 'additionalProperties');
  const predicates = inner(block, 'properties', 'predicate_queries');
  const entry = {
    ...inner(metrics, 'items'),
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: withHovers(column, COLUMN_HOVERS),
  };
  const properties = {
    ...inner(block, 'properties'),
    metrics: { ...metrics, items: entry },
    predicate_queries: { ...predicates, items: withHovers(inner(predicates, 'items'), PREDICATE_HOVERS) },
  };
  return {
    $schema,
    title: 'walguard query pack',
    description: 'Queries and what their columns are, by the names of the blocks. docs/packs.md has the format.',
    ...root,
    type: ['object', 'null'],
    additionalProperties: withHovers({ ...block, properties }, BLOCK_HOVERS),
  };
}

/** The properties of an object as a person may write them, each with what an editor shows of it. */
function withHovers(object: JsonSchema, hovers: Readonly<Record<string, string>>): JsonSchema {
  const required = (object['required'] ?? []) as readonly string[];
  const properties = Object.entries(inner(object, 'properties')).map(([key, value]) => {
    const hover = hovers[key];
    if (hover === undefined) throw new Error(`The key ${key} has no description: add it to pack-schema-hovers.ts.`);
    const said = relaxed(key, value as JsonSchema);
    return [key, { description: hover, ...(required.includes(key) ? said : orNull(said)) }] as const;
  });
  return { ...object, properties: Object.fromEntries(properties) };
}

/** What the parser turns into a value of a type it also takes. */
function relaxed(key: string, value: JsonSchema): JsonSchema {
  const rule = RULES[key as keyof typeof RULES];
  if (rule !== undefined) return rule;
  const { type, items, additionalProperties } = value;
  if (key === 'usage')
    return { anyOf: [{ enum: [...USAGES] }, { type: 'string', pattern: `^(${USAGES.map(anyCase).join('|')})$` }] };
  if (isNumber(value)) return number({});
  if (type === 'boolean') return { anyOf: [{ type: 'boolean' }, { type: 'string', pattern: SWITCH_TEXT }] };
  if (type === 'string' && value['pattern'] === undefined && value['minLength'] === undefined)
    return { type: ['string', 'number', 'boolean'] };
  if (isNumber(items)) return { ...value, items: number({}) };
  return isNumber(additionalProperties) ? { ...value, additionalProperties: number({}) } : value;
}

/** How the schema's union of numbers and texts that are numbers comes out. */
function isNumber(value: unknown): boolean {
  return JSON.stringify(value) === '{"anyOf":[{"type":"number"},{}]}';
}

function number(bounds: JsonSchema): JsonSchema {
  return {
    anyOf: [
      { type: 'number', ...bounds },
      {
        type: 'string',
        pattern: bounds['minimum'] === 0 ? NUMBER_TEXT.replace('[-+]?', String.raw`\+?`) : NUMBER_TEXT,
      },
    ],
  };
}

function wholeNumber(bounds: JsonSchema, pattern: string): JsonSchema {
  return {
    anyOf: [
      { type: 'integer', ...bounds },
      { type: 'string', pattern },
    ],
  };
}

function orNull(value: JsonSchema): JsonSchema {
  const { type, anyOf } = value;
  if (Array.isArray(anyOf)) return { ...value, anyOf: [...(anyOf as readonly unknown[]), { type: 'null' }] };
  return { ...value, type: [...[type].flat(), 'null'] };
}

function anyCase(word: string): string {
  return word.replaceAll(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
}

function inner(schema: JsonSchema, ...path: readonly string[]): JsonSchema {
  return path.reduce((at, key) => at[key] as JsonSchema, schema);
}
