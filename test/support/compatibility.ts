import { readFileSync } from 'node:fs';
import { readProjectFile } from '../repo/project.ts';
import type { Family } from './exposition.ts';

/** Where a page comes from. */
export interface Place {
  readonly major: number;
  readonly role: 'primary' | 'standby';
}

/** A family of postgres_exporter 0.20.1, with all its collectors on: a line of postgres-exporter.tsv. */
export interface PeerFamily {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  /** The collector is on by default there. */
  readonly isDefault: boolean;
  readonly isAt: (place: Place) => boolean;
}

/** A line of a table in docs/compatibility.md: a family that walguard has in another way, or not everywhere. */
interface Difference {
  readonly family: string;
  readonly what: string;
  readonly reason: string;
}

/**
 * Families of postgres_exporter, with the majors and roles where it has them. The settings of 19, which it does not know
 * yet, are those of 18 that 19 still has.
 */
export function readPeerFamilies(): readonly PeerFamily[] {
  const text = readFileSync(new URL('postgres-exporter.tsv', import.meta.url), 'utf8');
  const [, ...lines] = text.trimEnd().split('\n');
  return lines.map((line) => {
    const [name = '', type = '', labels = '', isDefault = '', majors = '', where = ''] = line.split('\t');
    const [first = Number.NaN, last = Number.NaN] = majors.split('-').map(Number);
    return {
      name,
      type,
      labels: labels.split(',').filter((label) => label !== ''),
      isDefault: isDefault === 'on',
      isAt: ({ major, role }) => first <= major && major <= last && (where === 'both' || where === role),
    };
  });
}

/** What docs/compatibility.md says is absent: everywhere, on one role, or from a major on. */
export function readAbsences(): readonly (Difference & { readonly isAt: (place: Place) => boolean })[] {
  return readTable('Families that are absent').map((difference) => {
    const [, role, since] = /^(?:everywhere|on a (primary|standby)|on (\d+) and later)$/.exec(difference.what) ?? [];
    if (role === undefined && since === undefined && difference.what !== 'everywhere')
      throw new TypeError(`docs/compatibility.md: ${difference.what} is no place`);
    return {
      ...difference,
      isAt: (place) => (role === undefined || role === place.role) && place.major >= Number(since ?? 0),
    };
  });
}

/** The families that docs/compatibility.md says have another type, with that type. */
export function readOtherTypes(): readonly Difference[] {
  return readTable('Families of another type');
}

function readTable(heading: string): readonly Difference[] {
  const [, section] = readProjectFile('docs/compatibility.md').split(`\n## ${heading}\n`);
  if (section === undefined) throw new Error(`docs/compatibility.md has no heading "${heading}"`);
  const [table = ''] = section.split('\n## ');
  const rows = Array.from(table.matchAll(/^\| (pg_\S+) +\| (.+?) +\| (.+?) +\|$/gm), ([, ...cells]) => cells);
  return rows.map(([family = '', what = '', reason = '']) => ({ family, what, reason }));
}

/** What a page lacks of postgres_exporter's, or has otherwise, that docs/compatibility.md does not say; a line each. */
export function compatibilityProblems(page: ReadonlyMap<string, Family>, place: Place): readonly string[] {
  const wanted = readPeerFamilies().filter(({ isAt }) => isAt(place));
  const absences = readAbsences().filter(({ isAt }) => isAt(place));
  return wanted.flatMap((peer) => {
    const said = absences.some(({ family }) => family === peer.name);
    const mine = page.get(peer.name);
    if (mine === undefined || mine.samples.length === 0) return said ? [] : [`${peer.name} is absent`];
    return said ? [`${peer.name} is there, but docs/compatibility.md says it is not`] : otherwise(peer, mine);
  });
}

function otherwise(peer: PeerFamily, { name, type, samples }: Family): readonly string[] {
  const expected = readOtherTypes().find(({ family }) => family === name)?.what ?? peer.type;
  const isBound = (label: string): boolean => type === 'histogram' && label === 'le';
  const names = samples.flatMap((sample) => Object.keys(sample.labels)).filter((label) => !isBound(label));
  const labels = new Set(names.toSorted());
  const same = [...labels].join() === peer.labels.toSorted().join();
  return [
    ...(type === expected ? [] : [`${name} is a ${type}, not a ${expected}`]),
    ...(same ? [] : [`${name} has the labels ${[...labels].join()}, not ${peer.labels.join()}`]),
  ];
}
