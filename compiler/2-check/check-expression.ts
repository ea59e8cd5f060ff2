// Types of expressions. Each mistake is reported where it is made; its expression becomes `error`, which fits everything.

import type { Ago, Comparison, Expression, Reference } from '../../grammar/ast.ts';
import type { Definition, PolicySymbol, SchemaSymbol, ValueSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import {
  boolType,
  describeType,
  errorType,
  exampleLiteral,
  type QuantityType,
  type Type,
  textType,
} from '../vocabulary/types.ts';
import { wholeMs } from '../vocabulary/whole-ms.ts';
import { type CallContext, checkCall, fitsWidth } from './check-call.ts';
import { checkComparison } from './check-comparison.ts';
import { arithmeticType, foldConstant, operationWords, quantityConstant } from './check-constants.ts';
import { checkBetween, checkIn, checkLike } from './check-membership.ts';
import { checkPart } from './check-part.ts';
import { type Constant, type ExpressionFact, joinFacts, timerWords } from './facts.ts';
import { parametersIn } from './parameters-in.ts';

const silent: Report = () => undefined;
const nothing = { metric: false, window: false, timer: false, across: false };
const failed: ExpressionFact = { type: errorType, ...nothing };

/** Checks expressions as one policy sees them. */
export class ExpressionChecker implements CallContext {
  readonly facts = new Map<Expression, ExpressionFact>();
  readonly #references: PolicySymbol['references'];
  readonly everyMs: number | null;
  readonly schema: SchemaSymbol | null;
  readonly #constants: ReadonlyMap<Definition, Constant>;
  /** Values of `let`s, each folded once. */
  readonly #lets = new Map<Definition, Constant | null>();
  readonly report: Report;

  constructor(policy: PolicySymbol, constants: ReadonlyMap<Definition, Constant>, report: Report) {
    this.#references = policy.references;
    this.everyMs = policy.schema?.everyMs ?? null;
    this.schema = policy.schema;
    this.#constants = constants;
    this.report = report;
  }

  symbol(reference: Reference): ValueSymbol | null {
    return this.#references.get(reference) ?? null;
  }

  /** The value of what is made of literals and constants alone; `null` for anything else. Reports nothing. */
  constant(expression: Expression): Constant | null {
    const resolve = (reference: Reference): Constant | null => {
      const symbol = this.symbol(reference);
      if (symbol?.kind === 'const') return this.#constants.get(symbol) ?? null;
      if (symbol?.kind !== 'let') return null;
      let value = this.#lets.get(symbol);
      if (value === undefined) {
        value = foldConstant(symbol.declaration.value, resolve, silent);
        this.#lets.set(symbol, value);
      }
      return value;
    };
    return foldConstant(expression, resolve, silent);
  }

  /** An expression that must be true or false. */
  condition(expression: Expression): ExpressionFact {
    const fact = this.check(expression);
    if (fact.type.kind !== 'bool' && fact.type.kind !== 'error') {
      const name = expression.kind === 'reference' ? expression.name : 'x';
      const example =
        fact.type.kind === 'tag' || fact.type.kind === 'text'
          ? `${name} == "value"`
          : `${name} > ${exampleLiteral(fact.type)}`;
      this.report('not-a-condition', expression.span, { what: describeType(fact.type), example });
    }
    return fact;
  }

  check(expression: Expression): ExpressionFact {
    const known = this.facts.get(expression);
    if (known !== undefined) return known;
    const fact = this.#check(expression);
    this.facts.set(expression, fact);
    return fact;
  }

  #check(expression: Expression): ExpressionFact {
    switch (expression.kind) {
      case 'quantity':
        return { type: quantityConstant(expression, this.report)?.type ?? errorType, ...nothing };
      case 'string':
        return { type: textType, ...nothing };
      case 'boolean':
        return { type: boolType, ...nothing };
      case 'reference':
        return this.#reference(expression);
      case 'fleet-lookup':
        this.report('misplaced-fleet', expression.span, {});
        return failed;
      case 'error':
        return failed;
      case 'call':
        return checkCall(expression, this);
      case 'not':
        return { ...this.condition(expression.operand), type: boolType };
      case 'logic':
        return { ...joinFacts(expression.operands.map((operand) => this.condition(operand))), type: boolType };
      case 'for': {
        wholeMs(expression.duration, 'for', this.report);
        return { ...this.condition(expression.condition), type: boolType, timer: true };
      }
      case 'for-part': {
        const fact = this.condition(expression.condition);
        checkPart(expression, fact, this);
        return { ...fact, type: boolType, window: true };
      }
      case 'ago':
        return this.#ago(expression);
      case 'within':
        wholeMs(expression.duration, 'within', this.report);
        return { ...this.condition(expression.condition), type: boolType, timer: true };
      case 'sequence': {
        wholeMs(expression.duration, 'within', this.report);
        const both = joinFacts([this.condition(expression.first), this.condition(expression.second)]);
        return { ...both, type: boolType, timer: true };
      }
      case 'comparison':
        return this.#comparison(expression);
      case 'between': {
        const facts = [expression.value, expression.low, expression.high].map((part) => this.check(part));
        checkBetween(expression, (facts[0] as ExpressionFact).type, this);
        return { ...joinFacts(facts), type: boolType };
      }
      case 'in': {
        const facts = [expression.value, ...expression.options].map((part) => this.check(part));
        checkIn(expression, this);
        return { ...joinFacts(facts), type: boolType };
      }
      case 'like': {
        const fact = this.check(expression.value);
        checkLike(expression, fact.type, this.report);
        return { ...fact, type: boolType };
      }
      case 'negate': {
        const fact = this.check(expression.operand);
        return { ...fact, type: this.number(expression.operand, fact.type, '`-`') ?? errorType };
      }
      case 'arithmetic':
        return this.#arithmetic(expression);
    }
  }

  #reference(reference: Reference): ExpressionFact {
    const symbol = this.symbol(reference);
    switch (symbol?.kind) {
      case undefined:
        return failed;
      case 'metric':
        return { ...nothing, type: symbol.type, metric: true };
      case 'tag':
        return { type: { kind: 'tag', name: symbol.name, values: symbol.values }, ...nothing };
      case 'parameter':
        return { type: symbol.type, ...nothing };
      case 'const':
        return { type: this.#constants.get(symbol)?.type ?? errorType, ...nothing };
      case 'let':
        return this.check(symbol.declaration.value);
    }
  }

  /** The quantity that an operand is; `null` when it is none, which has been reported. */
  number(operand: Expression, type: Type, operation: string): QuantityType | null {
    if (type.kind === 'error') return null;
    if (type.kind !== 'quantity') {
      this.report('not-a-number', operand.span, { what: describeType(type), operation });
      return null;
    }
    if (type.flavour !== 'counter') return type;
    const symbol = operand.kind === 'reference' ? this.symbol(operand) : null;
    const related =
      symbol?.kind === 'metric' ? [{ span: symbol.item.span, message: 'declared as a counter here' }] : [];
    this.report('raw-counter', operand.span, { name: operand.kind === 'reference' ? operand.name : 'x' }, { related });
    return null;
  }

  /** `x ago 1h`: what `x` was, a quantity or a condition. */
  #ago(expression: Ago): ExpressionFact {
    const fact = this.check(expression.value);
    const fits = fitsWidth(expression.distance, 'ago', this);
    const before = { ...fact, window: true };
    if (fact.type.kind === 'error' || !fits) return { ...before, type: errorType };
    if (fact.timer) {
      this.report('nested-window', expression.value.span, { what: timerWords });
      return { ...before, type: errorType };
    }
    if (fact.type.kind === 'bool') return before;
    return { ...before, type: this.number(expression.value, fact.type, '`ago`') ?? errorType };
  }

  /** A condition that asks for key and tags alone: what chooses events. Whether it is one; if not, that was reported. */
  checkWhere(where: Expression): boolean {
    const fact = this.condition(where);
    if (fact.type.kind !== 'bool') return false;
    const measured = fact.timer ? timerWords : fact.window ? 'a window' : fact.metric ? 'a metric' : null;
    const what = measured ?? (parametersIn(where, this).size > 0 ? 'a parameter' : null);
    if (what !== null) this.report('unfit-where', where.span, { what });
    return what === null;
  }

  #arithmetic(expression: Extract<Expression, { kind: 'arithmetic' }>): ExpressionFact {
    const [leftFact, rightFact] = [this.check(expression.left), this.check(expression.right)];
    const operation = `\`${expression.operator}\``;
    const left = this.number(expression.left, leftFact.type, operation);
    const right = this.number(expression.right, rightFact.type, operation);
    const both = joinFacts([leftFact, rightFact]);
    if (left === null || right === null) return { ...both, type: errorType };
    const type = arithmeticType(expression.operator, left, right);
    if (type !== null) return { ...both, type };
    const words = operationWords[expression.operator];
    this.report(
      'unit-mismatch',
      expression.span,
      { left: describeType(left), right: describeType(right), operation: words, advice: 'give both the same unit' },
      { related: this.declared([expression.left, expression.right]) },
    );
    return { ...both, type: errorType };
  }

  #comparison(comparison: Comparison): ExpressionFact {
    this.comparable(comparison);
    return { ...joinFacts([this.check(comparison.left), this.check(comparison.right)]), type: boolType };
  }

  /** Reports what can not be compared. */
  comparable(comparison: Comparison): void {
    const { left, right } = comparison;
    checkComparison(comparison, this.check(left).type, this.check(right).type, this, this.declared([left, right]));
  }

  /** Where the metrics among the operands got their types. */
  declared(operands: readonly Expression[]): { readonly span: Expression['span']; readonly message: string }[] {
    return operands.flatMap((operand) => {
      const symbol = operand.kind === 'reference' ? this.symbol(operand) : null;
      if (symbol?.kind !== 'metric') return [];
      return [
        { span: symbol.item.span, message: `\`${symbol.name}\` is declared as \`${symbol.item.type.text}\` here` },
      ];
    });
  }
}
