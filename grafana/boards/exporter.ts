import { barGauge, closedRow, column, q, row, stat, stateTimeline, table, timeSeries } from '../layer/panels.ts';
import type { BoardSpec } from '../layer/spec.ts';
import { GOOD_WORDS } from '../layer/words.ts';

const NOW = row(100, 'Now', [
  stat({
    id: 101,
    title: 'Scrapes that failed',
    says: 'Targets whose last scrape Prometheus counts as failed. Good: 0. A server that is down does not fail the scrape: pg_up says that.',
    unit: 'none',
    none: 'not scraped',
    steps: ['green', [1, 'red']],
    queries: [q('sum(1 - up{})', 'failed')],
    width: 4,
  }),
  stat({
    id: 102,
    title: 'Collectors that fail',
    says: 'Collectors, in each database where they run, that failed in the last scrape. Good: 0; the reasons stand below, the error is in the log of walguard.',
    unit: 'none',
    none: 'none runs',
    steps: ['green', [1, 'orange']],
    queries: [q('sum(1 - walguard_collector_success{})', 'collectors')],
    width: 4,
  }),
  stat({
    id: 103,
    title: 'A scrape takes',
    says: 'Seconds of the last scrape as Prometheus saw it, the longest. Good: well below scrape_timeout.',
    unit: 's',
    none: 'not scraped',
    queries: [q('max(scrape_duration_seconds{} and on (job, instance) walguard_build_info{})', 'longest')],
    width: 4,
  }),
  stat({
    id: 104,
    title: 'Series',
    says: 'Samples on the pages of the chosen targets. Good: hundreds to a few thousand each, and steady.',
    unit: 'short',
    none: 'not scraped',
    queries: [q('sum(scrape_samples_scraped{} and on (job, instance) walguard_build_info{})', 'samples')],
    width: 4,
  }),
  stat({
    id: 105,
    title: 'Connections to servers',
    says: 'Connections that walguard keeps open from one scrape to the next. Good: about two for each server.',
    unit: 'none',
    none: 'none',
    queries: [q('sum(walguard_postgres_connections{})', 'connections')],
    width: 4,
  }),
  stat({
    id: 106,
    title: 'Configuration',
    says: 'Whether each walguard read its configuration without an error the last time. Good: yes; on no it goes on with the one before.',
    unit: 'none',
    none: 'not known',
    words: GOOD_WORDS,
    queries: [q('walguard_config_last_reload_successful{}')],
    width: 4,
  }),
]);

const SCRAPES = row(200, 'Scrapes', [
  timeSeries({
    id: 201,
    title: 'Time of a page',
    says: 'Seconds until a page was complete: half of them take less than the one line, 95 % less than the other. Good: tens to hundreds of milliseconds.',
    unit: 's',
    queries: [
      q(
        'histogram_quantile(0.5, sum by (job, cluster, instance, le) (rate(walguard_scrape_duration_seconds_bucket{}[$__rate_interval])))',
        '{{instance}} half',
      ),
      q(
        'histogram_quantile(0.95, sum by (job, cluster, instance, le) (rate(walguard_scrape_duration_seconds_bucket{}[$__rate_interval])))',
        '{{instance}} 95 %',
      ),
    ],
    width: 8,
  }),
  timeSeries({
    id: 202,
    title: 'Pages',
    says: 'Pages served each second, and those served by a scrape that was under way already. Good: as often as your Prometheus ask.',
    unit: 'reqps',
    queries: [
      q('rate(walguard_scrapes_total{}[$__rate_interval])', '{{instance}} served'),
      q('rate(walguard_scrapes_shared_total{}[$__rate_interval])', '{{instance}} shared'),
    ],
    width: 8,
  }),
  timeSeries({
    id: 203,
    title: 'Samples on a page',
    says: 'Samples of each page. Good: steady; it grows with databases and tables.',
    unit: 'short',
    queries: [q('scrape_samples_scraped{} and on (job, instance) walguard_build_info{}')],
    width: 8,
  }),
]);

const COLLECTORS = row(300, 'Collectors', [
  stateTimeline({
    id: 301,
    title: 'All collectors succeed',
    says: 'Whether every collector of each target succeeded, in each database where it ran. Good: yes from end to end.',
    unit: 'none',
    words: { ...GOOD_WORDS, 0: ['no', 'orange'] },
    queries: [q('min by (job, cluster, instance) (walguard_collector_success{})')],
    width: 12,
    height: 7,
  }),
  timeSeries({
    id: 302,
    title: 'Failures by reason',
    says: 'Failed runs of collectors an hour. Good: 0. timeout: the query takes longer than its limit; the log of walguard has the errors.',
    unit: 'short',
    queries: [
      q(
        '3600 * sum by (instance, collector, reason) (rate(walguard_collector_failures_total{}[$__rate_interval])) > 0 or 0 * sum by (instance) (walguard_collector_success{})',
        '{{instance}} {{collector}} {{reason}}',
      ),
    ],
    width: 12,
    height: 7,
  }),
  barGauge({
    id: 303,
    title: 'Time of collectors, the 15 that take most',
    says: 'Seconds of the last run, all databases together. Good: milliseconds; sizes and bloat may take more and are cached.',
    unit: 's',
    none: 'none runs',
    queries: [
      q(`topk(15, sum by (instance, collector) (walguard_collector_duration_seconds{}))`, '{{collector}} {{instance}}'),
    ],
    width: 12,
    height: 10,
  }),
  barGauge({
    id: 304,
    title: 'Samples of collectors, the 15 with most',
    says: 'Samples that each collector gave to the page. Good: those by table and statement most.',
    unit: 'short',
    none: 'none runs',
    queries: [q(`topk(15, sum by (instance, collector) (walguard_collector_samples{}))`, '{{collector}} {{instance}}')],
    width: 12,
    height: 10,
  }),
  table({
    id: 305,
    title: 'Collectors of the chosen targets',
    says: 'Each collector, with the age of what it says: older than a scrape where it is cached. Good: all succeed.',
    labels: [
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Target' },
      { label: 'collector', name: 'Collector' },
    ],
    values: [
      column('Succeeded', `min by (cluster, instance, collector) (walguard_collector_success{})`, {
        words: GOOD_WORDS,
      }),
      column('Took', `sum by (cluster, instance, collector) (walguard_collector_duration_seconds{})`, { unit: 's' }),
      column('Rows', `sum by (cluster, instance, collector) (walguard_collector_rows{})`),
      column('Samples', `sum by (cluster, instance, collector) (walguard_collector_samples{})`),
      column(
        'Age',
        `max by (cluster, instance, collector) (time() - walguard_collector_last_success_timestamp_seconds{})`,
        { unit: 's' },
      ),
    ],
    largestFirst: 'Took',
    width: 16,
    height: 10,
  }),
  table({
    id: 306,
    title: 'Skipped',
    says: 'Collectors that do not apply, by reason: the version or role of the server, a missing extension or right. Good: no missing right.',
    labels: [
      { label: 'instance', name: 'Target' },
      { label: 'collector', name: 'Collector' },
      { label: 'reason', name: 'Reason' },
    ],
    infos: ['group by (instance, collector, reason) (walguard_collector_skipped{} == 1)'],
    values: [],
    width: 8,
    height: 10,
  }),
]);

const PROCESS = closedRow(400, 'The process', [
  timeSeries({
    id: 401,
    title: 'Memory',
    says: 'Resident memory of walguard. Good: a hundred or two MB, and no line that only rises.',
    unit: 'bytes',
    queries: [q('process_resident_memory_bytes{}')],
    width: 8,
  }),
  timeSeries({
    id: 402,
    title: 'Processor',
    says: 'Seconds of processor each second. Good: a few percent of one.',
    unit: 'percentunit',
    queries: [q('rate(process_cpu_seconds_total{}[$__rate_interval])')],
    width: 8,
  }),
  timeSeries({
    id: 403,
    title: 'Delay of the event loop',
    says: 'What 99 % of its turns take less than. Good: tens of milliseconds.',
    unit: 's',
    queries: [q('nodejs_eventloop_lag_p99_seconds{}')],
    width: 8,
  }),
  timeSeries({
    id: 404,
    title: 'Samples left out',
    says: 'Samples an hour that were left out of the page, by reason. Good: none.',
    unit: 'short',
    queries: [
      q(
        '3600 * sum by (instance, collector, reason) (rate(walguard_samples_dropped_total{}[$__rate_interval])) > 0 or 0 * sum by (instance) (walguard_collector_success{})',
        '{{instance}} {{collector}} {{reason}}',
      ),
    ],
    width: 12,
  }),
  table({
    id: 405,
    title: 'What runs',
    says: 'Version of each walguard and of its Node.js. Good: the same everywhere.',
    labels: [
      { label: 'job', name: 'Job' },
      { label: 'cluster', name: 'Cluster' },
      { label: 'instance', name: 'Target' },
      { label: 'version', name: 'walguard' },
      { label: 'revision', name: 'Revision' },
      { label: 'node_version', name: 'Node.js' },
    ],
    infos: ['group by (job, cluster, instance, version, revision, node_version) (walguard_build_info{})'],
    values: [
      column(
        'Configuration of',
        'max by (job, cluster, instance) (1000 * walguard_config_last_reload_success_timestamp_seconds{})',
        { unit: 'dateTimeFromNow' },
      ),
    ],
    width: 12,
  }),
]);

export const EXPORTER: BoardSpec = {
  uid: 'walguard-exporter',
  title: 'PostgreSQL / Exporter',
  answers:
    'Can the other dashboards be believed: does walguard read everything, in time? The last of four levels: fleet, cluster, server, topic.',
  targets: 'walguard_build_info',
  rows: [NOW, SCRAPES, COLLECTORS, PROCESS],
};
