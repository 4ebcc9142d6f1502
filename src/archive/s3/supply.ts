import type { WalFetch, WalSupplier } from '../../core/drill.ts';
import { readWalName, type WalName } from '../../core/wal-names.ts';
import { filtersIn } from '../../process/filter-program.ts';
import { createS3Bucket, type S3Bucket } from '../../storage/s3.ts';
import { nameOf, type S3Place } from '../../storage/s3-place.ts';
import { openWalDepot } from '../../storage/wal-depot.ts';
import { encrypted, type FilterUntil, writeUnpacked } from '../../storage/wal-fetch.ts';

export interface S3SupplyOptions {
  readonly place: S3Place;
  /** Empty, or it ends in a slash. */
  readonly prefix: string;
  /** What programs see that unpack. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What barman-cloud and WAL-G put WAL into, below their prefix. */
const TOOL_FOLDERS = ['', 'wals/', 'wal_005/'];

/** WAL out of a bucket by walguard's own client: the restored server has neither its keys nor its address. */
export function s3Supplier({ place, prefix, environment }: S3SupplyOptions): WalSupplier {
  return {
    method: 's3',
    supply: (request) => {
      const fetch = fetchFrom({ bucket: createS3Bucket(place), place, prefix, filterUntil: filtersIn(environment) });
      return openWalDepot(request, fetch);
    },
  };
}

interface Archive {
  readonly bucket: S3Bucket;
  readonly place: S3Place;
  readonly prefix: string;
  readonly filterUntil: FilterUntil;
}

/** An object, and how its content is packed. */
interface FoundObject {
  readonly key: string;
  readonly folder: string;
  readonly wal: WalName;
}

function fetchFrom(archive: Archive): WalFetch {
  let usual: string | undefined;
  return async (name, into, signal) => {
    const found = await findObject(archive, name, usual, signal);
    if (found === undefined) return undefined;
    // Histories lie above the segments; what is asked most decides.
    if (found.wal.kind === 'segment') usual = templateOf(found.folder, name);
    return await download(archive, found, into, signal);
  };
}

async function download(
  { bucket, place, filterUntil }: Archive,
  { key, wal }: FoundObject,
  into: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (wal.encryption !== '') throw encrypted(nameOf(place, key));
  const source = await bucket.whole(key, signal);
  if (source === undefined) return undefined;
  const filter = filterUntil(signal);
  return await writeUnpacked(nameOf(place, key), { source, packing: wal.compression, into, filter });
}

/** Asks for keys that begin with the name, which is one request for all endings: first where the last one was. */
async function findObject(
  archive: Archive,
  name: string,
  usual: string | undefined,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  if (usual !== undefined) {
    const found = await lookIn(archive, usual.replace(PLACE_OF_LOG, name.slice(0, 16)), name, signal);
    if (found !== undefined) return found;
  }
  const folders = TOOL_FOLDERS.flatMap((tool) => [tool, `${tool}${name.slice(0, 16)}/`, `${tool}${name.slice(0, 8)}/`]);
  const looked = await Promise.all(folders.map((folder) => lookIn(archive, folder, name, signal)));
  return looked.find((each) => each !== undefined);
}

const PLACE_OF_LOG = '{log}';

function templateOf(folder: string, name: string): string {
  return folder.replace(`${name.slice(0, 16)}/`, `${PLACE_OF_LOG}/`);
}

async function lookIn(
  { bucket, prefix }: Archive,
  folder: string,
  name: string,
  signal: AbortSignal,
): Promise<FoundObject | undefined> {
  for await (const { objects } of bucket.list({ prefix: prefix + folder + name }, signal)) {
    for (const { key } of objects) {
      const rest = key.slice(prefix.length + folder.length);
      const wal = readWalName(rest);
      const isIt = wal !== undefined && (wal.kind === 'segment' || wal.kind === 'history' || rest === name);
      if (isIt && (rest === name || rest.startsWith(`${name}.`))) return { key, folder, wal };
    }
  }
  return undefined;
}
