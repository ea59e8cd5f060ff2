// The types shared by decoders, generated evaluators and state. Nothing else lives here.
// Whatever changes the meaning of one of these raises `contractVersion`; the loader refuses any other version.

export const contractVersion = 2;

// ── What a compiled program is: data (the manifest) and code (the modules) ──────────────────────────────────────

/** A metric as a decoder sees it. Canonical value = wire value × `multiply` ÷ `divide`; one of the two is 1. */
export interface MetricMeta {
  readonly name: string;
  /** Name on the wire; equal to `name` when none was declared. */
  readonly from: string;
  readonly optional: boolean;
  readonly counter: boolean;
  readonly multiply: number;
  readonly divide: number;
  /** Comes as a histogram: `values` holds 1 where there is one, and `points` the histogram. */
  readonly histogram?: true;
  /** For people: `ratio`, `duration`, `bytes`, `number`, `counter`, `bool`, `rate` … */
  readonly type: string;
}

/** What makes a value that is no single field of the event. */
export type TagSourceMeta =
  /** The values of several, joined by `/`; a `/` or `\` in one is escaped by `\`, an absent one is empty. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  /** All tags of the event but these, in order of their names: `a=1,b=2`; `=`, `,` and `\` in them are escaped by `\`. */
  | { readonly kind: 'all'; readonly except?: readonly string[] }
  /** The same for every event. */
  | { readonly kind: 'always'; readonly value: string };

/** `*` stands for any text, `?` for any one character. */
export interface TagPattern {
  readonly tag: number;
  readonly glob: string;
}

export interface TagMeta {
  readonly name: string;
  /** Name on the wire; equal to `name` when none was declared or when `source` makes the value. */
  readonly from: string;
  /** Absent when the value is that of the field `from`. */
  readonly source?: TagSourceMeta;
  /** Its values are members of the key, at most so many: what `across` goes over. Absent: it is no member tag. */
  readonly most?: number;
  /** No tag of the event: whether another one (−1: the key) fits a glob, `yes` or `no`; filled in behind the decoders. */
  readonly pattern?: TagPattern;
  /** The closed set of values, or `null` when any value may come. */
  readonly values: readonly string[] | null;
  /** Values that the program compares with. Their ids are their positions here. */
  readonly literals: readonly string[];
}

/** One incremental computation over the history of a key. Its outputs go to derived slots. */
export interface DerivedMeta {
  readonly kernel: KernelName;
  /**
   * Width of the window. For `hold` how long the last value serves, for `ewma` the time constant, for `recent` how far
   * back its samples can lie.
   */
  readonly widthMs: number;
  /** Samples kept per key at most. */
  readonly capacity: number;
  /** So long before the row the window ends. */
  readonly agoMs: number;
  /** Samples per key that wait at most until they are old enough for such a window; 0 when `agoMs` is. */
  readonly agoCapacity: number;
  /** `recent`, `share`: samples further apart begin anew; `merged`, `attendance`: so is a member's silence. 0 elsewhere. */
  readonly gapMs: number;
  /** What is read of it, in the order of its derived slots. */
  readonly outputs: readonly DerivedOutput[];
  /** The keys that need it, by id (position in the key's `literals`), ascending. Absent: every key. */
  readonly keys?: readonly number[];
  /** The same in every program in which it computes the same, whatever is read of it. Absent: nobody can tell. */
  readonly meaning?: string;
  /** Position of a tag: state is kept per key and member by it. `across`, `merged`, `attendance`: of the members of that tag. */
  readonly member?: number;
  /** As a person would write it: `avg(cpu_usage over 5m)`. Behind `known `: what nobody wrote and the compiler added. */
  readonly label: string;
}

export interface SchemaMeta {
  readonly name: string;
  readonly key: TagMeta;
  readonly tags: readonly TagMeta[];
  /** A metric's slot is its position here. */
  readonly metrics: readonly MetricMeta[];
  readonly everyMs: number | null;
  readonly staleMs: number;
  readonly latenessMs: number;
  readonly derived: readonly DerivedMeta[];
  /** Derived slots per row: the sum of the kernels' outputs that are read. */
  readonly derivedWidth: number;
  /** The longest stretch of history that any policy on this schema can still depend on. */
  readonly lookBackMs: number;
}

export type Mode = 'shadow' | 'approve' | 'enforce';

export type ActionTarget =
  | { readonly kind: 'fleet'; readonly fleet: string }
  /** `fleet of TAG`: the fleet whose `service` is the value of that tag (the key's value when `tag` is the key). */
  | { readonly kind: 'lookup'; readonly tag: string };

export type ActionArgument = string | number | boolean;

export interface ActionMeta {
  readonly name: string;
  readonly target: ActionTarget | null;
  /** Canonical values; a duration is in milliseconds and its name ends in `Ms`. */
  readonly args: Readonly<Record<string, ActionArgument>>;
  readonly timeoutMs: number;
  readonly retry: number;
  /** The address that carries it out: of a team's own action, of `webhook`. Absent: the engine has a provider or none. */
  readonly endpoint?: string;
}

export interface ClauseMeta {
  /** The clause as written, without line breaks. */
  readonly text: string;
  readonly line: number;
  /** Type of the measured value, for people. */
  readonly type: string;
}

/**
 * What a state slot holds. A `for` timer has run from `since` and its condition was last true at `seen`; `seen` is −∞
 * while it does not run, and `since` means nothing then. `last-row` (policies that tick): time of the last row judged.
 * `last-true`, `last-unknown` (`within`, and the first part of `then`): when the condition was so last, −∞ for never.
 */
export type StateSlot =
  | { readonly kind: 'active' }
  | { readonly kind: 'last-fired' }
  | { readonly kind: 'last-row' }
  | { readonly kind: 'since'; readonly timer: number }
  | { readonly kind: 'seen'; readonly timer: number }
  | { readonly kind: 'last-present'; readonly timer: number }
  | { readonly kind: 'last-true'; readonly timer: number }
  | { readonly kind: 'last-unknown'; readonly timer: number };

export interface PolicyMeta {
  readonly name: string;
  /** Index into `ProgramMeta.schemas`. */
  readonly schema: number;
  /** `file.ddl:line` */
  readonly source: string;
  /** Changes when, and only when, the meaning of the policy does. */
  readonly hash: string;
  /** What another system calls the policy; absent when no one does. */
  readonly id?: string;
  readonly title: string;
  readonly owner: string;
  readonly runbook: string;
  readonly mode: Mode;
  readonly cooldownMs: number;
  readonly settleMs: number;
  readonly limit: { readonly count: number; readonly perMs: number } | null;
  readonly priority: number;
  /** What becomes of a decision whose fleet is busy: it waits in line until its deadline. Absent: it is dropped. */
  readonly busy?: 'wait';
  readonly maxAgeMs: number;
  readonly actions: readonly ActionMeta[];
  readonly clauses: readonly ClauseMeta[];
  /** Metric slots without which a row is skipped. */
  readonly requires: readonly number[];
  /** Meaning of each state slot; `run` gets `state` and an offset to the first. */
  readonly state: readonly StateSlot[];
  /** When ≥ 0, only rows of the key with this id (position in the key's `literals`) concern the policy. */
  readonly onlyKey: number;
  /** The passing of time alone can make it fire: it has a `due`. */
  readonly ticks: boolean;
}

export interface FleetMeta {
  readonly name: string;
  readonly service: string | null;
  readonly size: { readonly min: number; readonly max: number } | null;
  readonly change: { readonly share: number; readonly perMs: number };
  /** `asg`, `deployment`, `webhook` … with their arguments as written. */
  readonly resources: readonly { readonly kind: string; readonly args: readonly string[] }[];
}

export interface ProgramMeta {
  readonly contract: number;
  readonly schemas: readonly SchemaMeta[];
  readonly policies: readonly PolicyMeta[];
  readonly fleets: readonly FleetMeta[];
}

// ── One batch of rows ──────────────────────────────────────────────────────────────────────────────────────────

/** What one event says of a distribution: buckets in ascending order, canonical units. Never changed once it is made. */
export interface HistogramPoint {
  /** Bucket `b` holds what lies in (`lows[b]`, `highs[b]`]; where both are the same, at that value or beyond. */
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
  /** What came since the point before; else all since `startMs`, epoch ms. NaN is what was not sent. */
  readonly delta: boolean;
  readonly startMs: number;
}

/**
 * Rows of one schema of one partition, in ascending time, no two rows of a key with the same time and members.
 * `values` is row-major: metric `m` of row `r` is `values[r * width + m]`, canonical, NaN for unknown. A key's rows are
 * judged together, so one row's metrics share a cache line; measured against one array per metric in `test/bench`.
 */
export interface Batch {
  rows: number;
  /** Epoch milliseconds. */
  time: Float64Array;
  /** Dense key ids. */
  key: Int32Array;
  values: Float64Array;
  readonly width: number;
  /** Dense value ids, row-major; −1 when the row has no such tag. */
  tags: Int32Array;
  readonly tagWidth: number;
  /** 1 when a required metric is absent from the row. */
  lacks: Uint8Array;
  /** Number of the event in its partition, counted from 0. A merged row has its last event's. */
  seq: Float64Array;
  /** Derived slots, row-major; filled by `feed` before any policy runs. */
  derived: Float64Array;
  readonly derivedWidth: number;
  /** Numbers of the row's members, a column for each member tag of the schema; −1 when it has none by that tag. */
  members: Int32Array;
  readonly memberWidth: number;
  /** Histograms, a column for each histogram metric in the schema's order; `null` where a row has none. */
  points: (HistogramPoint | null)[];
  readonly pointWidth: number;
  /** Row numbers, grouped by key and ascending in time inside a group. */
  order: Int32Array;
  /** The one row of this batch stands for the passing of time: every metric is unknown, `where` has been judged. */
  readonly tick: boolean;
}

export const causeCondition = 0;
export const causeRepeat = 1;

/** Where a policy's function reports; called only when something happens. */
export interface Sink {
  /** `pendingAt`: since when the condition that fires has held, epoch ms. */
  fire(policy: number, row: number, time: number, cause: number, pendingAt: number): void;
  rearm(policy: number, row: number, time: number): void;
  /** The row lacks a metric that the policy requires. */
  skip(policy: number, row: number): void;
}

/** Judges rows `order[from] … order[to - 1]` of one key against one policy whose state begins at `state[offset]`. */
export type RunPolicy = (
  batch: Batch,
  from: number,
  to: number,
  state: Float64Array,
  offset: number,
  sink: Sink,
) => void;

/** Writes the measured value of each clause of the policy at a row. */
export type ExplainPolicy = (batch: Batch, row: number, out: Float64Array) => void;

/** The earliest event time at which time alone may make the policy fire, or re-arm for its next hours; +∞ when it can't. */
export type PolicyDue = (state: Float64Array, offset: number) => number;

/** A slot (metrics, then derived slots counted on from there) compared with a finite number. */
export type GuardTest = readonly [slot: number, comparator: '<' | '<=' | '>' | '>=', value: number];

export interface PolicyCode {
  readonly run: RunPolicy;
  readonly explain: ExplainPolicy;
  readonly due: PolicyDue | null;
  /**
   * Unless all tests of some group hold in a row, that row changes nothing for a policy that is neither active nor has a
   * timer running. Absent: any row may. For a policy without `due`.
   */
  readonly guard?: readonly (readonly GuardTest[])[];
}

/** Feeds kernels of a schema with rows `order[from] … order[to - 1]` of one key and fills their derived slots. */
export type FeedSchema = (batch: Batch, from: number, to: number, key: number, kernels: readonly Kernel[]) => void;

export interface FeedCode {
  readonly run: FeedSchema;
  /** The keys that need it, by id (position in the key's `literals`), ascending; `null`: every key. */
  readonly keys: readonly number[] | null;
}

export interface ProgramCode {
  /** By position in `ProgramMeta.policies`. */
  readonly policies: readonly PolicyCode[];
  /** By position in `ProgramMeta.schemas`, to be called in order; empty when nothing is derived. */
  readonly feeds: readonly (readonly FeedCode[])[];
}

// ── Kernels: incremental history, one instance per (schema, derived entry), state per key ──────────────────────

/**
 * What a kernel makes of the samples (time, value) of a key that lie in its window, and its outputs:
 * - `hold`: `value`, the last one while it serves; `min`, `max`: `value`, the extreme;
 * - `sum`: `sum`, `avg`, `count`, `stddev` of the population;
 * - `ends`: `first`, `last`, and `delta`, which is `last` − `first`, and `extrapolatedDelta`, the same stretched to the
 *   window's ends; the two are NaN below two samples;
 * - `rank`: `quantile Q` for Q from 0 to 1, interpolated linearly between the closest ranks;
 * - `changes`: `changes`, how often a value differs from the one before; `recent`: `sum` of the last `capacity` samples;
 * - `increase`: growth of a counter between first and last sample, resets handled: `increase`, and per second `rate`;
 *   stretched to the window's ends `extrapolated`, and per second `extrapolatedRate`; per second between the last two
 *   `latestRate`; NaN below two samples;
 * - `trend`: the straight line of least squares through the samples: `slope` per second, and `fitted`, its value at the
 *   window's end; NaN below two samples;
 * - `histogram`: the growth from the first to the last point of the window, resets handled: `count`, `sum`, `avg`, `rate`
 *   in observations per second, `quantile Q`; NaN below two points; `merged`: that of all members, `rate`s added up;
 * - `across`: of the members' latest known values that are not older than `widthMs`: `sum`, `avg`, `count`, `stddev`,
 *   `least`, `greatest`, `quantile Q`;
 * - `attendance`, of the tag's values: `value`, 1 while no member is missing; −2 − V, V the one longest silent of those last
 *   heard of more than `gapMs` and up to `widthMs` ago, `capacity` of them remembered; else −1, one without place came then;
 * - `ewma`: `value`, the mean that forgets exponentially with the time constant `widthMs`;
 * - `share`: `avg`, and `value`, which is the same once samples have come without a gap for the whole width, and 0 before.
 *
 * Every output is NaN when there is no sample, except that `count` is 0 then, and `attendance` 1.
 */
export type KernelName =
  | 'hold'
  | 'sum'
  | 'min'
  | 'max'
  | 'ends'
  | 'rank'
  | 'changes'
  | 'increase'
  | 'trend'
  | 'across'
  | 'attendance'
  | 'histogram'
  | 'merged'
  | 'ewma'
  | 'recent'
  | 'share';

export type DerivedOutput =
  | 'value'
  | 'sum'
  | 'avg'
  | 'count'
  | 'stddev'
  | 'first'
  | 'last'
  | 'delta'
  | 'changes'
  | 'increase'
  | 'rate'
  | 'extrapolated'
  | 'extrapolatedDelta'
  | 'extrapolatedRate'
  | 'latestRate'
  | 'slope'
  | 'fitted'
  | 'least'
  | 'greatest'
  | `quantile ${number}`;

export interface Kernel {
  /**
   * Moves the key's window to (time − `agoMs` − `widthMs`, time − `agoMs`], takes `value` in unless it is NaN, and
   * writes the outputs to `out[at]`, `out[at + 1]` … Times of a key never go back.
   */
  push(key: number, time: number, value: number, out: Float64Array, at: number): void;
}

/** `observe` is its `push`. */
export interface HistogramKernel extends Kernel {
  observe(key: number, time: number, point: HistogramPoint | null, out: Float64Array, at: number): void;
}

/** `push` writes what the members taken have in common; all rows of one time are taken before the first is pushed. */
export interface AcrossKernel<Value = number> extends Kernel {
  take(key: number, member: number, time: number, value: Value): void;
}

export type MergedKernel = AcrossKernel<HistogramPoint | null>;

/** Takes rows of a key at once: numbers handed over one by one go by the heap. Kernels without members are such. */
export interface RunKernel extends Kernel {
  /**
   * Pushes `input[row * width + slot]` of the rows `order[from] … order[to - 1]` of the batch, and writes the outputs to
   * their derived slots from `place` on.
   */
  feed(
    key: number,
    batch: Batch,
    from: number,
    to: number,
    input: Float64Array,
    width: number,
    slot: number,
    place: number,
  ): void;
}

/** Is pushed under the member's number, −1 for none; after `forget` the number stands for one begun anew. */
export interface MemberKernel extends Kernel {
  forget(member: number): void;
}

/** The interpreter has its own, for plainness. `lost`, where it is told, is called when a full window loses a value early. */
export type KernelFactory = (meta: DerivedMeta, lost?: () => void) => Kernel;
