import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import type { Family, FamilyType } from '../core/family.ts';

/** The instruments of walguard's own process. */
export interface Instruments {
  readonly scrapes: { readonly inc: () => void };
  readonly sharedScrapes: { readonly inc: () => void };
  readonly scrapeDuration: { readonly observe: (seconds: number) => void };
  readonly configLoaded: () => void;
  readonly configRefused: () => void;
  /** All families of the process with their samples, in the order they were made. */
  readonly read: () => Promise<readonly InstrumentFamily[]>;
}

export interface InstrumentFamily {
  readonly family: Family;
  readonly samples: readonly InstrumentSample[];
}

export interface InstrumentSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

export interface BuildInfo {
  readonly version: string;
  readonly revision: string;
}

/** Gauges whose names end as only counters' may; what they count is of no use to an operator. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

const DURATION_BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createInstruments(build: BuildInfo): Instruments {
  const registry = new Registry();
  const registers = [registry];
  addProcessFamilies(registry, build);
  return {
    ...createReloadGauges(registry),
    scrapes: new Counter({ name: 'walguard_scrapes_total', help: 'Requests for metrics that were served.', registers }),
    sharedScrapes: new Counter({
      name: 'walguard_scrapes_shared_total',
      help: 'Requests for metrics that were served by a scrape already under way.',
      registers,
    }),
    scrapeDuration: new Histogram({
      name: 'walguard_scrape_duration_seconds',
      help: 'Seconds a request for metrics took until its page was complete.',
      buckets: DURATION_BUCKETS,
      registers,
    }),
    read: () => readRegistry(registry),
  };
}

function addProcessFamilies(registry: Registry, { version, revision }: BuildInfo): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  new Gauge({
    name: 'walguard_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['version', 'revision', 'node_version'],
    registers: [registry],
  }).set({ version, revision, node_version: process.version }, 1);
}

function createReloadGauges(registry: Registry): Pick<Instruments, 'configLoaded' | 'configRefused'> {
  const successful = new Gauge({
    name: 'walguard_config_last_reload_successful',
    help: '1 if the configuration was read without an error the last time.',
    registers: [registry],
  });
  const time = new Gauge({
    name: 'walguard_config_last_reload_success_timestamp_seconds',
    help: "Unix time by walguard's clock at which the configuration was last read without an error.",
    registers: [registry],
  });
  return {
    configLoaded() {
      successful.set(1);
      time.setToCurrentTime();
    },
    configRefused: () => successful.set(0),
  };
}

/** Never `registry.metrics()`: rendering OpenMetrics there renames the counters for good. */
async function readRegistry(registry: Registry): Promise<readonly InstrumentFamily[]> {
  const metrics = await registry.getMetricsAsJSON();
  return metrics.map(({ name, help, type, values }) => ({
    family: { name, help, type: familyType(name, String(type)), labelNames: [] },
    samples: values.map((sample) => ({
      name: 'metricName' in sample && typeof sample.metricName === 'string' ? sample.metricName : name,
      labels: Object.fromEntries(
        Object.entries(sample.labels).flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])),
      ),
      value: sample.value,
    })),
  }));
}

function familyType(name: string, type: string): FamilyType {
  if (name === 'walguard_build_info') return 'info';
  return type === 'counter' || type === 'gauge' || type === 'histogram' ? type : 'unknown';
}
