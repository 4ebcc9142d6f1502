/** Units of Grafana that the panels use, by their ids there. */
export type Unit =
  | 'Bps'
  | 'bool_yes_no'
  | 'bytes'
  | 'cps'
  | 'dateTimeFromNow'
  | 'none'
  | 'ops'
  | 'percentunit'
  | 'reqps'
  | 's'
  | 'short'
  | 'string';

export type Colour = 'blue' | 'green' | 'orange' | 'purple' | 'red' | 'text' | 'yellow';

/** From which value on which colour holds; the first has no value and holds from the beginning. */
export type Steps = readonly [Colour, ...(readonly [number, Colour])[]];

/** What a number is shown as: its text and colour. */
export type Words = Readonly<Record<number, readonly [string, Colour]>>;

/** One PromQL query; braces hold only labels of its own, those of the dashboard's variables are added. */
export interface Query {
  readonly expr: string;
  /** Of its series, such as `{{instance}}`. */
  readonly legend: string;
  /** Drawn as the dashed line that the others should stay below. */
  readonly limit?: true;
}

/** What every panel says of itself. */
interface Described {
  /** Never changes: links and alerts point to it. That of a row is a multiple of 100, its panels follow. */
  readonly id: number;
  readonly title: string;
  /** What it is, and what good looks like. */
  readonly says: string;
  readonly unit: Unit;
  /** Of 24. */
  readonly width?: number;
  readonly height?: number;
  /** The dashboards where more is told of it. */
  readonly more?: readonly string[];
  readonly words?: Words;
  readonly steps?: Steps;
  readonly decimals?: number;
}

export interface StatSpec extends Described {
  readonly type: 'stat';
  readonly queries: readonly Query[];
  /** What is shown where there is no value. */
  readonly none: string;
  /** Of a query over the whole time shown; by default the value of now. */
  readonly over?: 'max';
}

export interface TimeSeriesSpec extends Described {
  readonly type: 'timeseries';
  readonly queries: readonly Query[];
  readonly stacked?: true;
  /** Values below zero are shown too. */
  readonly signed?: true;
  /** Colours of series by a regular expression over their names. */
  readonly colours?: Readonly<Record<string, Colour>>;
  /** The steps are drawn as lines. */
  readonly lines?: true;
}

export interface StateTimelineSpec extends Described {
  readonly type: 'state-timeline';
  readonly queries: readonly Query[];
  readonly words: Words;
}

export interface BarGaugeSpec extends Described {
  readonly type: 'bargauge';
  readonly queries: readonly Query[];
  readonly none: string;
  readonly max?: number;
}

/** A column with the value of a query, which has no more labels than the table. */
export interface ValueColumn {
  readonly name: string;
  readonly expr: string;
  readonly unit?: Unit;
  readonly steps?: Steps;
  readonly words?: Words;
  readonly decimals?: number;
}

/** A column with the values of a label. */
export interface LabelColumn {
  readonly label: string;
  readonly name: string;
  /** The dashboard that a click leads to, with the value as its variable. */
  readonly to?: string;
  /** The name of that variable; by default that of the label. */
  readonly as?: string;
}

export interface TableSpec extends Omit<Described, 'unit'> {
  readonly type: 'table';
  readonly labels: readonly LabelColumn[];
  readonly values: readonly ValueColumn[];
  /** A query whose labels alone are shown, not its value, which is 1. */
  readonly infos?: readonly string[];
  /** The column by which it is sorted, the largest first. */
  readonly largestFirst?: string;
}

export type PanelSpec = BarGaugeSpec | StatSpec | StateTimelineSpec | TableSpec | TimeSeriesSpec;

export interface RowSpec {
  readonly id: number;
  readonly title: string;
  readonly panels: readonly PanelSpec[];
  /** It is opened by a click; until then none of its queries runs. */
  readonly closed?: true;
}

export interface BoardSpec {
  readonly uid: string;
  readonly title: string;
  /** The question that it answers. */
  readonly answers: string;
  /** Its variable for databases, where it has one: a family whose label datname lists them. */
  readonly databases?: string;
  /** The family whose labels list jobs, clusters and instances. */
  readonly targets: string;
  readonly rows: readonly RowSpec[];
}
