// Sits beside the interpreter and is told what each part of a condition came to: how coverage and `why` see inside a
// judgement. No other evaluator has one.

import type { BooleanIr, NumberIr } from './ir.ts';

export interface Witness {
  /** A part of `where`, `when` or `until` of a policy was judged at the row under way; `null` is unknown. */
  truth(policy: number, ir: BooleanIr, truth: boolean | null): void;
  /** A value in one of them was computed; NaN is unknown. */
  number(policy: number, ir: NumberIr, value: number): void;
}
