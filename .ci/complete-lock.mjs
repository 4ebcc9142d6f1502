// Adds to package-lock.json what `npm install` leaves out: node .ci/complete-lock.mjs
//
// npm drops an optional package from the lockfile where it cannot see it, as with a registry that mirrors only some
// platforms; `npm ci` then refuses the lockfile on every machine. The entries made here have no checksum, because
// nobody has seen the package; npm skips them on other platforms than their own.
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64'];

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const present = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));
const added = Object.values(lock.packages).flatMap((parent) =>
  Object.entries(parent.optionalDependencies ?? {})
    .filter(([name]) => !present.has(name))
    .map(([name, version]) => [`node_modules/${name}`, entryOf(name, version, parent)]),
);
const [root, ...others] = Object.entries(lock.packages);
const sorted = [...others, ...added].toSorted(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...sorted]);
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} packages of other platforms added`);

/** Reads the platform from the name, as in @oxlint/binding-linux-arm64-musl. */
function entryOf(name, version, { dev, license, engines }) {
  const words = name.split(/[/-]/);
  const os = words.find((word) => SYSTEMS.includes(word));
  const cpu = words.find((word) => PROCESSORS.includes(word));
  if (os === undefined || cpu === undefined) throw new TypeError(`${name} does not name its platform`);
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : 'glibc';
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(os === 'linux' && words.some((word) => /^(?:musl|gnu)/.test(word)) && { libc: [libc] }),
    license,
    optional: true,
    os: [os],
    engines,
  };
}
