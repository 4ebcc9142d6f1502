import { readDocument } from '../../config/document.ts';
import type { Collector } from '../../core/collector.ts';
import { WalguardError, WalguardErrors, type Where } from '../../core/error.ts';
import type { Family, FamilyType } from '../../core/family.ts';
import { type Branch, columnsOf, labelNamesOf, overlap, toBranch } from './branch.ts';
import { readRows } from './rows.ts';
import { familyName, nameProblems } from './names.ts';
import { type Block, pack, type Usage } from './schema.ts';

/** A collector of a pack, with the place of its first block. */
export interface PackCollector extends Collector {
  readonly where: Where;
}

/**
 * Reads a pack into collectors.
 *
 * @param file the pack's name in messages
 * @param seesPublic its queries may use names of the schema public
 * @throws WalguardErrors with all problems at once, each at its file, line and column
 */
export function loadPack(file: string, text: string, seesPublic = true): readonly PackCollector[] {
  const { value, where } = readDocument(file, text, pack);
  const builders = new Map<string, CollectorBuilder>();
  for (const [key, block] of Object.entries(value)) {
    const name = collectorName(key, block);
    const builder = builders.get(name) ?? new CollectorBuilder(name, block, where);
    builders.set(name, builder);
    builder.addBlock(key, block);
  }
  const problems = [...builders.values()].flatMap((builder) => builder.problems);
  if (problems.length > 0) throw new WalguardErrors(problems);
  return [...builders.values()].map((builder) => builder.build(seesPublic));
}

/**
 * The name of a block's collector, as flags and labels say it: without the `pg_` most blocks start with, and in small
 * letters, for the name of an environment variable does not tell them apart.
 */
function collectorName(key: string, block: Block): string {
  return (block.name ?? key).toLowerCase().replace(/^pg_/, '');
}

/** Puts the blocks of one name together. */
class CollectorBuilder {
  readonly problems: WalguardError[] = [];
  readonly #name: string;
  readonly #first: Block;
  readonly #where: (path: readonly PropertyKey[]) => Where;
  readonly #families = new Map<string, Family>();
  readonly #branches: Branch[] = [];

  constructor(name: string, first: Block, where: (path: readonly PropertyKey[]) => Where) {
    this.#name = name;
    this.#first = first;
    this.#where = where;
  }

  addBlock(key: string, block: Block): void {
    const labelNames = labelNamesOf(block);
    const prefix = block.prefix ?? block.name ?? key;
    const indexOf = (column: string): number => block.metrics.findIndex((entry) => Object.hasOwn(entry, column));
    const branch = toBranch(key, block, (column, spec) => {
      const type = familyType(spec.usage);
      if (type === undefined) return undefined;
      const name = familyName(prefix, column, spec);
      const family = { name, type, help: spec.description ?? `Column ${column} of the query ${key}.`, labelNames };
      return this.#unify(family, () => this.#where([key, 'metrics', indexOf(column), column]));
    });
    if (columnsOf(block).every(([, spec]) => familyType(spec.usage) === undefined)) {
      this.problems.push(
        new WalguardError('CONFIG_MISSING_KEY', `${key} has no metric, only labels`, {
          where: this.#where([key, 'metrics']),
          hint: 'Give one column the usage GAUGE or COUNTER.',
        }),
      );
    }
    this.problems.push(...nameProblems(key, block, prefix, this.#where));
    this.#refuseOverlap(key, branch);
    this.#branches.push(branch);
  }

  /** One Family object for all branches; they must agree on what it is. */
  #unify(family: Family, place: () => Where): Family {
    const known = this.#families.get(family.name) ?? family;
    this.#families.set(family.name, known);
    const hint = 'Give it the same usage and the same labels in every branch, or another name.';
    if (known.type !== family.type || known.labelNames.join() !== family.labelNames.join()) {
      const message = `${family.name} is a ${describe(family)} here and a ${describe(known)} in another branch`;
      this.problems.push(new WalguardError('PACK_DUPLICATE_FAMILY', message, { where: place(), hint }));
    }
    if (family.type === 'info' && !family.name.endsWith('_info')) {
      const message = `${family.name} is of usage INFO, but its name does not end in _info`;
      this.problems.push(new WalguardError('PACK_BAD_NAME', message, { where: place(), hint: `Add rename: info.` }));
    }
    return known;
  }

  #refuseOverlap(key: string, branch: Branch): void {
    for (const other of this.#branches) {
      const server = overlap(branch, other);
      if (server === undefined) continue;
      this.problems.push(
        new WalguardError('PACK_DUPLICATE_COLLECTOR', `${key} and ${other.key} both apply to ${server}`, {
          where: this.#where([key]),
          hint: 'Bound them by runonserver or tags, or give one another name.',
        }),
      );
    }
  }

  build(seesPublic: boolean): PackCollector {
    const branches = this.#branches;
    return {
      name: this.#name,
      help: this.#first.desc ?? `Collector ${this.#name}.`,
      enabledByDefault: this.#first.enabled ?? true,
      families: [...this.#families.values()],
      where: this.#where([branches[0]?.key ?? this.#name]),
      choose({ version, inRecovery }) {
        const suited = branches.filter((branch) => branch.suitsVersion(version));
        const branch = suited.find((candidate) => candidate.suitsRole(inRecovery));
        if (branch === undefined) return suited.length === 0 ? 'version' : 'role';
        const { sql, timeoutMs } = branch;
        return { kind: 'query', sql, timeoutMs, seesPublic, open: (sink) => readRows(branch, version, sink) };
      },
    };
  }
}

function familyType(usage: Usage): FamilyType | undefined {
  switch (usage) {
    case 'COUNTER':
      return 'counter';
    case 'INFO':
      return 'info';
    case 'GAUGE':
    case 'MAPPEDMETRIC':
    case 'DURATION':
      return 'gauge';
    case 'LABEL':
    case 'DISCARD':
      return undefined;
  }
}

function describe({ type, labelNames }: Family): string {
  return `${type} with ${labelNames.length === 0 ? 'no labels' : `the labels ${labelNames.join(', ')}`}`;
}
