/** Programs by which a tar may be compressed, as its name says. */
const TAR = /^(base|pg_wal|\d+)\.tar(?:\.(gz|lz4|zst|bz2|xz))?$/;

/** A tar of a backup: `base`, `pg_wal`, or the number of a tablespace. */
export interface TarFile {
  readonly name: string;
  readonly holds: string;
  /** Ending of its name; '' is not compressed. */
  readonly compression: string;
}

/** What a folder seems to be by the names in it. */
export type Layout =
  | { readonly kind: 'plain' }
  | { readonly kind: 'tar'; readonly tars: readonly TarFile[] }
  | { readonly kind: 'other' };

/** A copy and how it lies there. */
export interface FoundCopy {
  readonly path: string;
  /** As `CopyPlace` has them. */
  readonly tablespaces: ReadonlyMap<string, string>;
  readonly layout: Exclude<Layout, { readonly kind: 'other' }>;
}

/** Tells by the names in a folder whether it holds a backup, of which format; parts of one suffice. */
export function layoutOf(names: readonly string[]): Layout {
  const tars = names.flatMap((name) => {
    const [, holds, compression = ''] = TAR.exec(name) ?? [];
    return holds === undefined ? [] : [{ name, holds, compression }];
  });
  if (tars.some(({ holds }) => holds === 'base')) return { kind: 'tar', tars };
  const has = (name: string): boolean => names.includes(name);
  const isData = has('PG_VERSION') || has('backup_label') || (has('base') && has('global'));
  return isData ? { kind: 'plain' } : { kind: 'other' };
}
