import { describe, expect, it } from 'vitest';
import { waitFor } from '../../servers/index.ts';
import { command } from '../support/archiver-actions.ts';
import { labOf } from '../support/archiver-lab.ts';
import { ArchiverWatch } from '../support/archiver-watch.ts';
import { startWalguard } from '../support/walguard.ts';

/** What is shown with the default of `archiver.stalled-after`, 120 s. */
const BREAKS = [
  ['failing', 'exits with 1', 'false'],
  ['down', 'is not found', '/nonexistent/archive %p'],
  ['down', 'exits with 127 after two seconds', 'sleep 2; exit 127'],
  ['hung', 'hangs', 'sleep 600'],
] as const;

describe.concurrent.each([15, 60])('walguard scraped every %i seconds', (seconds) => {
  it.each(BREAKS)('shows %s and no other state where archive_command %s', async (state, _how, text) => {
    await using server = await labOf(18)({});
    await using walguard = await startWalguard({ dataSourceName: server.monitorUrl, readyTimeoutMs: 60_000 });
    await using watch = new ArchiverWatch(walguard.url, seconds * 1_000);
    await waitFor('a first look', () => watch.looks.length > 0);
    await command(text)(server);
    await waitFor(`the state ${state}`, () => watch.looks.at(-1)?.state === state, 250_000);
    const shown = watch.looks.length;
    await waitFor('one more look', () => watch.looks.length > shown, 70_000);
    expect(watch.pathSince(0).map((look) => look.state)).toEqual(['ok', state]);
  });
});
