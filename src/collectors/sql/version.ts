import semver from 'semver';

/** Builds are compared by their numbers alone: 17.10 of a distribution is 17.10. */
const OPTIONS = { includePrerelease: true } as const;
/** Below it are versions of PgBouncer: PostgreSQL has had two numbers since 10. */
const OLDEST_SERVER = 100_000;

export function isVersionRange(range: string): boolean {
  return semver.validRange(toSemver(range), OPTIONS) !== null;
}

/** True if some version is in both ranges; undefined stands for all versions. */
export function rangesMeet(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || semver.intersects(toSemver(one), toSemver(other), OPTIONS);
}

/**
 * True if a server is in a version range such as `>=14` or `>=13.2 <17`.
 *
 * @param version as server_version_num; 170002 is compared as 17.2.0, and PgBouncer's 12401 as 1.24.1
 */
export function inVersionRange(version: number, range: string): boolean {
  const [first, rest] = [Math.floor(version / 10_000), version % 10_000];
  const release = version < OLDEST_SERVER ? `${Math.floor(rest / 100)}.${rest % 100}` : `${rest}.0`;
  return semver.satisfies(`${first}.${release}`, toSemver(range), OPTIONS);
}

/** What the libraries of the other exporters write otherwise: `>=14, <17`, `=>14`, `==14`. */
const SPELLINGS = [
  [/,/g, ' '],
  [/=>/g, '>='],
  [/=</g, '<='],
  [/==/g, '='],
] as const;

/** `!9.1`, `!=14`, `!14.x`: not this version, or none of those. */
const EXCLUDED = /!=?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.[xX*]){0,2}(?=\s|$)/g;

/** A range of postgres_exporter or CloudNativePG in the words of semver, which has no "not". */
function toSemver(range: string): string {
  const spelled = SPELLINGS.reduce((text, [found, meant]) => text.replace(found, meant), range);
  return spelled
    .split('||')
    .map((part) => {
      const excluded = [...part.matchAll(EXCLUDED)].map(([, ...numbers]) =>
        numbers.flatMap((n) => n ?? []).map(Number),
      );
      return excluded.length === 0 ? part : without(part.replace(EXCLUDED, ' ').trim(), excluded);
    })
    .join('||');
}

/** The parts of a range between versions that are excluded: as many as these, and one more. */
function without(range: string, excluded: readonly (readonly number[])[]): string {
  const sorted = excluded
    .filter((version) => !excluded.some((other) => other.length < version.length && isPartOf(version, other)))
    .toSorted((a, b) => compare(a, b));
  const starts = ['', ...sorted.map(nextOf)];
  return starts.map((start, index) => [range, start, startOf(sorted[index])].join(' ').trim()).join('||');
}

function isPartOf(version: readonly number[], other: readonly number[]): boolean {
  return other.every((number, index) => version[index] === number);
}

function compare([a = 0, b = 0, c = 0]: readonly number[], [d = 0, e = 0, f = 0]: readonly number[]): number {
  return a - d || b - e || c - f;
}

function startOf(version: readonly number[] | undefined): string {
  return version === undefined ? '' : `<${version.join('.')}`;
}

function nextOf(version: readonly number[]): string {
  return version.length === 3
    ? `>${version.join('.')}`
    : `>=${[...version.slice(0, -1), (version.at(-1) ?? 0) + 1].join('.')}`;
}
