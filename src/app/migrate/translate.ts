import type { Environment } from '../../config/given.ts';
import { type GivenFlag, readArguments } from './read-arguments.ts';
import { PG_EXPORTER } from './pg-exporter.ts';
import { POSTGRES_EXPORTER } from './postgres-exporter.ts';
import type { Peer } from './peer.ts';
import type { Migrated, PeerName } from './report.ts';

export const PEER_OF: Readonly<Record<PeerName, Peer>> = {
  postgres_exporter: POSTGRES_EXPORTER,
  pg_exporter: PG_EXPORTER,
};

/** How another exporter is run. */
export interface PeerRun {
  readonly from: PeerName;
  readonly words: readonly string[];
  readonly env: Environment;
}

/** What becomes of everything it was told, and of what it does unless it is told otherwise. */
export function translate({ from, words, env }: PeerRun): readonly Migrated[] {
  const peer = PEER_OF[from];
  const onCommandLine = readArguments(peer, words);
  const said = new Set(onCommandLine.map(({ flag }) => flag));
  const inEnvironment = peer.flags.flatMap((flag): readonly GivenFlag[] => {
    const value = flag.variable === undefined ? undefined : env[flag.variable];
    return value === undefined || value === '' || said.has(flag) ? [] : [{ flag, value, said: flag.variable ?? '' }];
  });
  const told = new Set([...said, ...inEnvironment.map(({ flag }) => flag)]);
  const implied = peer.flags.flatMap((flag): readonly GivenFlag[] =>
    flag.implied === undefined || told.has(flag)
      ? []
      : [{ flag, value: flag.implied, said: `--${flag.name}, by default` }],
  );
  const flags = [...onCommandLine, ...inEnvironment, ...implied].map((given): Migrated => {
    const { fate, becomes = [], why = '' } = given.flag.translate(given.value);
    return { said: given.said, fate, becomes, why };
  });
  const variables = peer.variables.flatMap(({ name, outcome }): readonly Migrated[] => {
    const value = env[name];
    if (value === undefined || value === '') return [];
    const { fate, becomes = [], why = '' } = outcome(value);
    return [{ said: name, fate, becomes, why }];
  });
  return [...flags, ...variables];
}

const EVERY_DATABASE = '--databases.include=*';

/** The arguments of walguard. Databases that are named win over all of them. */
export function commandOf(migrated: readonly Migrated[]): readonly string[] {
  const all = [...new Set(migrated.flatMap(({ becomes }) => becomes))];
  const names = all.filter((each) => each.startsWith('--databases.include='));
  return names.length > 1 ? all.filter((each) => each !== EVERY_DATABASE) : all;
}
