/** What the tests read of a dashboard's JSON; what is optional may be missing in a file that is wrong. */
export interface DashboardJson {
  readonly id?: unknown;
  readonly uid?: string;
  readonly title?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly editable?: boolean;
  readonly schemaVersion?: number;
  readonly __inputs?: unknown;
  readonly templating?: { readonly list?: readonly VariableJson[] };
  readonly annotations?: { readonly list?: readonly AnnotationJson[] };
  readonly links?: readonly LinkJson[];
  readonly panels?: readonly PanelJson[];
}

export interface VariableJson {
  readonly name: string;
  readonly type: string;
  readonly label?: string;
  readonly query?: string;
  readonly datasource?: { readonly uid?: string };
  readonly refresh?: number;
  readonly multi?: boolean;
  readonly includeAll?: boolean;
  readonly allValue?: string;
}

export interface AnnotationJson {
  readonly name: string;
  readonly datasource?: { readonly uid?: string };
  readonly expr?: string;
  readonly textFormat?: string;
}

export interface LinkJson {
  readonly title?: string;
  readonly type?: string;
  readonly url?: string;
  readonly tags?: readonly string[];
  readonly includeVars?: boolean;
  readonly keepTime?: boolean;
}

export interface PanelJson {
  readonly id?: number;
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: { readonly type?: string; readonly uid?: string };
  readonly gridPos?: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly TargetJson[];
  readonly links?: readonly LinkJson[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly fieldConfig?: FieldConfigJson;
  readonly transformations?: readonly { readonly id: string; readonly options: Readonly<Record<string, unknown>> }[];
  readonly collapsed?: boolean;
  readonly panels?: readonly PanelJson[];
}

export interface TargetJson {
  readonly refId?: string;
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly datasource?: { readonly uid?: string };
  readonly instant?: boolean;
  readonly range?: boolean;
  readonly format?: string;
}

export interface FieldConfigJson {
  readonly defaults?: {
    readonly unit?: string;
    readonly noValue?: string;
    readonly mappings?: readonly unknown[];
    readonly thresholds?: { readonly steps?: readonly { readonly value: number | null }[] };
    readonly custom?: Readonly<Record<string, unknown>>;
  };
  readonly overrides?: readonly {
    readonly matcher: { readonly id: string; readonly options?: unknown };
    readonly properties: readonly { readonly id: string; readonly value?: unknown }[];
  }[];
}

/** All panels but the rows, those of closed rows too. */
export function panelsOf(dashboard: DashboardJson): readonly PanelJson[] {
  return allOf(dashboard).filter(({ type }) => type !== 'row');
}

/** Rows and panels, those of closed rows behind their row. */
export function allOf({ panels = [] }: DashboardJson): readonly PanelJson[] {
  return panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
}

export interface PlacedQuery {
  readonly panel: PanelJson;
  readonly target: TargetJson;
  readonly expr: string;
}

export function queriesOf(dashboard: DashboardJson): readonly PlacedQuery[] {
  return panelsOf(dashboard).flatMap((panel) =>
    (panel.targets ?? []).map((target) => ({ panel, target, expr: target.expr ?? '' })),
  );
}
