// Types of expressions. Each mistake is reported where it is made; its expression becomes `error`, which fits everything.

import type { Argument, Call, Comparison, Expression, QuantityLiteral, Reference } from '../../grammar/ast.ts';
import type { Definition, PolicySymbol, ValueSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { FunctionEntry, FunctionParameter } from '../functions/function.ts';
import { functionByName } from '../functions/index.ts';
import { defaults, windowCapacity, windowLimits } from '../vocabulary/defaults.ts';
import {
  boolType,
  describeType,
  errorType,
  exampleLiteral,
  type QuantityType,
  sameDimension,
  type Type,
  textType,
} from '../vocabulary/types.ts';
import { formatMs, literalText } from '../vocabulary/units.ts';
import { wholeMs } from '../vocabulary/whole-ms.ts';
import { checkComparison } from './check-comparison.ts';
import { arithmeticType, foldConstant, operationWords, quantityConstant } from './check-constants.ts';
import type { Constant, ExpressionFact } from './facts.ts';

const silent: Report = () => undefined;
const nothing = { metric: false, window: false, timer: false };
const failed: ExpressionFact = { type: errorType, ...nothing };

/** Checks expressions as one policy sees them. */
export class ExpressionChecker {
  readonly facts = new Map<Expression, ExpressionFact>();
  readonly #references: PolicySymbol['references'];
  readonly #everyMs: number | null;
  readonly #constants: ReadonlyMap<Definition, Constant>;
  /** Values of `let`s, each folded once. */
  readonly #lets = new Map<Definition, Constant | null>();
  readonly report: Report;

  constructor(policy: PolicySymbol, constants: ReadonlyMap<Definition, Constant>, report: Report) {
    this.#references = policy.references;
    this.#everyMs = policy.schema?.everyMs ?? null;
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
      case 'for-part':
      case 'within':
      case 'sequence':
      case 'ago':
      case 'between':
      case 'in':
      case 'like':
        return failed;
      case 'call':
        return this.#call(expression);
      case 'not':
        return { ...this.condition(expression.operand), type: boolType };
      case 'logic':
        return { ...join(expression.operands.map((operand) => this.condition(operand))), type: boolType };
      case 'for': {
        wholeMs(expression.duration, 'for', this.report);
        return { ...this.condition(expression.condition), type: boolType, timer: true };
      }
      case 'comparison':
        return this.#comparison(expression);
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
        return { type: symbol.type, metric: true, window: false, timer: false };
      case 'tag':
        return { type: { kind: 'tag', name: symbol.name, values: symbol.values }, ...nothing };
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

  #arithmetic(expression: Extract<Expression, { kind: 'arithmetic' }>): ExpressionFact {
    const [leftFact, rightFact] = [this.check(expression.left), this.check(expression.right)];
    const operation = `\`${expression.operator}\``;
    const left = this.number(expression.left, leftFact.type, operation);
    const right = this.number(expression.right, rightFact.type, operation);
    const both = join([leftFact, rightFact]);
    if (left === null || right === null) return { ...both, type: errorType };
    const type = arithmeticType(expression.operator, left, right);
    if (type !== null) return { ...both, type };
    const words = operationWords[expression.operator];
    this.report(
      'unit-mismatch',
      expression.span,
      { left: describeType(left), right: describeType(right), operation: words, advice: 'give both the same unit' },
      { related: this.#declared([expression.left, expression.right]) },
    );
    return { ...both, type: errorType };
  }

  #comparison(comparison: Comparison): ExpressionFact {
    const [left, right] = [this.check(comparison.left), this.check(comparison.right)];
    checkComparison(comparison, left.type, right.type, this, this.#declared([comparison.left, comparison.right]));
    return { ...join([left, right]), type: boolType };
  }

  /** Where the metrics among the operands got their types. */
  #declared(operands: readonly Expression[]): { readonly span: Expression['span']; readonly message: string }[] {
    return operands.flatMap((operand) => {
      const symbol = operand.kind === 'reference' ? this.symbol(operand) : null;
      if (symbol?.kind !== 'metric') return [];
      return [
        { span: symbol.item.span, message: `\`${symbol.name}\` is declared as \`${symbol.item.type.text}\` here` },
      ];
    });
  }

  #call(call: Call): ExpressionFact {
    const entry = functionByName.get(call.callee.text);
    if (entry === undefined) {
      for (const argument of call.args) this.check(argument.value);
      return failed;
    }
    const facts = call.args.map((argument) => this.check(argument.value));
    if (!this.#fitsShape(call, entry)) return { ...join(facts), type: errorType, window: entry.window !== null };
    const types = call.args.map((argument, at) => this.#argument(call, entry, argument, at, facts));
    const good = types.every((type) => type.kind !== 'error');
    const type = good ? entry.result(types) : entry.result([]);
    return {
      ...join(facts),
      type: good || type.kind === 'bool' ? type : errorType,
      window: entry.window !== null || join(facts).window,
    };
  }

  /** Number and labels of the arguments, and `over` where it belongs. */
  #fitsShape(call: Call, entry: FunctionEntry): boolean {
    const callee = entry.name;
    if (call.args.length !== entry.parameters.length) {
      this.report('wrong-argument-count', call.span, {
        callee,
        expected: entry.parameters.length,
        found: call.args.length,
        example: entry.example,
      });
      return false;
    }
    let good = true;
    for (const [at, argument] of call.args.entries()) {
      if (argument.label !== null && argument.label.text !== entry.parameters[at]?.name) {
        this.report('unknown-argument', argument.label.span, {
          callee,
          name: argument.label.text,
          advice: `here stands \`${entry.parameters[at]?.name}\``,
        });
        return false;
      }
      const wanted = entry.window !== null && at === 0;
      const [first, second] = argument.modifiers;
      if (first !== undefined && !wanted) {
        this.report('unexpected-over', first.span, { callee });
        good = false;
      } else if (second !== undefined) {
        this.report('duplicate-item', second.span, { kind: '', name: 'over', owner: `\`${callee}\`` });
        good = false;
      } else if (first === undefined && wanted) {
        this.report('missing-over', call.span, { callee, example: entry.example });
        good = false;
      } else if (first?.word === 'over' && !this.#fitsWindow(first.duration)) good = false;
    }
    return good;
  }

  #fitsWindow(width: QuantityLiteral): boolean {
    const widthMs = wholeMs(width, 'over', this.report);
    if (widthMs === null) return false;
    const capacity = windowCapacity(widthMs, this.#everyMs);
    if (capacity <= windowLimits.mostCapacity) return true;
    const every = formatMs(this.#everyMs ?? defaults.everyMs);
    this.report('window-too-wide', width.span, {
      width: literalText(width),
      every,
      capacity,
      most: windowLimits.mostCapacity,
    });
    return false;
  }

  /** The type of an argument that fits its parameter; `error` when it does not. */
  #argument(call: Call, entry: FunctionEntry, argument: Argument, at: number, facts: readonly ExpressionFact[]): Type {
    const parameter = entry.parameters[at] as FunctionParameter;
    const fact = facts[at] as ExpressionFact;
    const { type } = fact;
    if (parameter.kind === 'metric') return this.#metricArgument(call, argument);
    if (type.kind === 'error') return errorType;
    if (entry.window !== null && (fact.window || fact.timer)) {
      this.report('nested-window', argument.value.span, { what: fact.window ? 'another window' : 'a `for`' });
      return errorType;
    }
    if (parameter.kind === 'counter') {
      if (type.kind === 'quantity' && type.flavour === 'counter') return type;
      this.report(
        'not-a-counter',
        argument.value.span,
        { callee: entry.name, what: describeType(type) },
        { related: this.#declared([argument.value]) },
      );
      return errorType;
    }
    if (parameter.kind === 'value-or-condition' && type.kind === 'bool') return boolType;
    // `count(requests over 5m)` counts events: any metric will do.
    if (entry.name === 'count' && type.kind === 'quantity') return type;
    const found = this.number(argument.value, type, `\`${entry.name}\``);
    if (found === null) return errorType;
    const model = parameter.like === undefined ? undefined : facts[parameter.like]?.type;
    if (model?.kind === 'quantity' && model.flavour !== 'counter' && !likeness(model, found)) {
      this.report('unfit-argument', argument.value.span, {
        callee: entry.name,
        name: parameter.name,
        expected: describeType(model),
        found: describeType(found),
      });
      return errorType;
    }
    return found;
  }

  #metricArgument(call: Call, argument: Argument): Type {
    const symbol = argument.value.kind === 'reference' ? this.symbol(argument.value) : null;
    if (symbol?.kind === 'metric') return symbol.type;
    const reported = argument.value.kind === 'error' || (argument.value.kind === 'reference' && symbol === null);
    if (!reported) {
      const kind = symbol === null ? describeType(this.check(argument.value).type) : `a ${symbol.kind}`;
      this.report('not-a-metric', argument.value.span, { callee: call.callee.text, what: kind });
    }
    return errorType;
  }
}

function likeness(model: QuantityType, found: QuantityType): boolean {
  if (!sameDimension(model, found)) return false;
  return model.flavour === found.flavour || model.flavour === 'either' || found.flavour === 'either';
}

function join(facts: readonly ExpressionFact[]): Omit<ExpressionFact, 'type'> {
  return {
    metric: facts.some((fact) => fact.metric),
    window: facts.some((fact) => fact.window),
    timer: facts.some((fact) => fact.timer),
  };
}
