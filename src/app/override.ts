import type { Collector, DerivedStep, QueryStep, SampleSink, Series, Step } from '../core/collector.ts';
import type { Logger } from '../core/logger.ts';

/**
 * Lets the packs of the user win over walguard's own collectors: a family that a pack declares is the pack's, and the
 * collector that has it too gives its other families only. One that has no other is left out.
 */
export function yieldFamilies(
  own: readonly Collector[],
  packs: readonly Collector[],
  log: Logger,
): readonly Collector[] {
  const owners = new Map(packs.flatMap(({ name, families }) => families.map((family) => [family.name, name] as const)));
  return own.flatMap((collector) => {
    const lost = collector.families.filter(({ name }) => owners.has(name)).map(({ name }) => name);
    if (lost.length === 0) return [collector];
    const by = [...new Set(lost.map((name) => owners.get(name)))];
    log.info({ collector: collector.name, families: lost, by }, 'families are taken from a pack instead');
    return lost.length === collector.families.length ? [] : [withoutFamilies(collector, new Set(lost))];
  });
}

function withoutFamilies(collector: Collector, lost: ReadonlySet<string>): Collector {
  const { chooseOnConsole, withoutServer } = collector;
  return {
    ...collector,
    families: collector.families.filter(({ name }) => !lost.has(name)),
    choose(facts) {
      const step = collector.choose(facts);
      return typeof step === 'string' ? step : hidingStep(step, lost);
    },
    ...(withoutServer === undefined ? {} : { withoutServer: hidingDerived(withoutServer, lost) }),
    ...(chooseOnConsole === undefined
      ? {}
      : {
          chooseOnConsole(facts) {
            const step = chooseOnConsole(facts);
            return typeof step === 'string' ? step : hidingQuery(step, lost);
          },
        }),
  };
}

function hidingStep(step: Step, lost: ReadonlySet<string>): Step {
  return step.kind === 'derived' ? hidingDerived(step, lost) : hidingQuery(step, lost);
}

function hidingDerived(step: DerivedStep, lost: ReadonlySet<string>): DerivedStep {
  return { ...step, emit: (sink) => step.emit(hidingSink(sink, lost)) };
}

function hidingQuery(step: QueryStep, lost: ReadonlySet<string>): QueryStep {
  return { ...step, open: (sink, place) => step.open(hidingSink(sink, lost), place) };
}

const NOWHERE: Series = { add: () => undefined, copy: () => undefined };

function hidingSink(sink: SampleSink, lost: ReadonlySet<string>): SampleSink {
  return {
    labels: (names, values) => sink.labels(names, values),
    add(family, labels, value) {
      if (!lost.has(family.name)) sink.add(family, labels, value);
    },
    series: (family) => (lost.has(family.name) ? NOWHERE : sink.series(family)),
    histogram(family, labels, histogram) {
      if (!lost.has(family.name)) sink.histogram(family, labels, histogram);
    },
    isFull: () => sink.isFull(),
    drop: (reason, samples) => sink.drop(reason, samples),
    remark: (kind, column) => sink.remark(kind, column),
  };
}
