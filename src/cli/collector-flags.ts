/** The collectors' switches, taken out of the command line: which collectors there are is known only from the packs. */
export interface CollectorFlags {
  readonly switches: ReadonlyMap<string, boolean>;
  readonly rest: readonly string[];
}

const COLLECTOR_FLAG = /^--(no-)?collector\.([a-z0-9_]+)(?:=(true|false))?$/i;

export function takeCollectorFlags(argv: readonly string[]): CollectorFlags {
  const switches = new Map<string, boolean>();
  const rest = argv.filter((argument) => {
    const match = COLLECTOR_FLAG.exec(argument);
    if (match?.[2] === undefined) return true;
    const said = match[1] === undefined;
    switches.set(match[2].toLowerCase(), match[3]?.toLowerCase() === 'false' ? !said : said);
    return false;
  });
  return { switches, rest };
}
