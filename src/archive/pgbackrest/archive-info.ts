import type { KnownOfServer } from '../../core/catalogue.ts';

/** One cluster that a stanza was made or upgraded for. */
export interface ArchivedCluster {
  /** The name of its folder: `15-1`. */
  readonly archiveId: string;
  /** Decimal text. */
  readonly systemIdentifier: string;
}

/** What the file archive.info of a stanza says; undefined if it is encrypted, or no such file. */
export function parseArchiveInfo(text: string): readonly ArchivedCluster[] | undefined {
  const [, history] = text.split(/^\[db:history\]\s*$/m);
  if (history === undefined) return undefined;
  const lines = (history.split(/^\[/m)[0] ?? '').split('\n');
  const clusters = lines.flatMap((line) => {
    const [, id] = /^(\d+)=\{/.exec(line) ?? [];
    const [, systemIdentifier] = /"db-id":(\d+)/.exec(line) ?? [];
    const [, version] = /"db-version":"([\d.]+)"/.exec(line) ?? [];
    if (id === undefined || systemIdentifier === undefined || version === undefined) return [];
    return [{ archiveId: `${version}-${id}`, systemIdentifier }];
  });
  return clusters.length === 0 ? undefined : clusters;
}

/** The newest folder for the cluster; for another cluster, or one that is not known, the newest of all. */
export function chooseCluster(
  clusters: readonly ArchivedCluster[],
  { systemIdentifier }: KnownOfServer,
): ArchivedCluster | undefined {
  const newestFirst = clusters.toSorted((a, b) => numberOf(b.archiveId) - numberOf(a.archiveId));
  return newestFirst.find((cluster) => cluster.systemIdentifier === systemIdentifier) ?? newestFirst[0];
}

/** The folder with the highest number, of those that an archive's folder holds; undefined if there is none. */
export function newestArchiveId(names: readonly string[]): string | undefined {
  const ids = names.filter((name) => /^\d+(\.\d+)?-\d+$/.test(name));
  return ids.toSorted((a, b) => numberOf(a) - numberOf(b)).at(-1);
}

function numberOf(archiveId: string): number {
  return Number(archiveId.slice(archiveId.indexOf('-') + 1));
}
