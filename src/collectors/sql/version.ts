import semver from 'semver';

/** Builds are compared by their numbers alone: 17.10 of a distribution is 17.10. */
const OPTIONS = { includePrerelease: true } as const;

export function isVersionRange(range: string): boolean {
  return semver.validRange(range, OPTIONS) !== null;
}

/** True if some version is in both ranges; undefined stands for all versions. */
export function rangesMeet(one: string | undefined, other: string | undefined): boolean {
  return one === undefined || other === undefined || semver.intersects(one, other, OPTIONS);
}

/**
 * True if a server is in a version range such as `>=14` or `>=13.2 <17`.
 *
 * @param version as server_version_num; 170002 is compared as 17.2.0
 */
export function inVersionRange(version: number, range: string): boolean {
  return semver.satisfies(`${Math.floor(version / 10_000)}.${version % 10_000}.0`, range, OPTIONS);
}
