import { z } from 'zod';

import { DRILL_SOURCES } from '../core/drill-report.ts';
import { parsedAs, span, word } from './values.ts';

/** What the one value that a query returns has to be. */
export type Expectation =
  | { readonly kind: 'equals'; readonly text: string }
  | { readonly kind: 'between'; readonly atLeast: number | undefined; readonly atMost: number | undefined }
  /** A time, at most so long before the wanted moment; before the beginning of the drill if that is no time. */
  | { readonly kind: 'newer_than'; readonly seconds: number };

/** A question to the restored server, and what the answer has to be. */
export interface SqlCheck {
  readonly name: string;
  readonly datname: string | undefined;
  readonly sql: string;
  readonly expected: Expectation;
}

/** A table whose rows are counted and compared with the last drill that succeeded. */
export interface RowCount {
  readonly name: string;
  readonly datname: string | undefined;
  /** As SQL writes it: `public.orders`. */
  readonly table: string;
  /** The part of its rows that may be gone since, 0 to 1. */
  readonly tolerance: number;
}

/** What is wanted of the restored server of one repository. */
export interface DrillChecks {
  readonly sql: readonly SqlCheck[];
  readonly rows: readonly RowCount[];
}

const DEFAULT_TOLERANCE = 0.1;

const number = z.number({ error: 'Give a number' });

const sqlCheck = z
  .strictObject({
    name: word,
    database: word.optional(),
    sql: word,
    equals: z.union([z.string(), z.number(), z.boolean()], { error: 'Give one value' }).optional(),
    at_least: number.optional(),
    at_most: number.optional(),
    newer_than: span.optional(),
  })
  .superRefine(({ equals, at_least, at_most, newer_than }, context) => {
    const kinds = [equals, at_least ?? at_most, newer_than].filter((each) => each !== undefined).length;
    if (kinds === 1) return;
    const message = 'Give either equals, or at_least and at_most or one of them, or newer_than';
    context.addIssue({ code: 'custom', path: ['sql'], message, input: undefined });
  });

const share = parsedAs('Give a part such as 10% or 0.1', (text) => {
  const [, digits, percent] = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text) ?? [];
  const part = Number(digits) / (percent === '%' ? 100 : 1);
  return part >= 0 && part <= 1 ? part : undefined;
});

/** What SQL takes as a name, with its schema or without: it becomes a part of a query. */
const tableName = parsedAs('Give a table such as public.orders', (text) =>
  /^(?:[A-Za-z_][\w$]*|"(?:[^"\0]|"")+")(?:\.(?:[A-Za-z_][\w$]*|"(?:[^"\0]|"")+"))?$/.test(text) ? text : undefined,
);

const rowCount = z.strictObject({
  name: word.optional(),
  database: word.optional(),
  table: tableName,
  tolerance: share.default(DEFAULT_TOLERANCE),
});

export const drillChecksSection = z
  .strictObject({
    source: z.enum(DRILL_SOURCES).optional(),
    checks: z.array(sqlCheck).default([]),
    rows: z.array(rowCount).default([]),
  })
  .superRefine(({ checks, rows }, context) => {
    const names = [...checks.map(({ name }) => name), ...rows.map(nameOf)];
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) === index) continue;
      const path = index < checks.length ? ['checks', index, 'name'] : ['rows', index - checks.length, 'name'];
      context.addIssue({ code: 'custom', path, message: 'Give each check a name of its own', input: name });
    }
  });

export type DrillChecksValue = z.output<typeof drillChecksSection>;

export function toDrillChecks({ checks, rows }: DrillChecksValue): DrillChecks {
  return {
    sql: checks.map((each) => ({
      name: each.name,
      datname: each.database,
      sql: each.sql,
      expected: toExpectation(each),
    })),
    rows: rows.map((each) => ({
      name: nameOf(each),
      datname: each.database,
      table: each.table,
      tolerance: each.tolerance,
    })),
  };
}

function toExpectation({ equals, at_least, at_most, newer_than }: z.output<typeof sqlCheck>): Expectation {
  if (newer_than !== undefined) return { kind: 'newer_than', seconds: newer_than };
  if (equals !== undefined) return { kind: 'equals', text: String(equals) };
  return { kind: 'between', atLeast: at_least, atMost: at_most };
}

function nameOf({ name, database, table }: z.output<typeof rowCount>): string {
  return name ?? `rows of ${database === undefined ? '' : `${database}.`}${table}`;
}
