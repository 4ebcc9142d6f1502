/** The collectors' switches, taken out of the command line: which collectors there are is known only from the packs. */
export interface CollectorFlags {
  readonly switches: ReadonlyMap<string, boolean>;
  readonly rest: readonly string[];
  /** What stands behind `--` for `migrate`: the command line of another exporter, whose flags are none of walguard's. */
  readonly others: readonly string[];
}

const COLLECTOR_FLAG = /^--(no-)?collector\.([a-z0-9_]+)(?:=(true|false))?$/i;

export function takeCollectorFlags(argv: readonly string[]): CollectorFlags {
  const switches = new Map<string, boolean>();
  const at = argv[0] === 'migrate' ? argv.indexOf('--') : -1;
  const [own, others] = at === -1 ? [argv, []] : [argv.slice(0, at), argv.slice(at + 1)];
  const rest = own.filter((argument) => {
    const match = COLLECTOR_FLAG.exec(argument);
    if (match?.[2] === undefined) return true;
    const said = match[1] === undefined;
    switches.set(match[2].toLowerCase(), match[3]?.toLowerCase() === 'false' ? !said : said);
    return false;
  });
  return { switches, rest, others };
}
