import { writeServerFile } from '../../servers/configuration.ts';
import type { PostgresServer } from '../../servers/index.ts';

/** Stops a server, and lets it go on, by way of being a standby, on a timeline of its own. */
export async function switchTimeline(server: PostgresServer): Promise<void> {
  await server.stop();
  await writeServerFile(server.cluster, 'standby.signal', []);
  await server.start();
  await server.promote();
}
