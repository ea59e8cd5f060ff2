// What the parts of the translation know of the whole: where they are, what the rule reads, how to go on inwards.

import type { Expression, Modifier } from '../../../grammar/ast.ts';
import type { Identity } from './identity.ts';
import type { Guard } from './matchers.ts';
import type { LabelMatcher, PromExpression, PromSelector } from './promql.ts';
import type { RuleNames } from './rule-names.ts';
import type { Scalar, Vector } from './vector.ts';

/** How far Prometheus looks back for the last sample of a series. */
export const lookBackMs = 300_000;

/** Inside an aggregation: one member at a time. */
export interface Members {
  readonly tag: string;
  /** Conditions for the labels that the aggregated selectors ask for; grows as they are read. */
  readonly conditions: Expression[];
}

export interface Reading {
  readonly names: RuleNames;
  /** Matchers that all selectors of the rule have: the policy's `where`. */
  readonly common: ReadonlySet<string>;
  /** Metrics that are read through a window, and whose value is then the last one in a window too. */
  readonly windowed: Set<string>;
  /** Histograms that the rule takes quantiles of, by name without `_bucket`. */
  readonly histograms: ReadonlySet<string>;
}

export function matcherId({ label, operator, value }: LabelMatcher): string {
  return JSON.stringify([label, operator, value]);
}

export interface Translator {
  readonly names: RuleNames;
  /** `members` is `null` at the level of the policy's own key. */
  translate(node: PromExpression, members: Members | null): Vector | Scalar;
  /** The same of an expression that has elements. */
  vector(node: PromExpression, members: Members | null): Vector;
  /** A walk over all series of the key. */
  members(): Members;
  /** `across series where …` for an aggregation whose result has this identity. */
  aggregateModifiers(members: Members, own: Identity): readonly Modifier[];
  /** Conditions for the labels that a selector asks for beyond the policy's `where`. */
  matchers(node: PromSelector, members: Members | null): readonly Guard[];
}
