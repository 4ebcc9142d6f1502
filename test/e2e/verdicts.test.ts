import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { sharedServers } from '../support/shared-servers.ts';
import { DAMAGES } from '../support/verdict-damages.ts';
import { copyStore, startVerdictLab, type VerdictLab } from '../support/verdict-lab.ts';
import { judge, type Scene } from '../support/verdict-scene.ts';
import { type Tool, VERDICT_TABLE, type VerdictRow } from '../support/verdict-table.ts';

interface Case {
  readonly title: string;
  readonly tool: Tool;
  readonly row: VerdictRow;
  readonly prepare: (typeof DAMAGES)[keyof typeof DAMAGES];
}

const CASES = (Object.keys(DAMAGES) as readonly (keyof typeof DAMAGES)[]).flatMap((name): readonly Case[] => {
  const row: VerdictRow = VERDICT_TABLE[name];
  return row.tools.map((tool) => ({ title: `${tool}: ${row.situation}`, tool, row, prepare: DAMAGES[name] }));
});

let lab: VerdictLab & AsyncDisposable;
let large: VerdictLab & AsyncDisposable;

beforeAll(async () => {
  [lab, large] = await Promise.all([startVerdictLab(1), startVerdictLab(64)]);
}, 180_000);

afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  await large?.[Symbol.asyncDispose]();
});

async function expectRow(row: VerdictRow, scene: Scene): Promise<void> {
  const { situation: _situation, tools: _tools, ...expected } = row;
  const judged = await judge(scene);
  expect(judged.map(({ said }) => said)).toEqual(judged.map(() => expected));
  expect(judged.length).toBeGreaterThan(0);
}

describe.concurrent('what walguard says of a copy of a healthy repository', { timeout: 180_000 }, () => {
  it.each(CASES.map((one) => [one.title, one] as const))('%s', async (_title, { row, tool, prepare }) => {
    await using store = await copyStore(lab, tool);
    await expectRow(row, { store, ...(await prepare(store)) });
  });

  it.each(['files', 'pgbackrest'] as const)('%s: of another server, or with large segments', async (tool) => {
    await using small = await copyStore(lab, tool);
    const [other] = sharedServers().filter(({ major }) => major === lab.server.major);
    await expectRow(VERDICT_TABLE.other_server, { store: small, url: other?.monitorUrl ?? '' });
    await using store = await copyStore(large, tool);
    await expectRow(VERDICT_TABLE.large, { store });
    await expectRow(VERDICT_TABLE.large_missing, { store, ...(await DAMAGES.missing(store)) });
  });
});
