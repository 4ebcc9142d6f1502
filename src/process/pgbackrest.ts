/** Which stanza, in which repository, by which configuration. */
export interface PgBackRestPlace {
  readonly stanza: string;
  /** Number of the repository; undefined for the only one. */
  readonly repo: number | undefined;
  /** Path of its configuration file; undefined for the usual one. */
  readonly config: string | undefined;
}

/** Messages go to the standard error, which is no part of the answer, and none to a file: walguard writes nowhere. */
const QUIET = ['--log-level-console=off', '--log-level-stderr=warn', '--log-level-file=off'];

/** What every command of pgBackRest is given that walguard runs. */
export function placeArguments({ stanza, repo, config }: PgBackRestPlace): readonly string[] {
  return [
    `--stanza=${stanza}`,
    ...(repo === undefined ? [] : [`--repo=${repo}`]),
    ...(config === undefined ? [] : [`--config=${config}`]),
    ...QUIET,
  ];
}
