import type { ResultHandler } from '../../../src/core/collector.ts';
import { rowOf } from '../../../src/core/row.ts';
import { createStepSink, type StepSink } from '../../../src/scrape/sink.ts';

/** A column of a result as tests write it: its name, and the object id of its type if that matters. */
export type TestColumn = string | readonly [name: string, typeOid: number];

const TEXT = 25;

/** The samples of a sink as lines, family by family. Nothing may be added afterwards. */
export function linesOf(sink: StepSink): readonly string[] {
  const bytes = Buffer.concat(sink.finish().flatMap(({ chunks }) => [...chunks]));
  return bytes.toString('utf8').split('\n').slice(0, -1);
}

/** Hands a result on as the driver does, and gives the sink it went to. */
export function feed(
  open: (sink: StepSink) => ResultHandler,
  columns: readonly TestColumn[],
  rows: readonly (readonly (string | null)[])[],
): StepSink {
  const sink = createStepSink();
  const handler = open(sink);
  handler.columns(
    columns.map((column) =>
      typeof column === 'string' ? { name: column, typeOid: TEXT } : { name: column[0], typeOid: column[1] },
    ),
  );
  for (const row of rows) handler.row(rowOf(row));
  void handler.end();
  return sink;
}
