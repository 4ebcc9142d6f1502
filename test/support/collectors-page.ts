import { shippedCollectors } from '../../src/app/collectors.ts';
import { DEFAULT_PACKS, OPTIONAL_PACKS, readShipped, REPLACING_PACKS } from '../../src/app/shipped-packs.ts';
import { loadPack } from '../../src/collectors/sql/load-pack.ts';
import type { Collector } from '../../src/core/collector.ts';
import type { TargetFacts } from '../../src/core/facts.ts';
import { factsOf } from '../unit/support/facts.ts';
import { NEEDS_PG_MONITOR } from './rights.ts';

const MAJORS = [13, 14, 15, 16, 17, 18, 19] as const;
const PACKS = [...DEFAULT_PACKS, ...OPTIONAL_PACKS, ...REPLACING_PACKS] as const;

/** The extensions whose views and functions packs read. */
const EXTENSIONS = ['pg_stat_statements', 'pg_buffercache'] as const;

/** What each collector is, what it needs, and how it is switched. @param generated says that the page is made */
export function collectorsPage(generated: string): string {
  const files = new Map(PACKS.flatMap(filesOf));
  const rows = (collectors: readonly Collector[]): string =>
    collectors.map((collector) => row(collector, files.get(collector.name))).join('\n');
  const replacing = REPLACING_PACKS.flatMap((file) => [
    `## ${file}`,
    '',
    'These stand in the place of other collectors and are there only if the path of the pack is loaded:',
    '[packs.md](packs.md) has the command.',
    '',
    HEAD,
    rows(loadPack(file, readShipped(file), { dialect: 'walguard' })),
    '',
  ]);
  const shipped = shippedCollectors();
  return `# Collectors

${generated}

\`--no-collector.NAME\` switches one that is on off, \`--collector.NAME\` one that is off on; the variable is
\`WALGUARD_COLLECTOR_NAME\`, the key in the file \`collector: {NAME: true}\`. ${shipped.filter(({ enabledByDefault }) => enabledByDefault).length} are on by default, ${shipped.filter(({ enabledByDefault }) => !enabledByDefault).length} are not.

A collector that does not suit the server's version or role is skipped. What stands under "needs" is needed: without
pg_monitor these fail or are skipped, as was measured on PostgreSQL 13 to 18; others run without it, but may see less. Those of PgBouncer's console are there only where walguard scrapes it:
[pgbouncer.md](pgbouncer.md).

${HEAD}
${rows(shipped)}

${replacing.join('\n').trimEnd()}
`;
}

const HEAD = `| collector | | default | PostgreSQL | role | needs | families | from |
|---|---|---|---|---|---|---|---|`;

/** @param file of its pack; undefined for one in code */
function row(collector: Collector, file: string | undefined): string {
  const { name, help, enabledByDefault, families } = collector;
  const isShipped = !REPLACING_PACKS.some((each) => each === file);
  const count = name === 'settings' ? 'one a setting' : String(families.length);
  const cells = [
    `\`${name}\``,
    help.replaceAll('|', String.raw`\|`),
    enabledByDefault ? 'on' : 'off',
    ...(collector.only === 'console' ? ['PgBouncer', ''] : [versions(collector), roles(collector)]),
    needs(collector),
    isShipped ? `[${count}](metrics.md#${name})` : count,
    file === undefined ? 'code' : `[${file.split('/').at(-1)}](../${file})`,
  ];
  return `| ${cells.join(' | ')} |`;
}

function runsOn(collector: Collector, major: number, inRecovery: boolean): boolean {
  return typeof collector.choose(factsAt(major, inRecovery)) !== 'string';
}

function factsAt(major: number, inRecovery: boolean): TargetFacts {
  return factsOf({ version: major * 10_000 + 2, inRecovery });
}

function versions(collector: Collector): string {
  const majors = MAJORS.filter((major) => [false, true].some((role) => runsOn(collector, major, role)));
  const [first] = majors;
  const last = majors.at(-1);
  if (first === undefined || last === undefined) throw new Error(`${collector.name} runs on no version.`);
  if (majors.length !== last - first + 1) return majors.join(', ');
  if (first === last) return String(first);
  return last === MAJORS.at(-1) ? `${first} and later` : `${first} to ${last}`;
}

function roles(collector: Collector): string {
  const onPrimary = MAJORS.some((major) => runsOn(collector, major, false));
  const onStandby = MAJORS.some((major) => runsOn(collector, major, true));
  if (onPrimary && onStandby) return 'both';
  return onPrimary ? 'primary' : 'standby';
}

function needs(collector: Collector): string {
  const steps = MAJORS.map((major) => collector.choose(factsAt(major, false)));
  const sql = steps.flatMap((step) => (typeof step === 'object' && step.kind === 'query' ? [step.sql] : [])).join('\n');
  const extensions = EXTENSIONS.filter((name) => new RegExp(`\\b${name}(_\\w+)?\\b`).test(sql));
  const rights = NEEDS_PG_MONITOR.includes(collector.name) ? ['pg_monitor'] : [];
  return [...rights, ...extensions.map((name) => `extension ${name}`)].join(', ');
}

function filesOf(file: string): readonly (readonly [name: string, file: string])[] {
  return loadPack(file, readShipped(file), { dialect: 'walguard' }).map(({ name }) => [name, file] as const);
}
