import { waitFor } from '../../servers/index.ts';
import { parseLsn } from '../../src/core/lsn.ts';
import type { StatusDocument, StatusRepository } from '../../src/http/schema.ts';
import { fetchText, samplesOf, type Scrape, scrape, valueOf } from './http.ts';
import { findingsOf, verdictOf } from './recoverability.ts';
import { backupEnds, segmentsIn, type Store } from './verdict-lab.ts';
import type { VerdictRow } from './verdict-table.ts';
import { startWalguard, type Walguard } from './walguard.ts';

/** What a walguard is told to look at; all but the store may be left out. */
export interface Scene {
  readonly store: Store;
  /** Instead of the lab's own server. */
  readonly url?: string;
  /** Lines of the configuration of each repository. */
  readonly policy?: string;
  /** The folder of all drills, below which they report; undefined if none is configured. */
  readonly drills?: string;
  /** Names of the repositories that are read: of pgBackRest's two by default both, by its files and by the program. */
  readonly read?: readonly ('by_files' | 'by_program')[];
  /** Instead of the stanza, or of the folder's name. */
  readonly wrongName?: string;
  readonly withoutArchive?: boolean;
  /** Where pgBackRest looks for locks. */
  readonly locks?: string;
  readonly launcher?: readonly string[];
  /** Done once all was read; then it cannot be read any more. */
  readonly later?: () => Promise<void>;
  /** What has to be done so that the store can be removed. */
  readonly undo?: () => Promise<void>;
  /** Numbers of segments that are missing for a reason that the table names. */
  readonly dropped?: readonly number[];
}

/** What was said of one repository, as the table has it, and beside it what must agree with it. */
export interface Judged {
  readonly said: Omit<VerdictRow, 'situation' | 'tools'>;
  /** Backups that run, as the page says; undefined if it does not. */
  readonly running: number | undefined;
}

/** Lets a walguard look at a scene, and returns what its API says of each repository; throws where its page says else. */
export async function judge(scene: Scene): Promise<readonly Judged[]> {
  try {
    return await lookAt(scene);
  } finally {
    await scene.undo?.();
  }
}

async function lookAt(scene: Scene): Promise<readonly Judged[]> {
  const names = await namesOf(scene);
  const config = await scene.store.beside.write('walguard.yml', configOf(scene));
  await using walguard = await startWalguard({
    dataSourceName: scene.url ?? scene.store.lab.url,
    args: [`--config.file=${config}`],
    readyTimeoutMs: 60_000,
    ...(scene.launcher === undefined ? {} : { launcher: scene.launcher }),
  });
  await readAll(walguard);
  if (scene.later !== undefined) {
    await scene.later();
    await sourcesAre(walguard, ({ up }) => up === false);
  }
  const { document, page } = await agreed(walguard);
  return document.repositories.map((repository) => ({
    said: {
      verdict: document.status,
      ...saidOf(repository, names),
      findings: presentIn(document) as VerdictRow['findings'],
    },
    running: valueOf(page.families, 'pg_backup_running', { repository: repository.name }),
  }));
}

/** The API's answer and a page that says the same: between the two a source may be read anew. */
async function agreed(walguard: Walguard): Promise<{ readonly document: StatusDocument; readonly page: Scrape }> {
  for (const deadline = Date.now() + 30_000; ;) {
    const document = await ask(walguard);
    const page = await scrape(`${walguard.url}/metrics`);
    const [written, asked] = [pageSays(page), documentSays(document)].map(agreementOf);
    if (written === asked) return { document, page };
    if (Date.now() > deadline)
      throw new Error(`The page says ${written}, the API ${asked}, of ${agreementOf(document.sources)}.`);
  }
}

/** What is read before the server told of itself is read without knowing whose WAL it is: a second reading counts. */
async function readAll(walguard: Walguard): Promise<void> {
  await scrape(`${walguard.url}/metrics`);
  await waitFor('the server', async () => (await ask(walguard)).server !== null, 60_000);
  const since = Date.now();
  await sourcesAre(walguard, ({ up, last_success_at: last }) => up === false || Date.parse(last ?? '') > since + 1);
  await scrape(`${walguard.url}/metrics`);
}

type Source = StatusDocument['sources'][number];

async function sourcesAre(walguard: Walguard, expected: (source: Source) => boolean): Promise<void> {
  await waitFor('the sources', async () => (await ask(walguard)).sources.every(expected), 60_000);
}

async function ask(walguard: Walguard): Promise<StatusDocument> {
  return JSON.parse((await fetchText(`${walguard.url}/api/v1/status`)).text) as StatusDocument;
}

function configOf(scene: Scene): string {
  const { store, policy = '', read = ['by_files', 'by_program'], drills } = scene;
  const names = store.tool === 'files' ? ['files'] : read;
  const repositories = names.map((name) => {
    const lines = ['interval: 500ms', 'pending_after: 1s', ...policy.split('\n'), ...sourcesOf(scene, name)];
    const unique = new Map(lines.filter((line) => line !== '').map((line) => [line.split(':', 1)[0], line]));
    return `  ${name}:\n${[...unique.values()].map((line) => `    ${line}\n`).join('')}`;
  });
  return `repositories:\n${repositories.join('')}${drills === undefined ? '' : `drills: {directory: '${drills}'}\n`}`;
}

function sourcesOf({ store, wrongName, withoutArchive, locks }: Scene, name: string): readonly string[] {
  const { tool, path, lab, beside } = store;
  if (tool === 'files') {
    const folder = wrongName === undefined ? path : `${path}/${wrongName}`;
    const archive = withoutArchive === true ? [] : [`archive: {method: directory, path: '${folder}/archive'}`];
    return [...archive, `backups: [{method: pg_basebackup, path: '${folder}/backups'}]`];
  }
  const stanza = `stanza: ${wrongName ?? lab.rest?.stanza}`;
  const variables = `PGBACKREST_REPO1_PATH: '${path}', PGBACKREST_LOCK_PATH: '${locks ?? `${beside.path}/lock`}'`;
  const program = `${stanza}, config: '${lab.rest?.config}', environment: {${variables}}`;
  const archive = name === 'by_program' ? `${program}, prefix: [env]` : `${stanza}, path: '${path}'`;
  return [`archive: {method: pgbackrest, ${archive}}`, `backups: [{method: pgbackrest, ${program}}]`];
}

type NameOf = (segment: number) => string;

interface Names {
  /** `A+2`, as the backups of a repository are named. */
  readonly ofBackups: (repository: StatusRepository) => NameOf;
  /** By timeline. */
  readonly newest: ReadonlyMap<number, number>;
  readonly dropped: readonly number[];
  readonly segmentBytes: number;
}

async function namesOf({ store, dropped = [] }: Scene): Promise<Names> {
  const { segmentBytes } = store.lab;
  const ends = await backupEnds(store.lab, store.tool);
  const held = [...(await segmentsIn(store)).keys()];
  const newest = new Map(held.map((name) => [timelineOf(name), segmentNumber(name, segmentBytes)]));
  const ofBackups = ({ backups }: StatusRepository): NameOf => {
    const marks = backups.toReversed().map(({ start_lsn: start }, index) => ({
      letter: letterOf(index),
      end: ends.get(parseLsn(start ?? '') ?? -1n) ?? Number.NaN,
    }));
    return (segment) => {
      const mark = marks.findLast(({ end }) => end <= segment);
      if (mark === undefined) return `segment ${segment}`;
      return segment === mark.end ? mark.letter : `${mark.letter}+${segment - mark.end}`;
    };
  };
  return { ofBackups, newest, dropped, segmentBytes };
}

function letterOf(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function timelineOf(name: string): number {
  return Number.parseInt(name.slice(0, 8), 16);
}

export function segmentNumber(name: string, segmentBytes: number): number {
  const [log = 0, segment = 0] = [name.slice(8, 16), name.slice(16, 24)].map((part) => Number.parseInt(part, 16));
  return (log * 2 ** 32) / segmentBytes + segment;
}

function saidOf(repository: StatusRepository, names: Names): Pick<VerdictRow, 'spans' | 'gaps' | 'backups'> {
  const nameOf = names.ofBackups(repository);
  const letters = new Map(repository.backups.toReversed().map(({ label }, index) => [label, letterOf(index)]));
  return {
    spans: repository.windows.map(({ backups, latest_lsn: lsn, timeline }) => {
      const last = Number(((parseLsn(lsn) ?? 0n) - 1n) / BigInt(names.segmentBytes));
      const end = endName(names, timeline, last) ?? nameOf(last);
      return `${backups.map((label) => letters.get(label)).join(' ')} to ${end}`;
    }),
    gaps: repository.gaps.map(({ first_file: first, last_file: last, accepted }) => {
      const [from = 0, to = 0] = [first, last].map((name) => segmentNumber(name, names.segmentBytes));
      if (from === names.dropped[0] && to === names.dropped.at(-1)) return 'what was dropped';
      return `${nameOf(from)}${to === from ? '' : `..${nameOf(to)}`}${accepted ? ' accepted' : ''}`;
    }),
    backups: countsOf(repository.backups.map(({ recoverability }) => recoverability)),
  };
}

function endName({ newest, dropped }: Names, timeline: number, last: number): string | undefined {
  if (last + 1 === dropped[0]) return 'what was dropped';
  if (last !== newest.get(timeline)) return undefined;
  return timeline === Math.max(...newest.keys()) ? 'end' : `end of timeline ${timeline}`;
}

function countsOf(classes: readonly string[]): string {
  const kinds = [...new Set(classes)].toSorted();
  const counts = kinds.map((kind) => `${classes.filter((each) => each === kind).length} ${kind}`);
  return counts.length === 0 ? 'none' : counts.join(', ');
}

function presentIn({ findings }: StatusDocument): readonly string[] {
  return findings.filter(({ present }) => present === true).map(({ finding }) => finding);
}

function agreementOf(said: unknown): string {
  return JSON.stringify(said);
}

/** Of what the page and the API both tell. Times to the millisecond; absent and none are the same where nothing is known. */
function documentSays(document: StatusDocument): unknown {
  const findings = presentIn(document);
  return {
    verdict: document.status,
    findings,
    losing: findings.includes('archiver_losing'),
    repositories: document.repositories.map(({ name, windows, gaps, backups }) => ({
      name,
      windows: windows.length,
      earliest: orNone(windows.at(-1)?.earliest_at),
      latest: orNone(windows.at(-1)?.latest_at),
      missing: gaps.reduce((sum, { accepted, segments }) => (accepted ? sum : sum + segments), 0),
      backups: countsOf(backups.map(({ recoverability }) => recoverability)),
    })),
  };
}

function orNone(time: string | null | undefined): number | null {
  return time === null || time === undefined ? null : Date.parse(time);
}

function pageSays({ families }: Scrape): unknown {
  const repositories = new Set(
    samplesOf(families, 'walguard_source_up').map(({ labels }) => labels['repository'] ?? ''),
  );
  const isLosing = samplesOf(families, 'pg_archiver_state', { state: 'losing' }).some(({ value }) => value === 1);
  return {
    verdict: verdictOf({ families }),
    findings: findingsOf({ families }),
    losing: isLosing,
    repositories: [...repositories].map((repository) => {
      const [windows, earliest, latest, missing] = [
        'pg_pitr_windows',
        'pg_pitr_earliest_timestamp_seconds',
        'pg_pitr_latest_timestamp_seconds',
        'pg_archive_gap_segments',
      ].map((name) => valueOf(families, name, { repository }));
      const classes = samplesOf(families, 'pg_backups', { repository }).flatMap(({ labels, value }) =>
        Array.from({ length: value }, () => labels['recoverability'] ?? ''),
      );
      return {
        name: repository,
        windows: windows ?? 0,
        earliest: earliest === undefined ? null : Math.round(earliest * 1_000),
        latest: latest === undefined ? null : Math.round(latest * 1_000),
        missing: missing ?? 0,
        backups: countsOf(classes),
      };
    }),
  };
}
