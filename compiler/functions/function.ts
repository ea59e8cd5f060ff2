// What an entry of the functions' registry says: the shape of the call, its type, and how it is computed.

import type { DerivedOutput, KernelName } from '../../runtime/contract.ts';
import type { QuantityType, Type } from '../vocabulary/types.ts';

/**
 * `value`: a quantity. `value-or-condition`: the same, or a condition that counts as 1 or 0. `condition`: that
 * alone. `anything`: all of these, or a counter. `counter`: a metric declared as counter. `metric-or-tag`: the name of one. `share`: a constant from 0% to 100%.
 * `time`: a constant duration above zero.
 */
export type FunctionParameterKind =
  | 'value'
  | 'value-or-condition'
  | 'condition'
  | 'anything'
  | 'counter'
  | 'metric-or-tag'
  | 'share'
  | 'time';

export interface FunctionParameter {
  readonly name: string;
  readonly kind: FunctionParameterKind;
  /** Has the dimension of the parameter at this position. */
  readonly like?: number;
}

export interface WindowRule {
  readonly kernel: KernelName;
  /** `quantile`: the quantile of the argument `q`. `forecast`: the line's value at its end and `by` further on. */
  readonly output: DerivedOutput | 'quantile' | 'forecast';
  /** Output when the input is a condition. */
  readonly conditionOutput: DerivedOutput | null;
  /** Samples without which the result is unknown. */
  readonly leastSamples: number;
}

export interface FunctionEntry {
  readonly name: string;
  readonly parameters: readonly FunctionParameter[];
  /** Present when the call takes `over D`. */
  readonly window: WindowRule | null;
  /** The result's type, from the arguments' types; a condition comes as `bool`. */
  result(args: readonly Type[]): Type;
  readonly doc: string;
  readonly example: string;
}

/** The quantity an argument is, when it is one. */
export function quantityOf(type: Type | undefined): QuantityType | null {
  return type?.kind === 'quantity' ? type : null;
}
