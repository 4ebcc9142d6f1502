import type { DataTransformerConfig, FieldConfigSource } from '@grafana/data';

/** A dashboard's panel as its file has it; only what is drawn. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly collapsed?: boolean;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: FieldConfigSource;
  // Each type has its own, and hands it on to a component of Grafana's.
  readonly options: Readonly<Record<string, never>>;
  readonly transformations?: DataTransformerConfig[];
}

export interface Target {
  readonly refId: string;
  readonly legendFormat?: string;
  readonly format?: string;
  readonly instant?: boolean;
}

type Point = readonly [number, string];

/** A series of an answer of Prometheus: values of a range, or the one of a moment. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly Point[];
  readonly value?: Point;
}

export interface Answer {
  readonly target: Target;
  readonly stepSeconds: number;
  readonly result: readonly Series[];
}

export interface AnnotationAnswer {
  readonly annotation: { readonly name: string; readonly iconColor: string; readonly useValueForTime: boolean };
  readonly result: readonly Series[];
}

/** What the page is given to draw. */
export interface Input {
  readonly dashboard: { readonly title: string; readonly description: string };
  readonly panels: readonly Panel[];
  readonly answers: Readonly<Record<number, readonly Answer[]>>;
  readonly annotations: readonly AnnotationAnswer[];
  readonly fromSeconds: number;
  readonly toSeconds: number;
  readonly width: number;
}
