import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { DEFAULT_PACKS, OPTIONAL_PACKS, REPLACING_PACKS } from '../../src/app/shipped-packs.ts';
import { ruleFiles } from '../support/alert-rules.ts';
import { listProjectFiles, projectFolder, readProjectFile } from './project.ts';

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lockfile {
  readonly packages: Readonly<Record<string, Manifest>>;
}

interface PackedPackage {
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const SHIPPED_PACKS = [...DEFAULT_PACKS, ...OPTIONAL_PACKS, ...REPLACING_PACKS];

function readManifest(path: string): Manifest {
  return JSON.parse(readProjectFile(path)) as Manifest;
}

function dryRunPack(): PackedPackage {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: projectFolder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [packed] = JSON.parse(output) as readonly PackedPackage[];
  if (packed === undefined) throw new TypeError('npm pack packed nothing');
  return packed;
}

describe('the published package', () => {
  const packed = dryRunPack();
  const paths = packed.files.map(({ path }) => path);

  it('carries what a user runs and reads', () => {
    console.log(`npm pack: ${paths.length} files, ${(packed.unpackedSize / 1e6).toFixed(2)} MB unpacked`);
    const wanted = [
      'dist/main.js',
      'dist/http/page/browser/live.js',
      'dist/http/page/browser/style.css',
      'dist/http/page/browser/icon.svg',
      'queries.yaml',
      ...SHIPPED_PACKS,
      'packs/schema.json',
      'deploy/systemd/walguard-drill@.service',
      'grafana/dashboards/walguard-recoverability.json',
      'grafana/provisioning/dashboards/walguard.yaml',
      'grafana/provisioning/datasources/walguard.yaml',
      'prometheus/alertmanager.example.yml',
      'prometheus/prometheus.example.yml',
      'prometheus/templates/walguard.tmpl',
      'prometheus/walguard.prometheusrule.yaml',
      ...ruleFiles(),
      'package.json',
      'README.md',
      'CHANGELOG.md',
      'LICENSE',
    ];
    expect(wanted.filter((path) => !paths.includes(path))).toEqual([]);
    expect(paths.some((path) => path.startsWith('docs/'))).toBe(true);
  });

  it('knows every pack in packs/', () => {
    const inFolder = listProjectFiles().filter((path) => /^packs\/.*\.yaml$/.test(path));
    expect(SHIPPED_PACKS.filter((path) => path !== 'queries.yaml').toSorted()).toEqual(inFolder.toSorted());
    const lines = SHIPPED_PACKS.map((path) => readProjectFile(path).split('\n').length);
    expect(lines.filter((count) => count > 1_500)).toEqual([]);
  });

  it('carries nothing of the workshop', () => {
    const workshop =
      /^(?:src|servers|test|demo|bench|build|\.ci|grafana\/(?:boards|layer|preview))\/|(?:^|\/)node_modules\/|\.test\.|\.tsbuildinfo$/;
    expect(paths.filter((path) => workshop.test(path))).toEqual([]);
  });
});

describe('the container image', () => {
  it('says the version of package.json where it is built without being told one', () => {
    const { version } = readManifest('package.json');
    const said = Array.from(readProjectFile('Dockerfile').matchAll(/^ARG VERSION=(.*)$/gm), ([, text]) => text);
    expect(said).toEqual([version, version]);
  });
});

describe('the dependencies', () => {
  const root = readManifest('package.json');
  const used = { ...root.dependencies, ...root.devDependencies };

  it('are of exact versions', () => {
    const servers = readManifest('servers/package.json');
    const all = Object.entries({ ...used, ...servers.dependencies, ...servers.optionalDependencies });
    expect(all.filter(([, version]) => !/^(?:npm:@?[^@]+@)?\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('stand in docs/dependencies.md, each with its version and a reason, and none besides', () => {
    const row = /^\| `(?<name>[^`]+)` +\| (?<version>\S+) +\| (?<reason>[^|]+)\|/gm;
    const documented = Array.from(readProjectFile('docs/dependencies.md').matchAll(row), ({ groups }) => groups);
    expect(Object.fromEntries(documented.map((groups) => [groups?.['name'], groups?.['version']]))).toEqual(used);
    expect(documented.filter((groups) => groups?.['reason']?.trim() === '')).toEqual([]);
  });

  it('are all locked, those of other platforms too, or npm ci fails: see .ci/complete-lock.mjs', () => {
    const { packages } = JSON.parse(readProjectFile('package-lock.json')) as Lockfile;
    const locked = new Set(Object.keys(packages).map((path) => path.split('node_modules/').at(-1)));
    const optional = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
    expect(optional.filter((name) => !locked.has(name))).toEqual([]);
  });
});
