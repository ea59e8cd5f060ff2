// Random streams of events for random programs: gaps, late and equal times, unknown and absent metrics, several keys,
// and time that passes without an event. Values come from a small grid, as do the programs' literals.

import fc from 'fast-check';

/** What an event carries for a metric: a position in `valueGrid`, NaN, or nothing at all. */
export type Cell = number | 'nan' | 'absent';

export interface EventStep {
  readonly kind: 'events';
  readonly schema: 0 | 1;
  readonly key: number;
  /** Time of the first event after the greatest time so far, ms; may be negative. */
  readonly afterMs: number;
  /** How many events, and how far apart. */
  readonly count: number;
  readonly stepMs: number;
  /** By position in `metricNames`; the event at `index` has `cells[m]`, or `others[m]` when `index % period` is 0. */
  readonly cells: readonly Cell[];
  readonly others: readonly Cell[];
  readonly period: number;
  /** Positions in `tagValues`; −1 is an event without the tag. */
  readonly region: number;
  readonly zone: number;
  /** Positions in `podValues`, one event after the other gets the next; −1 is an event without the tag. */
  readonly pods: readonly number[];
}

export type Step = EventStep | { readonly kind: 'advance'; readonly afterMs: number } | { readonly kind: 'punctuate' };

export const keyValues = ['a', 'b', 'c'];
export const tagValues = ['eu', 'us', 'ap'];
export const podValues = ['p1', 'p2', 'p3', 'p4', 'p5'];
export const valueGrid = [0, 1, 2, 3, 0.5, -1, 0.1, 0.2];

/** The same in both schemas, `true` for what may be absent from an event. */
export const metricNames = ['load', 'depth', 'queue', 'errors', 'latency', 'memory', 'ready', 'requests', 'delays'];
const optionalMetrics = new Set(['depth', 'queue', 'latency', 'ready', 'delays']);

const cell: fc.Arbitrary<Cell> = fc.oneof(
  { weight: 12, arbitrary: fc.nat(valueGrid.length - 1) },
  { weight: 1, arbitrary: fc.constant<Cell>('nan') },
);

/** What one event carries. */
export const cells: fc.Arbitrary<readonly Cell[]> = fc.tuple(
  ...metricNames.map((name) =>
    fc.oneof(
      { weight: 12, arbitrary: cell },
      { weight: optionalMetrics.has(name) ? 4 : 1, arbitrary: fc.constant<Cell>('absent') },
    ),
  ),
);

/** Some events one after the other. */
export function events(counts: fc.Arbitrary<number>, of: fc.Arbitrary<readonly Cell[]>): fc.Arbitrary<EventStep> {
  return fc.record({
    kind: fc.constant('events' as const),
    schema: fc.constantFrom<0 | 1>(0, 0, 1),
    key: fc.constantFrom(0, 0, 0, 1, 2),
    afterMs: fc.constantFrom(1000, 1000, 500, 500, 0, 0, 1, 2000, 3000, 5000, 20_000, -1, -500, -1000, -3000, -4000),
    count: counts,
    stepMs: fc.constantFrom(0, 1, 500, 1000, 1000, 2500),
    cells: of,
    others: of,
    period: fc.constantFrom(1, 2, 3, 5, 100),
    region: fc.integer({ min: -1, max: tagValues.length - 1 }),
    zone: fc.integer({ min: -1, max: tagValues.length - 1 }),
    pods: fc.oneof(
      { weight: 2, arbitrary: fc.constant([-1]) },
      {
        weight: 3,
        arbitrary: fc.array(fc.integer({ min: -1, max: podValues.length - 1 }), { minLength: 1, maxLength: 5 }),
      },
    ),
  });
}

/** Time that passes without an event. */
export const passing: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(0, 1, 500, 3000, 10_000).map((afterMs): Step => ({ kind: 'advance', afterMs })),
  fc.constant<Step>({ kind: 'punctuate' }),
);

/** Mostly within a small range, so that long stretches rule conditions out. */
export const quietCells: fc.Arbitrary<readonly Cell[]> = fc.tuple(
  ...metricNames.map(() =>
    fc.oneof(
      { weight: 30, arbitrary: fc.constantFrom<Cell>(0, 0, 1, 2, 3) },
      { weight: 1, arbitrary: fc.constant<Cell>('nan') },
    ),
  ),
);
