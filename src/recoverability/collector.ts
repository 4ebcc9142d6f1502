import type { Collector, DerivedStep } from '../core/collector.ts';
import type { Report } from './assessor.ts';
import { RECOVERABILITY_FAMILIES } from './families.ts';
import { toSamples, writeSamples } from './samples.ts';

/** The name under which the verdict and all that leads to it are switched. */
const RECOVERABILITY_COLLECTOR = 'recoverability';

/** Puts the answer on every page, also on those of a server that is down: that is when it is asked for. */
export function createRecoverabilityCollector(report: () => Report): Collector {
  let written: Report | undefined;
  let samples: ReturnType<typeof toSamples> = [];
  const step: DerivedStep = {
    kind: 'derived',
    emit(sink) {
      const now = report();
      if (now !== written) samples = toSamples(now);
      written = now;
      writeSamples(samples, sink);
    },
  };
  return {
    name: RECOVERABILITY_COLLECTOR,
    help: 'Whether the cluster could be got back, to when, and how much would be lost; also while the server is down.',
    enabledByDefault: true,
    families: RECOVERABILITY_FAMILIES,
    choose: () => step,
    withoutServer: step,
  };
}
