// What drift needs to know of real telemetry: names, forms, bounds, some values of tags. The runtime's snapshot is that.

export interface Telemetry {
  readonly streams: readonly TelemetryStream[];
}

export interface TelemetryStream {
  /** As the events name it; `null` when they name none, and for OTLP. */
  readonly schema: string | null;
  readonly source: 'events' | 'otlp';
  readonly events: number;
  readonly metrics: readonly TelemetryMetric[];
  readonly tags: readonly TelemetryTag[];
}

export interface TelemetryMetric {
  readonly name: string;
  readonly form: 'number' | 'bool' | 'text' | 'gauge' | 'counter' | 'sum' | 'histogram' | 'summary' | 'other';
  /** Known values. */
  readonly count: number;
  /** As on the wire. */
  readonly min: number | null;
  readonly max: number | null;
  /** `grows`: like a counter, restarts included. `moves`: falls in between. `still`: too little to tell. */
  readonly trend: 'grows' | 'moves' | 'still';
  /** As OTLP names it. */
  readonly unit: string | null;
  /** OTLP: names of the attributes that its points carry. */
  readonly attributes?: readonly string[] | undefined;
}

export interface TelemetryTag {
  readonly name: string;
  /** Events that carry it. */
  readonly count: number;
  /** Different values; at least so many when `more`. */
  readonly values: number;
  readonly more: boolean;
  readonly samples: readonly string[];
}
