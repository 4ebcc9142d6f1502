import { describe, expect, it } from 'vitest';
import { loadPack } from '../../../../src/collectors/sql/load-pack.ts';
import { type Row, rowOf } from '../../../../src/core/row.ts';
import { createStepSink } from '../../../../src/scrape/sink.ts';
import { giveBackChunks } from '../../../../src/exposition/chunk-pool.ts';
import { factsOf } from '../../support/facts.ts';

const PACK = `
pg_tables:
  query: SELECT 1
  metrics:
    - datname: {usage: LABEL}
    - relname: {usage: LABEL}
    - reads_total: {usage: COUNTER, description: "Reads."}
    - hit_ratio: {usage: GAUGE, description: "Hits."}
    - vacuum_timestamp_seconds: {usage: GAUGE, description: "When."}
`;
const COLUMNS = ['datname', 'relname', 'reads_total', 'hit_ratio', 'vacuum_timestamp_seconds'];

interface Work {
  readonly samples: number;
  /** Cells of which a string was made. */
  readonly texts: number;
  readonly memory: ReadonlySet<ArrayBufferLike>;
}

function work(rows: readonly (readonly (string | null)[])[]): Work {
  const [collector] = loadPack('pack.yaml', PACK, { dialect: 'walguard' });
  const step = collector?.choose(factsOf({}));
  if (typeof step !== 'object' || step.kind !== 'query') throw new Error('there is no query');
  let texts = 0;
  const counted = (row: Row): Row => ({
    ...row,
    text(index) {
      texts++;
      return row.text(index);
    },
  });
  const sink = createStepSink();
  const handler = step.open(sink);
  handler.columns(COLUMNS.map((name) => ({ name, typeOid: 701 })));
  for (const cells of rows) handler.row(counted(rowOf(cells)));
  void handler.end();
  const chunks = sink.finish().flatMap((family) => [...family.chunks]);
  giveBackChunks(chunks);
  return { samples: sink.samples(), texts, memory: new Set(chunks.map(({ buffer }) => buffer)) };
}

const tables = Array.from({ length: 2_000 }, (_, index) => ['app', `orders_${index}`, String(index * 7), '0.25', null]);

describe('the work for a result', () => {
  it('makes no string of a number, nor of a label that needs no escape', () => {
    const { samples, texts } = work(tables);
    expect(samples).toBe(4_000);
    // NULL is asked for as a text, in each row once: that makes none.
    expect(texts).toBe(tables.length);
  });

  it('makes one of what has to be read', () => {
    const odd = [['app', 'with "quotes"', '1e300', '-0.5', '7']];
    expect(work(odd)).toMatchObject({ samples: 3, texts: 2 });
  });

  it('takes no memory for a page that the page before did not take', () => {
    const before = work(tables);
    const after = work(tables);
    expect([...after.memory].filter((memory) => !before.memory.has(memory))).toEqual([]);
  });
});
