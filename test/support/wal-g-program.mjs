// Stands for WAL-G, which cannot be had here: the commands that walguard calls, as its documentation and source have
// them, with a storage that is a folder. Run by Node as an executable.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';

function fail(text, code = 1) {
  process.stderr.write(`ERROR: 2026/01/01 00:00:00.000001 ${text}\n`);
  process.exit(code);
}

function takeOption(args, name) {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}

const args = process.argv.slice(2);
const config = takeOption(args, '--config');
const settings = { ...(config === undefined ? {} : JSON.parse(readFileSync(config, 'utf8'))), ...process.env };
const storage = settings.WALG_FILE_PREFIX ?? fail('no storage is configured');
const sentinelOf = (name) => join(storage, 'basebackups_005', `${name}_backup_stop_sentinel.json`);
const [command, ...rest] = args;

/** A link that is there already is an error, as in WAL-G; all members are named from the root on. */
function extract(part, directory) {
  const input = brotliDecompressSync(readFileSync(part));
  const { status, stderr } = spawnSync('tar', ['-xf', '-', '--keep-directory-symlink', '-C', directory], {
    input,
    encoding: 'utf8',
  });
  if (status !== 0) fail(`Failed to fetch backup: ${stderr}`);
}

function backupFetch([directory, name, ...more]) {
  const specFile = takeOption(more, '--restore-spec');
  if (name === undefined || more.length > 0) fail(`unknown arguments ${more.join(' ')}`);
  if (existsSync(directory) && readdirSync(directory).length > 0) fail('Directory for delta base must be empty');
  const spec = specFile === undefined ? JSON.parse(readFileSync(sentinelOf(name), 'utf8')).Spec : readSpec(specFile);
  for (const oid of spec?.tablespaces ?? []) {
    const { loc, link } = spec[oid];
    mkdirSync(join(spec.base_prefix, 'pg_tblspc'), { recursive: true });
    mkdirSync(loc, { recursive: true });
    symlinkSync(loc, join(spec.base_prefix, link));
  }
  const folder = join(storage, 'basebackups_005', name, 'tar_partitions');
  const isControl = (part) => part.startsWith('pg_control.tar');
  const parts = readdirSync(folder).toSorted((a, b) => Number(isControl(a)) - Number(isControl(b)));
  if (!parts.some(isControl)) fail('Expect pg_control archive, but not found');
  for (const part of parts) extract(join(folder, part), directory);
  if (settings.STAND_IN_LINKS !== undefined) symlinkSync(settings.STAND_IN_LINKS, join(directory, 'pg_tblspc/99999'));
  process.stderr.write('INFO: 2026/01/01 00:00:00.000001 Backup extraction complete.\n');
}

function readSpec(file) {
  const spec = JSON.parse(readFileSync(file, 'utf8'));
  return typeof spec.base_prefix === 'string' ? spec : fail('base prefix not set while working with tablespaces');
}

function walFetch([name, into, ...more]) {
  if (into === undefined || more.length > 0) fail(`unknown arguments ${more.join(' ')}`);
  // What fetches ahead would go on behind the drill.
  if (settings.WALG_DOWNLOAD_CONCURRENCY !== '1') writeFileSync(join(storage, 'prefetched'), name);
  const file = join(storage, 'wal_005', `${name}.br`);
  if (!existsSync(file)) fail(`Archive '${name}' does not exist.`, 74);
  writeFileSync(into, brotliDecompressSync(readFileSync(file)), { flag: 'wx' });
}

function backupList(more) {
  if (more.join(' ') !== '--detail --json') fail(`unknown arguments ${more.join(' ')}`);
  const texts = readdirSync(join(storage, 'basebackups_005'))
    .filter((name) => name.endsWith('_backup_stop_sentinel.json'))
    .map((name) => [
      name.replace('_backup_stop_sentinel.json', ''),
      readFileSync(join(storage, 'basebackups_005', name), 'utf8'),
    ]);
  const entries = texts.map(([name, text]) => {
    const told = JSON.parse(text.replaceAll(/("(?:LSN|FinishLSN|SystemIdentifier)":)(\d+)/g, '$1"$2"'));
    const number = { start_lsn: told.LSN, finish_lsn: told.FinishLSN, system_identifier: told.SystemIdentifier };
    const numbers = Object.entries(number).map(([key, value]) => `"${key}":${value}`);
    const { StartTime: start_time, FinishTime: finish_time, PgVersion: pg_version } = told;
    const plain = JSON.stringify({ backup_name: name, time: finish_time, start_time, finish_time, pg_version });
    return `${plain.slice(0, -1)},${numbers.join(',')}}`;
  });
  process.stdout.write(`[${entries.join(',')}]\n`);
}

function list([folder]) {
  const lines = readdirSync(join(storage, folder)).map((name) => {
    const { size, mtime } = statSync(join(storage, folder, name));
    const time = mtime.toISOString().replace('T', ' ').replace('Z', '');
    return `obj ${size} ${time} +0000 UTC ${name}\n`;
  });
  process.stdout.write(`type size last modified name\n${lines.join('')}`);
}

function cat(more) {
  const unpacks = takeFlags(more);
  const [path, ...others] = more;
  if (path === undefined || others.length > 0) fail(`unknown arguments ${others.join(' ')}`);
  const bytes = readFileSync(join(storage, path));
  process.stdout.write(unpacks ? brotliDecompressSync(bytes) : bytes);
}

function takeFlags(more) {
  const flags = ['--decrypt', '--decompress'].filter((flag) => more.includes(flag));
  for (const flag of flags) more.splice(more.indexOf(flag), 1);
  return flags.length === 2;
}

const COMMANDS = {
  'backup-fetch': backupFetch,
  'backup-list': backupList,
  'wal-fetch': walFetch,
  st: ([name, ...more]) => (name === 'ls' ? list(more) : name === 'cat' ? cat(more) : fail(`unknown command ${name}`)),
};
if (settings.STAND_IN_FAILS !== undefined && command === settings.STAND_IN_FAILS) fail('no such bucket');
(COMMANDS[command] ?? (() => fail(`unknown command ${command}`)))(rest);
