// One row as one policy judged it, copied whole.

import type { BooleanIr, NumberIr, PolicyIr } from '../../compiler/4-lower/ir.ts';
import type { PolicyMeta, SchemaMeta, StateSlot } from '../../runtime/contract.ts';
import type { UnknownReason } from '../../runtime/evaluate/unknown-values.ts';
import type { JudgedRow } from '../watched-evaluator.ts';

/** A row as the policy judged it. */
export interface Sighting {
  /** Epoch ms. */
  readonly at: number;
  /** No event: a deadline that passed. */
  readonly tick: boolean;
  readonly policy: PolicyIr;
  /** With its state slots. */
  readonly meta: PolicyMeta;
  readonly schema: SchemaMeta;
  readonly truths: ReadonlyMap<BooleanIr, boolean | null>;
  readonly numbers: ReadonlyMap<NumberIr, number>;
  /** By metric slot; NaN is unknown. */
  readonly values: Float64Array;
  /** Why an unknown metric is so; `null` when the event does not carry it. */
  readonly origins: readonly (UnknownReason | null)[];
  /** Of the key and every tag that the row has. */
  readonly tags: Readonly<Record<string, string>>;
  /** The text of a tag's value by its number, as `attendance` tells it. */
  tagText(tag: number, value: number): string;
  readonly state: Float64Array;
  readonly happened: JudgedRow['happened'];
}

/** Where a state slot stands; −1 when the policy has none of the kind. */
export function slotOf(meta: PolicyMeta, kind: StateSlot['kind'], timer = -1): number {
  return meta.state.findIndex((slot) => slot.kind === kind && (!('timer' in slot) || slot.timer === timer));
}
