import { describe, expect, it } from 'vitest';
import { toStatusDocument } from '../../../../src/app/status/document.ts';
import type { StateSpan } from '../../../../src/core/state-history.ts';
import { renderPage } from '../../../../src/http/page/page.ts';
import type { StatusDocument } from '../../../../src/http/schema.ts';
import type { LastOutcome } from '../../../../src/scrape/last-outcomes.ts';
import { assessmentOf, backupOf, broken, labelOf, NOW, repositoryOf } from '../../app/status/assessments.ts';

const files = { style: './s.css', script: './l.js', icon: './i.svg' };
const outcome: LastOutcome = {
  collector: 'archiver',
  status: 'ok',
  atSeconds: NOW - 5,
  seconds: 0.01,
  runs: 1,
  failed: 0,
  skipReason: undefined,
  error: undefined,
};

interface PageParts {
  readonly assessment?: ReturnType<typeof assessmentOf>;
  readonly states?: readonly StateSpan[];
  readonly collectors?: readonly LastOutcome[];
}

function documentOf({ assessment = assessmentOf(), states = [] }: PageParts): StatusDocument {
  return toStatusDocument(assessment, { target: 'db:5432', version: '1.2.3', server: undefined, states });
}

function pageOf(parts: PageParts = {}): string {
  const { collectors = [outcome] } = parts;
  return renderPage({ status: documentOf(parts), collectors, telemetryPath: '/pg/metrics', isOnly: true, files });
}

/** Every text of a document, made hostile. */
function poisoned<T>(value: T): T {
  if (typeof value === 'string' && /^\d{4}-|^[0-9A-F]+\/|^[a-z_]+$/.test(value)) return value;
  if (typeof value === 'string') return `"><script>alert('${value}')</script>` as T;
  if (Array.isArray(value)) return value.map(poisoned) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, poisoned(each)])) as T;
}

describe('the page at /', () => {
  it('leads to the metrics wherever they are, and says the version', () => {
    const page = pageOf();
    expect(page).toContain('<a href="./pg/metrics">Metrics</a>');
    expect(page).toContain('<a href="./api/v1/status">');
    expect(page).toContain('walguard 1.2.3');
    expect(page).not.toContain('"./metrics"');
  });

  it('says the verdict in its title and first, the critical findings in front of the others', () => {
    const page = pageOf({ assessment: broken });
    expect(page).toContain('<title>Not recoverable: db:5432 - walguard</title>');
    const places = ['id="verdict"', '1 segment of WAL is missing', 'keeps 1 of 7', 'wal_full'].map((text) =>
      page.lastIndexOf(text),
    );
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(page).toContain('the disk that held it is gone');
  });

  it('has no id twice, and every reference has its element', () => {
    const assessment = assessmentOf({ repositories: [repositoryOf(), { ...repositoryOf(), name: 'other' }] });
    const page = pageOf({ assessment, states: [{ state: 'ok', fromSeconds: NOW - 99, toSeconds: NOW }] });
    const ids = Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id);
    expect(ids).toEqual([...new Set(ids)]);
    const references = Array.from(page.matchAll(/ aria-(?:labelledby|describedby)="([^"]+)"/g), ([, id]) => id);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('has every text of the answer as text, whatever stands in it', () => {
    const unlisted = [labelOf('x')];
    const assessment = { ...broken, repositories: broken.repositories.map((one) => ({ ...one, unlisted })) };
    const status = poisoned(documentOf({ assessment, states: [{ state: 'o k', fromSeconds: 1, toSeconds: NOW }] }));
    const error = { code: '<b>', message: '<i>', hint: '<u>' };
    const collectors: readonly LastOutcome[] = [{ ...outcome, collector: '<s>', status: 'failed', error }];
    const page = renderPage({ status, collectors, telemetryPath: '/"><b>', isOnly: true, files });
    expect(page).toContain('&lt;script&gt;alert(&#39;Keep more backups, or ask for fewer.&#39;)');
    expect(page.match(/<script[^>]*>/g)).toEqual(['<script src="./l.js" type="module">']);
    expect(page.match(/<[bisu]>/g)).toBeNull();
  });

  it('names no style and no script in its own text, which its policy forbids', () => {
    expect(pageOf({ assessment: broken })).not.toMatch(/ style=| on[a-z]+=|<style|javascript:/);
  });

  it('stays of one size however much there is', () => {
    const backups = Array.from({ length: 5_000 }, (_, index) =>
      backupOf(`backup-${index}`, { stopTimeSeconds: NOW - index * 600 }),
    );
    const gap = { timeline: 1, firstName: 'A', lastName: 'B', accepted: false, reason: undefined, afterSeconds: NOW };
    const gaps = Array.from({ length: 5_000 }, (_, index) => ({ ...gap, first: index, last: index }));
    const page = pageOf({ assessment: assessmentOf({ repositories: [repositoryOf({ backups, gaps })] }) });
    expect(page.length).toBeLessThan(200_000);
    expect(page).toContain('<summary>5000 backups</summary>');
    expect(page).toContain('and 4980 older backups');
    expect(page).toContain('<summary>5000 gaps in the WAL</summary>');
  });

  it('says what is known, and how to tell it more, where nothing is configured', () => {
    const page = pageOf({ assessment: assessmentOf({ verdict: 'unknown', repositories: [], sources: [] }) });
    expect(page).toContain('walguard knows of no backups yet');
    expect(page).toContain('archive: {method: directory, path: /mnt/archive}');
    expect(page).toContain('<strong>12 s</strong>');
  });

  it('says since when it knows the states of the archiver', () => {
    const states = [
      { state: 'ok', fromSeconds: NOW - 600, toSeconds: NOW - 60 },
      { state: 'failing', fromSeconds: NOW - 60, toSeconds: NOW },
    ];
    const page = pageOf({ states });
    expect(page).toMatch(/✕<\/span> failing<\/span> since <time[^>]*>2026-11-22 17:59:00 UTC<\/time>; known since/);
    expect(page).toContain('<title>ok from 2026-11-22 17:50:00 UTC, for 9 min</title>');
  });
});
