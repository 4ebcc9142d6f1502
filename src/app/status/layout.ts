/** How the lines of a terminal look. */
export interface Look {
  /** Columns of a line. */
  readonly width: number;
  readonly colours: boolean;
}

export type Tone = 'bad' | 'warning' | 'good' | 'strong';

const CODES: Readonly<Record<Tone, string>> = { bad: '1;31', warning: '33', good: '32', strong: '1' };
const GAP = '  ';

export function paint(text: string, tone: Tone, { colours }: Look): string {
  return colours ? `\u001b[${CODES[tone]}m${text}\u001b[0m` : text;
}

/** Breaks a text between its words; a word that is longer than a line stays whole. Lines after the first are indented. */
export function wrap(text: string, indent: string, { width }: Look): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    const started = line.trim() !== '';
    if (started && line.length + 1 + word.length > width) {
      lines.push(line);
      line = `${indent}${GAP}${word}`;
    } else line = started ? `${line} ${word}` : `${line}${word}`;
  }
  return [...lines, line];
}

/** Columns beside each other or, where that is wider than a line, each cell below the other with its head. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], look: Look): readonly string[] {
  if (rows.length === 0) return [];
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)));
  const lines = [head, ...rows].map((row) =>
    `${GAP}${row.map((cell, column) => pad(cell, widths[column] ?? 0)).join(GAP)}`.trimEnd(),
  );
  if (lines.every((line) => line.length <= look.width)) return lines;
  return rows.flatMap((row) =>
    row.flatMap((cell, column) =>
      cell === '' ? [] : wrap(`${head[column]}: ${cell}`, column === 0 ? GAP : GAP + GAP, look),
    ),
  );
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - text.length));
}
