import type { WalSupplier } from '../../core/drill.ts';

/** WAL out of a folder of plain segments, by cp. */
export function directorySupplier(path: string): WalSupplier {
  return {
    method: 'directory',
    supply: () =>
      Promise.resolve({
        // What is not there is 1 in all of them, also where cp cannot be found or is killed.
        restoreCommand: `test -f ${quote(`${path}/%f`)} && cp ${quote(`${path}/%f`)} "%p" && chmod 600 "%p" || exit 1`,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      }),
  };
}

/** For the shell; PostgreSQL takes %% for a %, and %f for the name of the file. */
function quote(path: string): string {
  const [folder, name] = [path.slice(0, path.lastIndexOf('/')), path.slice(path.lastIndexOf('/'))];
  return `'${folder.replaceAll('%', '%%').replaceAll("'", String.raw`'\''`)}${name}'`;
}
