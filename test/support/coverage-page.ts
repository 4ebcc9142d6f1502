import { readProjectFile } from '../repo/project.ts';
import type { Reason } from './coverage.ts';

/** Majors with a golden file of their columns. */
const MAJORS = [13, 14, 15, 16, 17, 18, 19];

const EXPLANATIONS: readonly (readonly [Exclude<Reason, 'family'>, string])[] = [
  ['key', 'key or text of another family'],
  ['same', 'same fact as another column'],
  ['planner', 'planner statistics or user data'],
  ['transaction', 'of one transaction'],
  ['rights', 'more than pg_monitor may read'],
  ['unbounded', 'unbounded: one series a backend, lock or object'],
];

interface Sighting {
  readonly view: string;
  readonly column: string;
  readonly major: number;
  readonly collectors: readonly string[];
  /** Empty where collectors read the column. */
  readonly reason: string;
  readonly details: readonly string[];
}

/** docs/coverage.md: what the golden files of columns and the list of reasons say, a table a view. */
export function coveragePage(generated: string): string {
  const sightings = MAJORS.flatMap(readSightings);
  const views = [...new Set(sightings.map(({ view }) => view))].toSorted();
  const columns = new Set(sightings.map(({ view, column }) => `${view}.${column}`));
  const read = new Set(
    sightings.flatMap(({ view, column, reason }) =>
      reason === '' || reason === 'family' ? [`${view}.${column}`] : [],
    ),
  );
  return `# Coverage

${generated}

Every column of every view of statistics of PostgreSQL ${MAJORS[0]} to ${MAJORS.at(-1)}: the collectors that read it (or the families that
tell it), or why none does.
[metrics.md](metrics.md) says what each collector gives, and which are off by default. A test walks the views of servers of
all majors: PostgreSQL itself says which columns a query reads.

${columns.size} columns of ${views.length} views; ${read.size} are told, ${columns.size - read.size} have one of these reasons:

| reason | |
|---|---|
${EXPLANATIONS.map(([reason, text]) => `| ${reason} | ${text} |`).join('\n')}

${views.map((view) => viewSection(view, sightings)).join('\n')}`;
}

function readSightings(major: number): readonly Sighting[] {
  const lines = readProjectFile(`test/golden/pg${major}-columns.tsv`).trimEnd().split('\n');
  return lines.map((line) => {
    const [view = '', column = '', collectors = '', reason = '', details = ''] = line.split('\t');
    return { view, column, major, collectors: words(collectors), reason, details: words(details) };
  });
}

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '');
}

function viewSection(view: string, sightings: readonly Sighting[]): string {
  const ofView = sightings.filter((sighting) => sighting.view === view);
  const columns = [...new Set(ofView.map(({ column }) => column))];
  const rows = columns.map((column) => {
    const ofColumn = ofView.filter((sighting) => sighting.column === column);
    const tellers = new Set(
      ofColumn.flatMap(({ collectors, reason, details }) => (reason === 'family' ? details : collectors)),
    );
    const majors = span(ofColumn.map(({ major }) => major));
    return `| ${column} | ${majors} | ${[...tellers].toSorted().join(', ')} | ${reasonsOf(ofColumn)} |`;
  });
  return `## ${view}\n\n| column | majors | told by | reason |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** The reasons on the majors that have one; with the majors where there are others. */
function reasonsOf(ofColumn: readonly Sighting[]): string {
  const given = ofColumn.filter(({ reason }) => reason !== '' && reason !== 'family');
  const texts = [...new Set(given.map(reasonText))];
  return texts
    .map((text) => {
      const majors = given.filter((sighting) => reasonText(sighting) === text).map(({ major }) => major);
      return majors.length === ofColumn.length ? text : `${text} (${span(majors)})`;
    })
    .join('; ');
}

function reasonText({ reason, details }: Sighting): string {
  return details.length === 0 ? reason : `${reason}: ${details.join(', ')}`;
}

function span(majors: readonly number[]): string {
  const first = Math.min(...majors);
  const last = Math.max(...majors);
  return first === last ? `${first}` : `${first}-${last}`;
}
