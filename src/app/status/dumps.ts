import type { DumpSeries, RepositoryDumps } from '../../core/dumps.ts';
import type { StatusDumps } from '../../http/schema.ts';
import { toTime } from '../../core/words.ts';

type StatusDump = StatusDumps['newest'][number];

/** The dumps of a repository, those first that want looking after. */
export function toDumps({ series, running, missing }: RepositoryDumps, mostListed: number): StatusDumps {
  const sorted = series.toSorted((a, b) => rank(a) - rank(b) || timeOf(a) - timeOf(b));
  return {
    newest: sorted.slice(0, mostListed).map(toStatusDump),
    newest_omitted: Math.max(0, sorted.length - mostListed),
    running,
    databases_without: missing?.slice(0, mostListed) ?? null,
    databases_without_omitted: Math.max(0, (missing?.length ?? 0) - mostListed),
  };
}

function rank({ isWanted, newest }: DumpSeries): number {
  if (isWanted === false) return 2;
  return newest.valid === false ? 0 : 1;
}

function timeOf({ lastGood }: DumpSeries): number {
  return lastGood?.timeSeconds ?? 0;
}

function toStatusDump({ scope, datname, isWanted, held, newest, lastGood, shrinkage }: DumpSeries): StatusDump {
  return {
    scope,
    datname: datname ?? null,
    is_wanted: isWanted ?? null,
    held,
    file: newest.file,
    format: newest.format ?? null,
    packing: newest.packing,
    written_at: toTime(newest.timeSeconds),
    size_bytes: newest.sizeBytes,
    valid: newest.valid ?? null,
    problem: newest.problem?.message ?? null,
    last_good_at: toTime(lastGood?.timeSeconds),
    last_good_bytes: lastGood?.sizeBytes ?? null,
    ratio: shrinkage === undefined || shrinkage.beforeBytes === 0 ? null : shrinkage.bytes / shrinkage.beforeBytes,
  };
}
