// The condition of an alert rule in the language: what its expression says of one element, with the filters, labels and
// samples that PromQL takes for granted written out. What can't be said exactly is refused.

import type { ArithmeticOperator, ComparisonOperator, Expression } from '../../../grammar/ast.ts';
import {
  across,
  ago,
  arithmetic,
  call,
  compare,
  logic,
  missing,
  negated,
  over,
  quantity,
  reference,
  where,
} from '../build-expression.ts';
import { Refusal } from '../refusal.ts';
import { aggregateValue } from './aggregate.ts';
import { quantileOfBuckets } from './histogram.ts';
import { type Identity, identityOf, isPlainSeries, minus, sameIdentity } from './identity.ts';
import { indicatorComparison, productOfIndicators } from './indicators.ts';
import { type Guard, matcherGuard } from './matchers.ts';
import { plainFunction } from './plain-functions.ts';
import {
  comparisonOperators,
  type PromAggregate,
  type PromBinary,
  type PromCall,
  type PromExpression,
  type PromSelector,
  setOperators,
} from './promql.ts';
import type { RuleNames } from './rule-names.ts';
import { lookBackMs, type Members, matcherId, type Reading, type Translator } from './translator.ts';
import {
  combined,
  comparison,
  computed,
  constantValue,
  filtered,
  joined,
  opposite,
  presence,
  type Scalar,
  type Vector,
  vectorOf,
} from './vector.ts';
import { constantOf, rangeModifiers, sampled, windowOf } from './windows.ts';

/** Translates one expression; `members` is `null` at the level of the policy's own key. */
export class Translation implements Translator {
  readonly reading: Reading;

  constructor(reading: Reading) {
    this.reading = reading;
  }

  get names(): RuleNames {
    return this.reading.names;
  }

  /** An expression that has elements. */
  vector(node: PromExpression, members: Members | null): Vector {
    const found = this.translate(node, members);
    if (found.kind === 'scalar') throw new Refusal('a number where a vector is needed', node.text);
    return found;
  }

  translate(node: PromExpression, members: Members | null): Vector | Scalar {
    if (members === null && this.#needsLift(node)) return this.lifted(node, this.#absentHere(node), false);
    switch (node.kind) {
      case 'number':
        return { kind: 'scalar', value: constantValue(node.value) };
      case 'string':
        throw new Refusal('a text', node.text);
      case 'selector':
        return this.#selector(node, members);
      case 'call':
        return this.#call(node, members);
      case 'aggregate':
        return this.#aggregate(node, members);
      case 'binary':
        return this.#binary(node, members);
    }
  }

  /** The elements are finer than the key: what is read of them is read of the one member that matches. */
  #needsLift(node: PromExpression): boolean {
    const own = identityOf(node);
    if (own === null || sameIdentity(own, this.names.key)) return false;
    return isPlainSeries(node);
  }

  /** Labels that a series must not have for its labels to be those of the key. */
  #absentHere(node: PromExpression): readonly string[] {
    const { key } = this.names;
    if (key.kind === 'by') throw new Refusal('vectors that do not have the same labels', node.text);
    return key.labels;
  }

  /**
   * A vector of series read at the level of the key: the value of the member whose labels are the key's. `unique`:
   * several may match, at which Prometheus gives up, and so nothing is there.
   */
  lifted(node: PromExpression, absent: readonly string[], unique: boolean): Vector {
    const members = this.members();
    const inner = this.vector(node, members);
    const modifiers = this.#modifiers(members, absent);
    const counted = call('count', inner.value.expression, modifiers);
    const source: Guard = unique
      ? { yes: compare(counted, '==', quantity(1)), no: compare(counted, '!=', quantity(1)) }
      : { yes: compare(counted, '>', quantity(0)), no: compare(counted, '==', quantity(0)) };
    const value = { ...inner.value, expression: call('max', inner.value.expression, modifiers) };
    const outer = vectorOf(value, source);
    const held = unique ? { ...outer, guards: [source], covered: new Set(outer.sources.keys()) } : outer;
    if (inner.guards.length === 0) return held;
    const fitting = call('count', presence(inner).yes, modifiers);
    const guard = { yes: compare(fitting, '>', quantity(0)), no: compare(fitting, '==', quantity(0)) };
    return filtered(held, guard, outer.sources.keys());
  }

  members(): Members {
    return { tag: this.names.member(null), conditions: [] };
  }

  #modifiers(members: Members, absent: readonly string[]) {
    const condition = logic('and', [...members.conditions, ...absent.map((label) => missing(this.names.label(label)))]);
    return [across(members.tag), ...(condition === null ? [] : [where(condition)])];
  }

  aggregateModifiers(members: Members, own: Identity) {
    const { key } = this.names;
    return this.#modifiers(members, key.kind === 'without' ? minus(key.labels, own.labels) : []);
  }

  /** Conditions for the labels that a selector asks for beyond the policy's `where`. */
  matchers(node: PromSelector, members: Members | null): readonly Guard[] {
    const guards = node.matchers
      .filter((matcher) => !this.reading.common.has(matcherId(matcher)))
      .flatMap(
        (matcher) => matcherGuard(matcher, this.names.label(matcher.label), this.names.isKey(matcher.label)) ?? [],
      );
    if (members === null) return guards;
    members.conditions.push(...guards.map((guard) => guard.yes));
    return [];
  }

  #selector(node: PromSelector, members: Members | null): Vector {
    if (node.rangeMs !== null) throw new Refusal('a range without a function', node.text);
    const guards = this.matchers(node, members);
    const { windowed } = this.reading;
    const through = members === null && node.offsetMs === 0 && windowed.has(node.metric);
    const name = this.names.metric(node.metric, 'number', members === null && !through && node.offsetMs === 0);
    const modifiers = [over(lookBackMs)];
    let expression: Expression = reference(name);
    if (node.offsetMs > 0) {
      expression = ago(expression, node.offsetMs);
      this.names.readsPast = true;
    } else if (through) expression = call('last', expression, modifiers);
    const value = { expression, time: 0, constant: null };
    if (members !== null) return vectorOf(value, knownMember(node.text));
    const source =
      node.offsetMs > 0 ? sampled(name, rangeModifiers(node, lookBackMs), 1) : this.#sampledHere(node.metric, name);
    return { ...vectorOf(value, source), guards };
  }

  /** Asked only where nothing else says that there is a value; the metric is then read through a window. */
  #sampledHere(metric: string, name: string): Guard {
    const guard = sampled(name, [over(lookBackMs)], 1);
    const { windowed } = this.reading;
    return {
      get yes() {
        windowed.add(metric);
        return guard.yes;
      },
      get no() {
        windowed.add(metric);
        return guard.no;
      },
    };
  }

  #call(node: PromCall, members: Members | null): Vector | Scalar {
    if (node.name === 'time') {
      // What a member says of itself is as old as its last event; the clock is not.
      if (members !== null) throw new Refusal('time() within an aggregation', node.text);
      return { kind: 'scalar', value: secondsNow };
    }
    if (node.name === 'histogram_quantile') return quantileOfBuckets(this, node, members);
    const window = windowOf(node);
    if (window !== null) {
      const { selector } = window;
      const guards = this.matchers(selector, members);
      this.reading.windowed.add(selector.metric);
      const histogram = window.kind === 'counter' ? this.#countedHistogram(selector.metric) : null;
      const name =
        histogram === null
          ? this.names.metric(selector.metric, window.kind, false)
          : this.names.metric(histogram, 'histogram', false);
      const value = window.value(name);
      if (members !== null) return vectorOf(value, knownMember(node.text));
      return { ...vectorOf(value, window.source(name)), guards };
    }
    return plainFunction(this, node, members);
  }

  /** The histogram whose observations a metric counts, when the rule takes quantiles of it too. */
  #countedHistogram(metric: string): string | null {
    const base = metric.replace(/_count$/, '');
    return base !== metric && this.reading.histograms.has(base) ? base : null;
  }

  #aggregate(node: PromAggregate, members: Members | null): Vector {
    if (members !== null) throw new Refusal('an aggregation of an aggregation', node.text);
    const own = identityOf(node);
    const { key } = this.names;
    const coarser = own?.kind === 'without' && key.kind === 'without' && minus(own.labels, key.labels).length === 0;
    if (own === null || !(coarser || sameIdentity(own, key)))
      throw new Refusal('vectors that do not have the same labels', node.text);
    return aggregateValue(this, node, own);
  }

  #binary(node: PromBinary, members: Members | null): Vector | Scalar {
    if (setOperators.has(node.operator)) return this.#set(node, members);
    const constant = constantOf(node);
    if (constant !== null) return { kind: 'scalar', value: constantValue(constant) };
    const left = this.#side(node, node.left, members);
    const right = this.#side(node, node.right, members);
    if (comparisonOperators.has(node.operator)) return this.#compared(node, left, right);
    if (!['+', '-', '*', '/'].includes(node.operator)) throw new Refusal(`the operator ${node.operator}`, node.text);
    return this.#arithmetic(node, left, right);
  }

  /** One side of an operator between vectors: with `on` and `ignoring` exactly one series may match. */
  #side(node: PromBinary, side: PromExpression, members: Members | null): Vector | Scalar {
    const own = identityOf(side);
    if (node.matching === null || own === null) return this.translate(side, members);
    if (members !== null) throw new Refusal('a join within an aggregation', node.text);
    const { key } = this.names;
    if (sameIdentity(own, key)) return this.translate(side, null);
    if (!isPlainSeries(side)) throw new Refusal('a join on other labels than those kept', node.text);
    if (key.kind === 'by') return this.lifted(side, [], true);
    if (node.matching.word === 'on') throw new Refusal('a join on other labels than those kept', node.text);
    return this.lifted(side, minus(key.labels, node.matching.labels), true);
  }

  #arithmetic(node: PromBinary, left: Vector | Scalar, right: Vector | Scalar): Vector | Scalar {
    const product = node.operator === '*' ? productOfIndicators(left, right) : null;
    if (product !== null) return product;
    for (const side of [left, right])
      if (side.kind === 'vector' && side.indicator !== null)
        throw new Refusal('arithmetic with a condition', node.text);
    const value = computed(left.value, node.operator as ArithmeticOperator, right.value);
    if (left.kind === 'scalar') return right.kind === 'scalar' ? { kind: 'scalar', value } : { ...right, value };
    return right.kind === 'scalar' ? { ...left, value } : combined(left, right, value);
  }

  #compared(node: PromBinary, left: Vector | Scalar, right: Vector | Scalar): Vector {
    const operator = node.operator as ComparisonOperator;
    if (left.kind === 'scalar' && right.kind === 'scalar') throw new Refusal('a comparison of two numbers', node.text);
    const decided = indicatorComparison(left, operator, right);
    if (decided !== null) return decided;
    for (const side of [left, right])
      if (side.kind === 'vector' && side.indicator !== null)
        throw new Refusal('a comparison of a condition', node.text);
    const guard = {
      yes: comparison(left.value, operator, right.value),
      no: comparison(left.value, negated[operator], right.value),
    };
    const both =
      left.kind === 'vector'
        ? right.kind === 'vector'
          ? combined(left, right, left.value)
          : left
        : { ...(right as Vector) };
    if (node.bool) return { ...both, indicator: guard };
    return filtered(both, guard, both.sources.keys());
  }

  #set(node: PromBinary, members: Members | null): Vector {
    if (node.operator === 'or') return this.#or(node, members);
    const left = this.vector(node.left, members);
    const conditions = members?.conditions.length ?? 0;
    const right = this.#setSide(node, members);
    if (members !== null && node.operator === 'unless' && members.conditions.length > conditions)
      throw new Refusal('unless with labels of its own within an aggregation', node.text);
    const guard = presence(right);
    if (node.operator === 'and') return filtered(left, guard, right.sources.keys());
    return filtered(left, opposite(guard), []);
  }

  #setSide(node: PromBinary, members: Members | null): Vector {
    const own = identityOf(node.right);
    if (members !== null) {
      if (node.matching !== null) throw new Refusal('a join within an aggregation', node.text);
      return this.vector(node.right, members);
    }
    if (node.matching === null || own === null || sameIdentity(own, this.names.key))
      return this.vector(node.right, null);
    if (!isPlainSeries(node.right)) throw new Refusal('a join on other labels than those kept', node.text);
    // Any number of series may match: one of them is enough.
    const inner = this.members();
    const present = presence(this.vector(node.right, inner)).yes;
    const counted = call('count', present, this.#modifiers(inner, []));
    const source = { yes: compare(counted, '>', quantity(0)), no: compare(counted, '==', quantity(0)) };
    return vectorOf({ expression: counted, time: 0, constant: null }, source);
  }

  /** The elements of the left side, and those of the right side that have no like on the left. */
  #or(node: PromBinary, members: Members | null): Vector {
    if (members !== null) throw new Refusal('or within an aggregation', node.text);
    const left = this.vector(node.left, null);
    const right = this.vector(node.right, null);
    return {
      kind: 'vector',
      value: {
        get expression(): Expression {
          throw new Refusal('the value of `or`', node.text);
        },
        time: 0,
        constant: null,
      },
      guards: [joined('or', presence(left), presence(right))],
      sources: new Map(),
      covered: new Set(),
      indicator: null,
    };
  }
}

const secondsNow = {
  expression: arithmetic({ ...call('now', quantity(0)), args: [] } as Expression, '/', quantity(1, 's')),
  time: 0,
  constant: null,
};

/** A member counts when its value is known; that alone, without a condition on it, has no form. */
function knownMember(text: string): Guard {
  return {
    get yes(): Expression {
      throw new Refusal('an element without a condition on it within an aggregation', text);
    },
    get no(): Expression {
      throw new Refusal('the absence of a series within an aggregation', text);
    },
  };
}
