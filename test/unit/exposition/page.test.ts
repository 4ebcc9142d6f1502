import { describe, expect, it } from 'vitest';
import type { Family } from '../../../src/core/family.ts';
import { type FamilyChunks, layOutPage } from '../../../src/exposition/page.ts';

function part(name: string, lines: readonly string[], type: Family['type'] = 'gauge'): FamilyChunks {
  return { family: { name, type, help: 'Help.', labelNames: [] }, chunks: lines.map((line) => Buffer.from(line)) };
}

function pageText(parts: readonly FamilyChunks[], format: 'text' | 'openmetrics'): string {
  return Buffer.concat([...layOutPage(parts, format)]).toString('utf8');
}

describe('the page', () => {
  const parts = [
    part('walguard_up', ['walguard_up 1\n']),
    part('pg_up', ['pg_up 1\n']),
    part('pg_archiver_archived_total', ['pg_archiver_archived_total 7\n'], 'counter'),
    part('pg_archiver_ready', ['pg_archiver_ready{a="1"} 0\n', 'pg_archiver_ready{a="2"} 0\n']),
  ];

  it('has the families in the order of their names, each after its header, in the text format', () => {
    expect(pageText(parts, 'text')).toMatchInlineSnapshot(`
      "# HELP pg_archiver_archived_total Help.
      # TYPE pg_archiver_archived_total counter
      pg_archiver_archived_total 7
      # HELP pg_archiver_ready Help.
      # TYPE pg_archiver_ready gauge
      pg_archiver_ready{a="1"} 0
      pg_archiver_ready{a="2"} 0
      # HELP pg_up Help.
      # TYPE pg_up gauge
      pg_up 1
      # HELP walguard_up Help.
      # TYPE walguard_up gauge
      walguard_up 1
      "
    `);
  });

  it('has the same samples in OpenMetrics, and an end', () => {
    expect(pageText(parts, 'openmetrics')).toMatchInlineSnapshot(`
      "# HELP pg_archiver_archived Help.
      # TYPE pg_archiver_archived counter
      pg_archiver_archived_total 7
      # HELP pg_archiver_ready Help.
      # TYPE pg_archiver_ready gauge
      pg_archiver_ready{a="1"} 0
      pg_archiver_ready{a="2"} 0
      # HELP pg_up Help.
      # TYPE pg_up gauge
      pg_up 1
      # HELP walguard_up Help.
      # TYPE walguard_up gauge
      walguard_up 1
      # EOF
      "
    `);
  });

  it('orders by code unit and not by the rules of a language', () => {
    const text = pageText([part('pg_b', []), part('pg_Z', []), part('pg_a_b', []), part('pg_a', [])], 'text');
    const names = Array.from(text.matchAll(/# TYPE (\S+)/g), (match) => match[1]);
    expect(names).toEqual(['pg_Z', 'pg_a', 'pg_a_b', 'pg_b']);
  });

  it('hands the chunks on without copying them', () => {
    const chunk = Buffer.from('pg_up 1\n');
    const yielded = [...layOutPage([{ ...part('pg_up', []), chunks: [chunk] }], 'text')];
    expect(yielded[1]).toBe(chunk);
  });

  it('of nothing is empty in text and only an end in OpenMetrics', () => {
    expect(pageText([], 'text')).toBe('');
    expect(pageText([], 'openmetrics')).toBe('# EOF\n');
  });
});
