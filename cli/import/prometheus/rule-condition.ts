// One alert rule as the parts of a policy: the key, what the schema has to declare, `where` and `when`.

import type { Expression } from '../../../grammar/ast.ts';
import { held, logic, missing } from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import { histogramsOf } from './histogram.ts';
import { type Identity, identity, identityOf, sameIdentity } from './identity.ts';
import { matcherGuard } from './matchers.ts';
import { type PromExpression, type PromSelector, selectorsOf } from './promql.ts';
import { pulledOut } from './pull-out.ts';
import { readPromql } from './read-promql.ts';
import { RuleNames } from './rule-names.ts';
import { Translation } from './translate.ts';
import { lookBackMs, matcherId, type Reading } from './translator.ts';
import { presence } from './vector.ts';

export interface RuleCondition {
  readonly names: RuleNames;
  readonly where: Expression | null;
  readonly when: Expression;
  readonly selectors: readonly PromSelector[];
  /** The longest stretch of time that the condition looks back over, `for` included, in milliseconds. */
  readonly spanMs: number;
  /** It waits for what does not come. */
  readonly silence: boolean;
}

/** @throws Refusal when the rule can't be said exactly. */
export function ruleCondition(expression: string, forMs: number): RuleCondition {
  const tree = pulledOut(readPromql(expression));
  const key = identityOf(tree);
  if (key === null) throw new Refusal('a number where a vector is needed', tree.text);
  const histograms = new Set(histogramsOf(tree));
  refuseParts(tree, histograms);
  const windowed = new Set<string>();
  // What turns out to be read through a window is read so throughout: at most one more turn for each metric.
  for (;;) {
    const before = windowed.size;
    const condition = translated(tree, key, forMs, { windowed, histograms });
    if (windowed.size === before) return condition;
  }
}

function translated(
  tree: PromExpression,
  key: Identity,
  forMs: number,
  known: Pick<Reading, 'windowed' | 'histograms'>,
): RuleCondition {
  const names = new RuleNames(key);
  const common = commonMatchers(tree);
  const translation = new Translation({ ...known, names, common: new Set(common.map(matcherId)) });
  const when = whenOf(tree, translation, forMs);
  const conditions = common.flatMap(
    (matcher) => matcherGuard(matcher, names.label(matcher.label), names.isKey(matcher.label))?.yes ?? [],
  );
  const selectors = selectorsOf(tree);
  const reach = selectors.map((selector) => (selector.rangeMs ?? 0) + selector.offsetMs);
  const spanMs = forMs + Math.max(lookBackMs, ...reach);
  return { names, where: logic('and', conditions), when, selectors, spanMs, silence: silencesOf(tree) !== null };
}

/** What is left of a histogram beside its quantiles: only its count can be said. */
function refuseParts(tree: PromExpression, histograms: ReadonlySet<string>): void {
  for (const { metric, rangeMs, text } of selectorsOf(tree)) {
    const [, base, part] = /^(.*)_(sum|count)$/.exec(metric) ?? [];
    if (base !== undefined && histograms.has(base) && (part === 'sum' || rangeMs === null))
      throw new Refusal('a part of a histogram beside the histogram', text);
  }
}

function whenOf(tree: PromExpression, translation: Translation, forMs: number): Expression {
  const silences = silencesOf(tree);
  if (silences !== null) {
    const parts = silences.map((silence) => silenceFor(silence, translation, forMs));
    return logic('or', parts) ?? parts[0];
  }
  const { yes } = presence(translation.vector(tree, null));
  return forMs === 0 ? yes : held(yes, forMs);
}

interface Silence {
  readonly selector: PromSelector;
  readonly afterMs: number;
}

/** `absent(x)`, and several joined by `or`: alerts on what does not come; `null` for everything else. */
function silencesOf(tree: PromExpression): readonly Silence[] | null {
  if (tree.kind === 'binary' && tree.operator === 'or') {
    const [left, right] = [silencesOf(tree.left), silencesOf(tree.right)];
    return left === null || right === null ? null : [...left, ...right];
  }
  if (tree.kind !== 'call' || (tree.name !== 'absent' && tree.name !== 'absent_over_time')) return null;
  const [selector] = tree.args;
  if (selector?.kind !== 'selector') throw new Refusal('the absence of other than a metric', tree.text);
  if (selector.offsetMs > 0) throw new Refusal('absence in the past', tree.text);
  return [{ selector, afterMs: selector.rangeMs ?? lookBackMs }];
}

function silenceFor({ selector, afterMs }: Silence, translation: Translation, forMs: number): Expression {
  if (!sameIdentity(translation.names.key, identity('by', []))) throw new Refusal('absence', selector.text);
  const conditions = { tag: '', conditions: [] as Expression[] };
  translation.matchers(selector, conditions);
  if (conditions.conditions.length > 0) throw new Refusal('absence of different series', selector.text);
  const name = translation.names.metric(selector.metric, 'number', false);
  return held(missing(name), afterMs + forMs);
}

function commonMatchers(tree: PromExpression): PromSelector['matchers'] {
  const selectors = selectorsOf(tree).map(
    (selector) => new Map(selector.matchers.map((each) => [matcherId(each), each])),
  );
  const [first, ...others] = selectors;
  if (first === undefined) return [];
  return [...first].filter(([id]) => others.every((other) => other.has(id))).map(([, matcher]) => matcher);
}
