// Parameters of a policy and what `tune` says of them: each value is a constant of the parameter's type, and no row can
// be told two different ones.

import type { Expression } from '../../grammar/ast.ts';
import type { Definition, ParameterSymbol, PolicySymbol, TagSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { compatible, describeType, type Type } from '../vocabulary/types.ts';
import { checkShare } from './check-comparison.ts';
import { foldConstant } from './check-constants.ts';
import type { ExpressionChecker } from './check-expression.ts';
import type { Constant, ParameterFact, TuneFact } from './facts.ts';
import { areDisjoint, both, isContradiction, requiredValues, type TagValues } from './required-values.ts';

interface ParameterContext {
  readonly checker: ExpressionChecker;
  readonly constants: ReadonlyMap<Definition, Constant>;
  readonly report: Report;
}

export function checkParameters(policy: PolicySymbol, context: ParameterContext): readonly ParameterFact[] {
  return policy.parameters.map((symbol) => ({
    symbol,
    otherwise: constantFor(symbol, symbol.declaration.value, context),
  }));
}

export function checkTunes(policy: PolicySymbol, context: ParameterContext): readonly TuneFact[] {
  if (policy.tunes.length === 0) return [];
  const judged = policy.where === null ? new Map() : requiredValues(policy.where, context.checker);
  const facts = policy.tunes.map((tune) => {
    context.checker.checkWhere(tune.declaration.where);
    const values = new Map<ParameterSymbol, Constant>();
    for (const [parameter, entry] of tune.values) {
      const value = constantFor(parameter, entry.value, context);
      if (value !== null) values.set(parameter, value);
    }
    const requires = both(judged, requiredValues(tune.declaration.where, context.checker));
    return { tune, values, requires, reachable: !isContradiction(requires) };
  });
  reportConflicts(facts, context.report);
  return facts;
}

/** The value, when it is a constant that the parameter may have. */
function constantFor(parameter: ParameterSymbol, written: Expression, context: ParameterContext): Constant | null {
  const { checker, constants, report } = context;
  const constant = foldConstant(
    written,
    (reference) => {
      const symbol = checker.symbol(reference);
      if (symbol === null) return null;
      if (symbol.kind === 'const') return constants.get(symbol) ?? null;
      const what = symbol.kind === 'metric' ? 'something measured' : symbol.kind === 'tag' ? 'a tag' : 'a `let`';
      report('not-constant', reference.span, { what });
      return null;
    },
    report,
  );
  if (constant === null || parameter.type.kind === 'error') return null;
  if (!fits(constant.type, parameter.type)) {
    const found = constant.text === null ? describeType(constant.type) : `\`${constant.text}\``;
    const { type, name } = parameter.declaration;
    report(
      'unfit-parameter-value',
      written.span,
      { name: parameter.name, type: type.text, found },
      { related: [{ span: name.span, message: 'declared here' }] },
    );
    return null;
  }
  checkShare(parameter.type, written, checker, [{ span: parameter.declaration.span, message: 'declared here' }]);
  return constant;
}

function fits(found: Type, wanted: Type): boolean {
  if (found.kind === 'quantity' && wanted.kind === 'quantity')
    return found.flavour !== 'counter' && compatible(found, wanted);
  return found.kind === wanted.kind;
}

interface Tuned extends TuneFact {
  readonly requires: TagValues;
}

/** One place is told of each tune that contradicts an earlier one. */
function reportConflicts(facts: readonly Tuned[], report: Report): void {
  const before = new Earlier();
  for (const later of facts) {
    const candidates = before.thatMayMeet(later.requires);
    for (const [parameter, value] of later.values) {
      const earlier = candidates.find((other) => {
        const known = other.values.get(parameter);
        return known !== undefined && known.value !== value.value && !areDisjoint(other.requires, later.requires);
      });
      if (earlier === undefined) continue;
      const [place, first] = [later, earlier].map((of) => of.tune.values.get(parameter)?.span);
      if (place === undefined || first === undefined) continue;
      report(
        'conflicting-tunes',
        place,
        { parameter: parameter.name, policy: later.tune.declaration.policy.text },
        { related: [{ span: first, message: 'and another value here' }] },
      );
    }
    before.add(later);
  }
}

/** Earlier tunes by what they demand: there may be thousands, each for a service of its own. */
class Earlier {
  readonly #all: Tuned[] = [];
  readonly #byValue = new Map<TagSymbol, Map<string, Tuned[]>>();
  /** Those that demand nothing of the tag. */
  readonly #without = new Map<TagSymbol, Tuned[]>();

  add(tuned: Tuned): void {
    for (const tag of tuned.requires.keys()) {
      if (!this.#without.has(tag)) this.#without.set(tag, [...this.#all]);
    }
    for (const [tag, others] of this.#without) if (!tuned.requires.has(tag)) others.push(tuned);
    for (const [tag, values] of tuned.requires) {
      const byValue = this.#byValue.get(tag) ?? new Map<string, Tuned[]>();
      this.#byValue.set(tag, byValue);
      for (const value of values) byValue.set(value, [...(byValue.get(value) ?? []), tuned]);
    }
    this.#all.push(tuned);
  }

  /** All that a condition with these demands is not certainly apart from, and perhaps more. */
  thatMayMeet(requires: TagValues): readonly Tuned[] {
    const tag = [...requires.keys()].find((known) => this.#byValue.has(known));
    if (tag === undefined) return this.#all;
    const same = [...(requires.get(tag) ?? [])].flatMap((value) => this.#byValue.get(tag)?.get(value) ?? []);
    return [...(this.#without.get(tag) ?? []), ...same];
  }
}
