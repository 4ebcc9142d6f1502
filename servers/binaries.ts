import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** Majors for which some platform has a package, oldest first. */
export const majors = [12, 13, 14, 15, 16, 17, 18] as const;

export type Major = (typeof majors)[number];

/** PostgreSQL as npm unpacked it: `native/` has bin, lib, share and the list of its symbolic links. */
export interface BinaryPackage {
  readonly name: string;
  readonly version: string;
  readonly nativeDirectory: string;
}

/** Majors whose binaries are installed for this platform, oldest first; empty when there are none. */
export function availableMajors(): readonly Major[] {
  return majors.filter((major) => installedPackage(major) !== undefined);
}

/** The newest installed major; throws when this platform has none. */
export function newestMajor(): Major {
  const newest = availableMajors().at(-1);
  if (newest === undefined) throw new Error(whyMissing(18));
  return newest;
}

/** The installed package of a major; throws with the cure when it is not installed or not made for this platform. */
export function binaryPackage(major: Major): BinaryPackage {
  const found = installedPackage(major);
  if (found === undefined) throw new Error(whyMissing(major));
  return found;
}

function packageName(major: Major): string {
  return `postgres-${major}-${process.platform}-${process.arch}`;
}

function installedPackage(major: Major): BinaryPackage | undefined {
  const name = packageName(major);
  const root = resolveRoot(name);
  if (root === undefined || !existsSync(join(root, 'native', 'bin', 'postgres'))) return undefined;
  const { version } = readManifest(join(root, 'package.json'));
  return { name, version, nativeDirectory: join(root, 'native') };
}

/** The package exports nothing but `dist/index.js`, so its root is found from there. */
function resolveRoot(name: string): string | undefined {
  try {
    return dirname(dirname(require.resolve(name)));
  } catch {
    return undefined;
  }
}

function whyMissing(major: Major): string {
  const platform = `${process.platform}-${process.arch}`;
  const known = knownPackages();
  if (known.includes(packageName(major))) {
    return `PostgreSQL ${major} needs the npm package ${packageName(major)}, which is not installed: run "npm ci" without --omit=optional.`;
  }
  const here = known.filter((name) => name.endsWith(`-${platform}`));
  return here.length > 0
    ? `There is no PostgreSQL ${major} for ${platform}, only: ${here.join(', ')}.`
    : `There is no PostgreSQL for ${platform} on npm: use Linux (x64, arm64) or macOS, or a container of one.`;
}

function knownPackages(): readonly string[] {
  const manifest = readManifest(require.resolve('walguard-servers/package.json'));
  return Object.keys(manifest.optionalDependencies ?? {});
}

interface Manifest {
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
