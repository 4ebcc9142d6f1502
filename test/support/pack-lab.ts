import { createMonitorRole, type PostgresOptions, type PostgresServer, startPostgres } from '../../servers/index.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';
import { startWalguard, type Walguard } from './walguard.ts';

/** A server, and walguards that scrape it with packs of the tests' own. */
export interface PackLab extends AsyncDisposable {
  readonly server: PostgresServer;
  /** Of the role `walguard`. */
  readonly monitorUrl: string;
  readonly folder: TemporaryFolder;
  /** Starts a walguard with this pack; by default for the server, with no further arguments. */
  readonly startWith: (pack: string, args?: readonly string[], dataSourceName?: string) => Promise<Walguard>;
}

/** Starts the server; all of it is gone once disposed of. */
export async function startPackLab(options: PostgresOptions = {}): Promise<PackLab> {
  const folder = await temporaryFolder();
  const server = await startPostgres(options);
  const monitorUrl = await createMonitorRole(server);
  return {
    server,
    monitorUrl,
    folder,
    async startWith(pack, args = [], dataSourceName = monitorUrl) {
      const path = await folder.write('pack.yaml', pack);
      return await startWalguard({ dataSourceName, args: [`--extend.query-path=${path}`, ...args] });
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
