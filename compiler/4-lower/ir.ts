// The intermediate representation: typed, canonical units, names resolved to slots. What the interpreter runs as it
// stands and what the optimizer rewrites. Plain data, no reference back to the tree.

import type { DerivedMeta, DerivedOutput, FleetMeta, PolicyMeta, SchemaMeta } from '../../runtime/contract.ts';
import type { OnMissing } from '../2-check/facts.ts';

export type Comparator = '==' | '!=' | '<' | '<=' | '>' | '>=';

export type NumberIr =
  /** A literal or folded constant; `text` is how the author wrote it, when one literal stands behind it. */
  | { readonly op: 'number'; readonly value: number; readonly text: string | null }
  | { readonly op: 'metric'; readonly slot: number }
  /** An output of the policy's `derived[index]`. */
  | { readonly op: 'derived'; readonly index: number; readonly output: DerivedOutput }
  | { readonly op: 'add' | 'subtract' | 'multiply' | 'divide'; readonly left: NumberIr; readonly right: NumberIr }
  | { readonly op: 'negate'; readonly operand: NumberIr }
  /** A pure function of the registry (`abs`, `clamp`), by name. */
  | { readonly op: 'call'; readonly name: string; readonly args: readonly NumberIr[] }
  /** What a parameter is worth for the row's key and tags: the first case that is true, else `otherwise`. */
  | {
      readonly op: 'choose';
      /** The parameter, for people. */
      readonly name: string;
      readonly cases: readonly ChoiceIr[];
      readonly otherwise: NumberIr;
    };

/** `when` looks at key and tags alone; `value` is a number. */
export interface ChoiceIr {
  readonly when: BooleanIr;
  readonly value: NumberIr;
}

export type BooleanIr =
  | { readonly op: 'constant'; readonly value: boolean }
  | { readonly op: 'compare'; readonly comparator: Comparator; readonly left: NumberIr; readonly right: NumberIr }
  /** The row's tag (`tag` is a position in the schema's tags, −1 the key) has the value `literals[value]`. Unknown when absent. */
  | { readonly op: 'tag-is'; readonly tag: number; readonly value: number }
  /** The metric's value is unknown in this row. Never itself unknown. */
  | { readonly op: 'missing'; readonly slot: number }
  /** The row has no such tag. Never itself unknown. */
  | { readonly op: 'tag-missing'; readonly tag: number }
  /** True when each of these has a value, else unknown: what guards an action that must not come of missing data. */
  | { readonly op: 'known'; readonly values: readonly NumberIr[] }
  /** The row's time lies within the policy's hours. Never itself unknown. */
  | { readonly op: 'schedule'; readonly schedule: ScheduleIr }
  | { readonly op: 'and' | 'or'; readonly operands: readonly BooleanIr[] }
  | { readonly op: 'not'; readonly operand: BooleanIr }
  /** `timer` numbers the policy's timers from 0, in source order, `when` before `until`. */
  | { readonly op: 'for'; readonly condition: BooleanIr; readonly durationMs: number; readonly timer: number }
  /** `missing(m) for D`: advances with the watermark. Its timer number is from the same sequence. */
  | { readonly op: 'missing-for'; readonly slot: number; readonly durationMs: number; readonly timer: number }
  /** `C within D`: true at some row in [t − D, t]; else unknown when unknown at some. */
  | { readonly op: 'within'; readonly condition: BooleanIr; readonly durationMs: number; readonly timer: number }
  /** `A then B within D`: B now, A at an earlier row at most D before. */
  | {
      readonly op: 'sequence';
      readonly first: BooleanIr;
      readonly second: BooleanIr;
      readonly durationMs: number;
      readonly timer: number;
    };

/** Hours by the clocks of zones: open in some `active` range, or always when there is none, and in no `inactive` one. */
export interface ScheduleIr {
  readonly active: readonly ScheduleRangeIr[];
  readonly inactive: readonly ScheduleRangeIr[];
}

export interface ScheduleRangeIr {
  /** As a person would write it, without `active`: `mon..fri 08:00..18:00 in "Europe/Berlin"`. */
  readonly text: string;
  /** Days on which the range begins, 0 being Monday. */
  readonly days: readonly number[];
  /** Minutes of the day by the zone's clock, `to` exclusive; `to` ≤ `from` runs past midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly zone: ZoneIr;
}

/** A zone's offsets from UTC: `offsetsMs[0]` before `startsMs[0]`, `offsetsMs[k]` from `startsMs[k - 1]` on. */
export interface ZoneIr {
  readonly name: string;
  readonly startsMs: readonly number[];
  readonly offsetsMs: readonly number[];
}

export type { OnMissing };

/** What a kernel of the policy computes, over what, for which rows. */
export interface DerivedIr {
  /** What is read of it the plan finds out. */
  readonly meta: Omit<DerivedMeta, 'outputs'>;
  /** The value pushed. What it reads of other entries is computed before it. */
  readonly input: NumberIr | BooleanIr;
  /** Only rows where this is true are pushed: the policy's `where` and the window's own. */
  readonly where: BooleanIr | null;
  /** The window's own part of `where`, for people. */
  readonly own: BooleanIr | null;
}

export interface ClauseIr {
  /** Position in `PolicyMeta.clauses`. What is shown as the clause's value; `null` for a clause that measures nothing. */
  readonly measured: NumberIr | null;
}

export interface PolicyIr {
  /** With `onlyKey` −1: binding a policy to its key is the optimizer's work. */
  readonly meta: PolicyMeta;
  readonly where: BooleanIr | null;
  readonly when: BooleanIr;
  readonly until: BooleanIr | null;
  readonly onMissing: OnMissing;
  readonly derived: readonly DerivedIr[];
  readonly clauses: readonly ClauseIr[];
  /** For the generated code's comments: the source lines of the two conditions, as written, blanks folded. */
  readonly whenText: string;
  readonly untilText: string | null;
}

export interface ProgramIr {
  /** `derived`, `derivedWidth` and `lookBackMs` are filled by emit: they depend on what the optimizer shares. */
  readonly schemas: readonly SchemaMeta[];
  readonly fleets: readonly FleetMeta[];
  readonly policies: readonly PolicyIr[];
}
