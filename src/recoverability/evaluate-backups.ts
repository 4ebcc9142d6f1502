import type { Backup } from '../core/catalogue.ts';
import type { JudgedBackup } from './backups.ts';
import { ABSENT, counted, type Evaluation, type FindingContext, inWords, someOf, UNKNOWN } from './evaluation.ts';
import type { JudgedRepository } from './repository.ts';

export function noUsableBackup(context: FindingContext): Evaluation {
  const read = context.repositories.filter(({ backups }) => backups !== undefined);
  const value = read.reduce((sum, { usable }) => sum + usable.length, 0);
  if (value > 0) return { present: false, value, threshold: 1 };
  if (read.length === 0 || hasUnreadSource(context)) return UNKNOWN;
  const broken = read.flatMap(({ backups }) => backups ?? []);
  const message =
    broken.length === 0 ? 'There is no backup.' : `None of ${counted(broken.length, 'backup')} can be restored.`;
  return { present: true, value, threshold: 1, message, evidence: reasons(broken) };
}

/** It may hold what the others do not. */
function hasUnreadSource({ input }: FindingContext): boolean {
  return input.sources.some(
    ({ source, lastSuccessSeconds }) => source === 'backup' && lastSuccessSeconds === undefined,
  );
}

export function backupTooOld({ input, repositories }: FindingContext): Evaluation {
  const asked = repositories.filter((one) => one.input.policy.backupIntervalSeconds !== undefined);
  if (asked.length === 0) return ABSENT;
  const read = asked.filter(({ backups }) => backups !== undefined);
  if (read.length === 0) return UNKNOWN;
  const [worst] = read
    .map((one) => ({
      name: one.input.name,
      age: input.nowSeconds - (one.usable.at(-1)?.backup.stopTimeSeconds ?? -Infinity),
      interval: one.input.policy.backupIntervalSeconds ?? Infinity,
    }))
    .toSorted((a, b) => b.age - b.interval - (a.age - a.interval));
  if (worst === undefined) return UNKNOWN;
  const { name, age, interval } = worst;
  const value = Number.isFinite(age) ? age : undefined;
  if (age <= interval) return { present: false, value, threshold: interval };
  const message =
    value === undefined
      ? `Repository ${name} has no usable backup.`
      : `The newest usable backup of repository ${name} is ${inWords(age)} old, one is wanted every ${inWords(interval)}.`;
  return { present: true, value, threshold: interval, message, evidence: [name] };
}

export function backupErrors({ repositories }: FindingContext): Evaluation {
  const read = repositories.filter(({ backups }) => backups !== undefined);
  if (read.length === 0) return UNKNOWN;
  const damaged = read.flatMap((one) => damagedNewest(one));
  if (damaged.length === 0) return { present: false, value: 0 };
  const names = damaged.map(({ label }) => label);
  const message = `Errors were found in ${names.join(', ')}, the newest that is held.`;
  return { present: true, value: damaged.length, message, evidence: someOf(names) };
}

/** The newest backup, if it or one that it needs has errors. */
function damagedNewest({ backups, input }: JudgedRepository): readonly Backup[] {
  const newest = backups?.at(-1)?.backup;
  if (newest === undefined) return [];
  const damaged = new Set((input.catalogue?.backups ?? []).filter((one) => one.hasErrors).map(({ label }) => label));
  return newest.hasErrors || newest.needs.some((label) => damaged.has(label)) ? [newest] : [];
}

export function backupBroken({ repositories }: FindingContext): Evaluation {
  const read = repositories.filter(({ backups }) => backups !== undefined);
  if (read.length === 0) return UNKNOWN;
  // Those of another cluster stay behind after a major upgrade, and are of use to who goes back to it.
  const broken = read
    .flatMap(({ backups }) => backups ?? [])
    .filter(({ recoverability, limit }) => recoverability === 'broken' && limit !== 'other_cluster');
  if (broken.length === 0) return { present: false, value: 0 };
  const message = `${counted(broken.length, 'backup')} cannot be restored.`;
  return { present: true, value: broken.length, message, evidence: reasons(broken.toReversed()) };
}

/** While a backup runs, what it wrote so far is no more whole than what an interrupted one left. */
export function backupIncomplete({ input, repositories }: FindingContext): Evaluation {
  const catalogues = repositories.flatMap((one) => one.input.catalogue ?? []);
  if (catalogues.length === 0) return UNKNOWN;
  const problems = catalogues
    .filter(({ running }) => (running ?? input.server?.baseBackups)?.length === 0)
    .flatMap((catalogue) => catalogue.problems);
  if (problems.length === 0) return { present: false, value: 0 };
  const message = `${counted(problems.length, 'copy', 'copies')} in the repository cannot be used.`;
  return { present: true, value: problems.length, message, evidence: someOf(problems.map((one) => one.message)) };
}

function reasons(backups: readonly JudgedBackup[]): readonly string[] {
  return someOf(backups.map(({ backup, reason }) => `${backup.label}: ${reason ?? ''}`));
}
