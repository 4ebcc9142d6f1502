import { type Finding, warning } from '../../../core/finding.ts';
import type { Family } from '../../../core/family.ts';
import { isSnapshot } from '../columns.ts';
import { type CheckedBlock, type CheckedColumn, columnsOf, placeOf } from './checked-pack.ts';
import { foreignUnit } from './units.ts';

type Complaint = readonly [code: Finding['code'] & `CHECK_${string}`, message: string, hint: string];

/** A family whose name may be complained about: that of a histogram of rows follows from its usage. */
interface Named {
  readonly family: Family;
  readonly isDescribed: boolean;
}

/**
 * What Prometheus' rules for names, and `promtool check metrics`, have against families and labels. Each name is told
 * once, where it is declared first.
 */
export function checkNames(blocks: readonly CheckedBlock[]): readonly Finding[] {
  const seen = new Set<string>();
  return columnsOf(blocks).flatMap((checked) =>
    complaintsOf(checked).flatMap(([name, [code, message, hint]]) => {
      const key = `${code} ${name}`;
      if (seen.has(key)) return [];
      seen.add(key);
      return [warning(code, message, { where: placeOf(checked.owner, checked.column.path), hint })];
    }),
  );
}

function complaintsOf({ owner, column }: CheckedColumn): readonly (readonly [name: string, Complaint])[] {
  const { spec, alias, families } = column;
  if (spec.usage === 'LABEL') return labelComplaints(owner, alias).map((each) => [`${owner.name} ${alias}`, each]);
  const [family] = families;
  if (family === undefined) return [];
  const named = { family, isDescribed: (spec.description ?? '').trim() !== '' };
  const complaints = isSnapshot(spec) ? descriptionComplaints(named) : familyComplaints(named);
  return complaints.map((each) => [family.name, each]);
}

function familyComplaints(named: Named): readonly Complaint[] {
  const { family } = named;
  return [
    ...descriptionComplaints(named),
    ...totalComplaints(family),
    ...endingComplaints(family),
    ...unitComplaints(family),
    ...styleComplaints(family),
  ];
}

function descriptionComplaints({ family: { name }, isDescribed }: Named): readonly Complaint[] {
  if (isDescribed) return [];
  return [
    ['CHECK_NO_DESCRIPTION', `${name} has no description`, 'Add description: it is the HELP line of the metric.'],
  ];
}

function totalComplaints({ name, type }: Family): readonly Complaint[] {
  const isTotal = name.endsWith('_total');
  if ((type === 'counter') === isTotal) return [];
  const [message, hint] = isTotal
    ? [`${name} is a ${type}, but its name ends in _total as a counter's`, 'Rename it, or give it the usage COUNTER.']
    : [`${name} is a counter, but its name does not end in _total`, `Rename it to ${name}_total.`];
  return [['CHECK_COUNTER_NAME', message, hint]];
}

function endingComplaints({ name, type }: Family): readonly Complaint[] {
  const [ending] = /_(?:bucket|sum|count)$/.exec(name) ?? [];
  if (ending === undefined || type === 'histogram') return [];
  const hint = `Rename it: ${ending} is what histograms and summaries end in.`;
  return [['CHECK_RESERVED_NAME', `${name} ends in ${ending} and is no histogram`, hint]];
}

function unitComplaints({ name }: Family): readonly Complaint[] {
  const unit = foreignUnit(name);
  if (unit === undefined) return [];
  const hint = `Return ${unit.base} from the query and say so in the name.`;
  return [['CHECK_UNIT', `${name} is in ${unit.written}, and not in the base unit`, hint]];
}

function styleComplaints({ name }: Family): readonly Complaint[] {
  const complaints: Complaint[] = [];
  if (isCamelCase(name)) complaints.push(camelCase('metric', name));
  const [, type] = /_(counter|gauge|histogram|summary)(?:_|$)/.exec(name) ?? [];
  if (type !== undefined)
    complaints.push(['CHECK_NAME_STYLE', `${name} has the type ${type} in its name`, 'Take it out of the name.']);
  return complaints;
}

function labelComplaints({ branch }: CheckedBlock, label: string): readonly Complaint[] {
  const complaints: Complaint[] = [];
  const isOwn = label === 'job' || label === 'instance';
  if (isOwn)
    complaints.push([
      'CHECK_RESERVED_NAME',
      `the label ${label} of ${branch.key} is one that Prometheus adds itself`,
      `Add rename: for Prometheus makes exported_${label} of it.`,
    ]);
  if (label === 'le' || label === 'quantile')
    complaints.push([
      'CHECK_RESERVED_NAME',
      `the label ${label} of ${branch.key} belongs to histograms and summaries`,
      'Add rename: with another name.',
    ]);
  if (isCamelCase(label)) complaints.push(camelCase('label', label));
  return complaints;
}

function isCamelCase(name: string): boolean {
  return /[a-z][A-Z]/.test(name);
}

function camelCase(kind: string, name: string): Complaint {
  return ['CHECK_NAME_STYLE', `the ${kind} ${name} is in camelCase`, 'Write it in small letters with _ between words.'];
}
