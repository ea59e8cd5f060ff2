// A test of the language in the form in which it is run: canonical values, slots, milliseconds from the test's start.

import type { ActionMeta, ActionTarget } from '../../runtime/contract.ts';

/** Events of one key: one at `fromMs`, `fromMs + everyMs` … up to `toMs`, both ends included. */
export interface RowPlan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly everyMs: number;
  /** How long after its time each event arrives. */
  readonly lateMs: number;
  /** A metric that is not named is absent from every event of the row. */
  readonly values: readonly SeriesValuePlan[];
}

/** What a row's events carry of one metric. */
export interface SeriesValuePlan {
  readonly slot: number;
  readonly course: SeriesCourse;
}

/** Canonical values. `points` follow one another over and over: NaN is sent without a value, `null` is not sent. */
export type SeriesCourse =
  | { readonly points: readonly (number | null)[] }
  /** From the row's first event to its last, in equal steps by time. */
  | { readonly from: number; readonly to: number };

/** How many events the row makes. */
export function eventsOf({ fromMs, toMs, everyMs }: Pick<RowPlan, 'fromMs' | 'toMs' | 'everyMs'>): number {
  return Math.max(0, Math.floor((toMs - fromMs) / everyMs) + 1);
}

/** What the event number `index` of `events` carries; `null` when it does not carry the metric. */
export function valueAt(course: SeriesCourse, index: number, events: number): number | null {
  if ('points' in course) return course.points[index % course.points.length] as number | null;
  const share = events < 2 ? 0 : index / (events - 1);
  return course.from * (1 - share) + course.to * share;
}

export interface SeriesPlan {
  /** Position in the program's schemas. */
  readonly schema: number;
  /** `null`: made of `wire`. */
  readonly key: string | null;
  /** Value of each tag of the schema; `null` when the events carry none, or when it is made of `wire`. */
  readonly tags: readonly (string | null)[];
  /** The tags of the events by their names on the wire: what composed keys and tags are made of. */
  readonly wire: readonly (readonly [name: string, value: string])[];
  readonly rows: readonly RowPlan[];
}

export interface ExpectedAction {
  readonly name: string;
  /** `null`: any. */
  readonly target: ActionTarget | null;
  /** Those that were written; others may have any value. */
  readonly args: ActionMeta['args'];
}

export interface ExpectationPlan {
  /** As written, for messages. */
  readonly text: string;
  readonly line: number;
  /** `null`: any. */
  readonly policy: string | null;
  readonly key: string | null;
  /** No decision is expected, but that the policy re-arms. */
  readonly rearmed: boolean;
  /** The gate that refuses, as it stands in a decision; `null`: none does. */
  readonly gate: string | null;
  readonly atMs: number;
  /** `null`: any. */
  readonly actions: readonly ExpectedAction[] | null;
}

export interface TestPlan {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly series: readonly SeriesPlan[];
  readonly expected: readonly ExpectationPlan[];
  /** `all`: no decision at all. `rest`: none beyond the expected ones. `null`: others may come. */
  readonly nothing: 'all' | 'rest' | null;
}
