// Makes a release of what is checked out: node .ci/release.mjs VERSION
//
// Writes the version where it stands, gives the changelog its heading, commits, and tags the commit; nothing leaves this
// machine. Refuses, and changes nothing, if the changelog does not tell what changed in the interface since the last tag, or
// if the version is too small for that. Metric families (name, type, labels) and flags are the interface.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import semver from 'semver';

const UNRELEASED = '## Unreleased';
const NEXT = `${UNRELEASED}\n\nNothing yet.\n`;

const wanted = semver.parse(process.argv[2])?.version;
if (wanted === undefined) stop('Which version? Run: npm run release -- 1.2.3');
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const tags = git('tag', '--list', 'v*')
  .split('\n')
  .filter((tag) => semver.valid(tag) !== null);
const last = semver.rsort(tags)[0];
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const news = changelog.split(UNRELEASED)[1]?.split(/^## /m)[0]?.trim() ?? '';

if (git('status', '--porcelain') !== '') stop('There are changes that are not committed. Commit or remove them.');
if (tags.includes(`v${wanted}`)) stop(`The tag v${wanted} is there already.`);
if (last !== undefined && !semver.gt(wanted, last)) stop(`${wanted} is not newer than ${last}.`);
if (!/^- \[/m.test(news)) stop(`CHANGELOG.md tells nothing under "${UNRELEASED}".`);
if (last !== undefined) checkInterface(last);

for (const file of filesWithVersion()) replaceVersion(file);
const today = new Date().toISOString().slice(0, 10);
writeFileSync(
  'CHANGELOG.md',
  changelog.replace(UNRELEASED, () => `${NEXT}\n## ${wanted} (${today})`),
);
git('commit', '--quiet', '--all', `--message=Release ${wanted}`);
git('tag', '--annotate', `v${wanted}`, `--message=walguard ${wanted}`);
console.log(`Tagged v${wanted}. What comes now: docs/releasing.md, "Publish".`);

/** Refuses a version that is too small, and what changed for others without a word. */
function checkInterface(tag) {
  const before = interfaceOf((file) => git('show', `${tag}:${file}`));
  const now = interfaceOf((file) => readFileSync(file, 'utf8'));
  const broken = [...before].filter(([name, shape]) => now.get(name) !== shape).map(([name]) => name);
  const untold = broken.filter((name) => !toldAsChange(name));
  if (untold.length > 0)
    stop(`CHANGELOG.md has no [CHANGE] that names ${untold.join(', ')}, which changed since ${tag}.`);
  const added = [...now.keys()].some((name) => !before.has(name));
  const step = broken.length > 0 ? (semver.major(tag) === 0 ? 'minor' : 'major') : added ? 'minor' : 'patch';
  const least = semver.inc(tag, step);
  if (semver.lt(wanted, least)) {
    stop(
      `${wanted} is too small: since ${tag} the interface ${broken.length > 0 ? 'changed' : 'grew'}. Take ${least} or more.`,
    );
  }
}

function toldAsChange(name) {
  return news.split(/^- /m).some((entry) => entry.startsWith('[CHANGE]') && entry.includes(name));
}

/** Families with their type and labels, and flags, as the generated pages have them. */
function interfaceOf(read) {
  const rows = (file, pattern) => Array.from(read(file).matchAll(pattern), ([, name, shape = '']) => [name, shape]);
  return new Map([
    ...rows('docs/metrics.md', /^\| (\w+) \| (\w+ \| [^|]*) \|/gm).filter(([name]) => name !== 'family'),
    ...rows('docs/configuration.md', /^\| `(--[\w.-]+)` \|/gm),
  ]);
}

/** Tracked files that say which version this is. */
function filesWithVersion() {
  const deployed = git('ls-files', 'deploy')
    .split('\n')
    .filter((file) => file !== '');
  return ['package.json', 'package-lock.json', 'Dockerfile', ...deployed].filter((file) => existsSync(file));
}

function replaceVersion(file) {
  const text = readFileSync(file, 'utf8');
  const said = version.replaceAll('.', String.raw`\.`);
  const pattern = new RegExp(
    String.raw`(walguard:|^appVersion: "?|^version: "?|ARG VERSION=|"name": "walguard",\s+"version": ")${said}\b`,
    'gm',
  );
  const replaced = text.replaceAll(pattern, (_, before) => before + wanted);
  if (replaced !== text) writeFileSync(file, replaced);
}

function git(...words) {
  return execFileSync('git', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function stop(why) {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}
