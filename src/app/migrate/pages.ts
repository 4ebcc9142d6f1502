import type { PageDifference } from './report.ts';

/** What a page says of a family. */
interface PageFamily {
  readonly type: string;
  readonly labels: Set<string>;
}

/** What every exporter says of itself and of its process. */
const OWN = /^(?:go|process|promhttp|nodejs|walguard|postgres_exporter|pg_exporter|scrape)_/;
const TYPE = /^# TYPE (\S+) (\S+)/gm;
const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+(?: \S+)?$/gm;
const LABEL = /\b(?!le=|quantile=)([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"/g;

/**
 * What two pages differ by: families that one of them has, with another type, without a label. A family without type is
 * the same as one of any type.
 *
 * @param old the page of the other exporter, in the text format
 */
export function comparePages(old: string, fresh: string): readonly PageDifference[] {
  const [before, after] = [familiesOf(old), familiesOf(fresh)];
  const lost = [...before].flatMap(([family, was]) => differences(family, was, after.get(family)));
  const added = [...after.keys()].filter((family) => !before.has(family));
  return [
    ...lost,
    ...added.map((family): PageDifference => ({ kind: 'new', family, old: '', new: after.get(family)?.type ?? '' })),
  ];
}

function differences(family: string, was: PageFamily, is: PageFamily | undefined): readonly PageDifference[] {
  if (is === undefined) return [{ kind: 'gone', family, old: was.type, new: '' }];
  const types = new Set([was.type, is.type]);
  types.delete('untyped');
  types.delete('unknown');
  const gone = [...was.labels].filter((label) => !is.labels.has(label));
  return [
    ...(types.size > 1 ? [{ kind: 'type' as const, family, old: was.type, new: is.type }] : []),
    ...(gone.length > 0
      ? [{ kind: 'labels' as const, family, old: gone.join(', '), new: [...is.labels].join(', ') }]
      : []),
  ];
}

function familiesOf(page: string): ReadonlyMap<string, PageFamily> {
  const types = new Map([...page.matchAll(TYPE)].map(([, name = '', type = '']) => [name, type]));
  const families = new Map<string, PageFamily>();
  for (const [, sample = '', labels = ''] of page.matchAll(SAMPLE)) {
    const family = types.has(sample) ? sample : baseOf(sample, types);
    if (OWN.test(family)) continue;
    const known = families.get(family) ?? { type: types.get(family) ?? 'untyped', labels: new Set() };
    for (const [, label = ''] of labels.matchAll(LABEL)) known.labels.add(label);
    families.set(family, known);
  }
  return families;
}

/** The family of a sample of a histogram or a summary. */
function baseOf(sample: string, types: ReadonlyMap<string, string>): string {
  const base = sample.replace(/_(?:bucket|sum|count)$/, '');
  return types.has(base) ? base : sample;
}
