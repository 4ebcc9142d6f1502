import { createBounded } from './bounded.ts';
import type { ReportedAutovacuum } from './document.ts';
import { type Part, rounded } from './part.ts';

const MOST_TABLES = 5_000;

interface Table {
  vacuums: number;
  analyzes: number;
  seconds: number;
  pagesRemoved: number;
  tuplesRemoved: number;
}

export function createAutovacuum(): Part<ReportedAutovacuum> {
  const tables = createBounded<Table>({
    create: () => ({ vacuums: 0, analyzes: 0, seconds: 0, pagesRemoved: 0, tuplesRemoved: 0 }),
    scores: [({ vacuums, analyzes }) => vacuums + analyzes, ({ seconds }) => seconds],
    most: MOST_TABLES,
  });
  const sums = { vacuums: 0, vacuumSeconds: 0, analyzes: 0, analyzeSeconds: 0 };
  return {
    add({ record: { message }, event }) {
      if (event?.kind !== 'autovacuum' && event?.kind !== 'autoanalyze') return;
      const table = tables.of(/ table "([^"]*)"/.exec(message)?.[1] ?? '');
      table.seconds += event.seconds ?? 0;
      if (event.kind === 'autoanalyze') {
        table.analyzes += 1;
        sums.analyzes += 1;
        sums.analyzeSeconds += event.seconds ?? 0;
        return;
      }
      table.vacuums += 1;
      table.pagesRemoved += Number(/\bpages: (\d+) removed/.exec(message)?.[1] ?? 0);
      table.tuplesRemoved += Number(/\btuples: (\d+) removed/.exec(message)?.[1] ?? 0);
      sums.vacuums += 1;
      sums.vacuumSeconds += event.seconds ?? 0;
    },
    report: (top) => ({
      ...sums,
      vacuumSeconds: rounded(sums.vacuumSeconds),
      analyzeSeconds: rounded(sums.analyzeSeconds),
      tables: tables
        .entries()
        .toSorted(([, a], [, b]) => b.vacuums + b.analyzes - a.vacuums - a.analyzes || b.seconds - a.seconds)
        .slice(0, top)
        .map(([table, found]) => ({ table, ...found, seconds: rounded(found.seconds) })),
    }),
  };
}
