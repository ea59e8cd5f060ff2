// Conditions and values to IR: every `let` in its place, constants folded, names resolved to slots, what looks
// back on history handed to the lowering of windows.

import type {
  AcrossModifier,
  Ago,
  Call,
  Comparison,
  Expression,
  For,
  Like,
  QuantityLiteral,
  Reference,
  Span,
} from '../../grammar/ast.ts';
import type {
  Definition,
  MetricSymbol,
  ParameterSymbol,
  PolicySymbol,
  TagSymbol,
  ValueSymbol,
} from '../1-bind/symbols.ts';
import { boundsOf, optionsOf } from '../2-check/check-membership.ts';
import type { Constant, PolicyFacts } from '../2-check/facts.ts';
import { acrossRule } from '../functions/across.ts';
import { callModifiers } from '../functions/call-modifiers.ts';
import type { FunctionEntry } from '../functions/function.ts';
import { functionByName } from '../functions/index.ts';
import { canonicalValue, durationMs, literalText } from '../vocabulary/units.ts';
import type { BooleanIr, ChoiceIr, Comparator, NumberIr } from './ir.ts';
import type { SchemaLowering } from './lower-schema.ts';
import { type ConditionLowering, WindowLowering } from './lower-window.ts';
import type { SourceText } from './source-text.ts';

const zero: NumberIr = { op: 'number', value: 0, text: null };
const arithmeticOps = { '+': 'add', '-': 'subtract', '*': 'multiply', '/': 'divide' } as const;

/** Lowers the conditions of one policy. Only for programs without errors. */
export class ExpressionLowering implements ConditionLowering {
  readonly windows: WindowLowering;
  /** Where each part of a condition was written. */
  readonly spans = new Map<BooleanIr, Span>();
  /** Slots of the metrics that must come. */
  readonly required = new Set<number>();
  where: BooleanIr | null = null;
  #timers = 0;
  readonly #parameters = new Map<ParameterSymbol, NumberIr>();
  readonly #policyFacts: PolicyFacts;
  readonly #references: PolicySymbol['references'];
  readonly #facts: PolicyFacts['expressions'];
  readonly #constants: ReadonlyMap<Definition, Constant>;
  readonly #schema: SchemaLowering;

  constructor(
    facts: PolicyFacts,
    constants: ReadonlyMap<Definition, Constant>,
    schema: SchemaLowering,
    text: SourceText,
  ) {
    this.#policyFacts = facts;
    this.#references = facts.policy.references;
    this.#facts = facts.expressions;
    this.#constants = constants;
    this.#schema = schema;
    this.windows = new WindowLowering(this, schema, text);
  }

  symbol(reference: Reference): ValueSymbol {
    const symbol = this.#references.get(reference);
    if (symbol === null || symbol === undefined) throw unsound(reference);
    return symbol;
  }

  number(expression: Expression): NumberIr {
    switch (expression.kind) {
      case 'quantity':
        return { op: 'number', value: canonicalValue(expression), text: literalText(expression) };
      case 'reference':
        return this.#numberReference(expression);
      case 'negate': {
        const operand = this.number(expression.operand);
        if (operand.op !== 'number') return { op: 'negate', operand };
        return { op: 'number', value: -operand.value, text: operand.text === null ? null : `-${operand.text}` };
      }
      case 'arithmetic':
        return {
          op: arithmeticOps[expression.operator],
          left: this.number(expression.left),
          right: this.number(expression.right),
        };
      case 'call':
        return this.#numberCall(expression);
      case 'ago':
        return this.#before(expression);
      default:
        throw unsound(expression);
    }
  }

  #before(ago: Ago): NumberIr {
    const before = this.windows.before(ago);
    if (before === null) throw unsound(ago);
    return before;
  }

  isCondition(expression: Expression): boolean {
    return this.#facts.get(expression)?.type.kind === 'bool';
  }

  isHistogram(expression: Expression): boolean {
    return this.#facts.get(expression)?.type.kind === 'histogram';
  }

  #numberReference(reference: Reference): NumberIr {
    const symbol = this.symbol(reference);
    switch (symbol.kind) {
      case 'metric':
        return this.metric(symbol);
      case 'let':
        return this.number(symbol.declaration.value);
      case 'const': {
        const constant = this.#constants.get(symbol);
        if (typeof constant?.value !== 'number') throw unsound(reference);
        return { op: 'number', value: constant.value, text: constant.text };
      }
      case 'parameter':
        return this.#parameter(symbol);
      case 'tag':
        throw unsound(reference);
    }
  }

  #parameter(symbol: ParameterSymbol): NumberIr {
    const known = this.#parameters.get(symbol);
    if (known !== undefined) return known;
    const { otherwise } = this.#policyFacts.parameters.find((fact) => fact.symbol === symbol) ?? {};
    const cases: ChoiceIr[] = [];
    for (const { tune, values } of this.#policyFacts.tunes) {
      const value = values.get(symbol);
      if (value !== undefined) cases.push({ when: this.boolean(tune.declaration.where), value: constantNumber(value) });
    }
    if (otherwise === null || otherwise === undefined) throw unsound(symbol.declaration);
    const last = constantNumber(otherwise);
    // A switch that nobody has tuned is still one: a condition with it is not always true or never.
    const plain = cases.length === 0 && symbol.type.kind !== 'bool';
    const ir: NumberIr = plain ? last : { op: 'choose', name: symbol.name, cases, otherwise: last };
    this.#parameters.set(symbol, ir);
    return ir;
  }

  /** A metric's value, held when it is declared so. */
  metric(symbol: MetricSymbol): NumberIr {
    if (!symbol.item.optional) this.required.add(symbol.slot);
    const raw: NumberIr = { op: 'metric', slot: symbol.slot };
    const holdMs = symbol.item.hold === null ? null : durationMs(symbol.item.hold);
    if (holdMs === null) return raw;
    return this.windows.held(symbol, raw, holdMs);
  }

  #numberCall(call: Call): NumberIr {
    const entry = functionByName.get(call.callee.text);
    if (entry === undefined) throw unsound(call);
    const { across } = callModifiers(call);
    if (across !== null) return this.#across(call, entry, across);
    if (entry.window === null)
      return { op: 'call', name: entry.name, args: call.args.map((argument) => this.number(argument.value)) };
    const window = this.windows.call(call, entry, entry.window);
    if (window === null) throw unsound(call);
    return window;
  }

  #across(call: Call, entry: FunctionEntry, across: AcrossModifier): NumberIr {
    const tag = this.#schema.symbol.names.get(across.tag.text);
    const value = tag?.kind !== 'tag' ? null : this.#ofMembers(call, entry, tag);
    if (value === null) throw unsound(call);
    return value;
  }

  #ofMembers(call: Call, entry: FunctionEntry, tag: TagSymbol): NumberIr | null {
    if (call.args.some(({ value }) => this.isHistogram(value))) return this.windows.merged(call, entry, tag);
    const rule = acrossRule(entry);
    return rule === null ? null : this.windows.across(call, entry, rule, tag);
  }

  boolean(expression: Expression): BooleanIr {
    const ir = this.#boolean(expression);
    // What a name stands for was noted where it was written, before the name is.
    if (!this.spans.has(ir)) this.spans.set(ir, expression.span);
    return ir;
  }

  #boolean(expression: Expression): BooleanIr {
    switch (expression.kind) {
      case 'boolean':
        return { op: 'constant', value: expression.value };
      case 'reference':
        return this.#booleanReference(expression);
      case 'not':
        return { op: 'not', operand: this.boolean(expression.operand) };
      case 'logic':
        return { op: expression.operator, operands: expression.operands.map((operand) => this.boolean(operand)) };
      case 'comparison':
        return this.#comparison(expression);
      case 'between':
        return { op: 'and', operands: boundsOf(expression).map((bound) => this.#comparison(bound)) };
      case 'in':
        return { op: 'or', operands: optionsOf(expression).map((option) => this.#comparison(option)) };
      case 'like':
        return this.#like(expression);
      case 'for':
        return this.#for(expression);
      case 'for-part': {
        const part = this.windows.part(expression);
        if (part === null) throw unsound(expression);
        return { op: 'compare', comparator: '>=', left: part.compared, right: part.least };
      }
      case 'ago':
        return { op: 'compare', comparator: '!=', left: this.#before(expression), right: zero };
      case 'within':
        return {
          op: 'within',
          condition: this.boolean(expression.condition),
          durationMs: wholeDuration(expression.duration),
          timer: this.#timer(),
        };
      case 'sequence':
        return {
          op: 'sequence',
          first: this.boolean(expression.first),
          second: this.boolean(expression.second),
          durationMs: wholeDuration(expression.duration),
          timer: this.#timer(),
        };
      case 'call':
        return this.#missing(expression);
      default:
        throw unsound(expression);
    }
  }

  #booleanReference(reference: Reference): BooleanIr {
    const symbol = this.symbol(reference);
    switch (symbol.kind) {
      case 'metric':
        return { op: 'compare', comparator: '!=', left: this.metric(symbol), right: zero };
      case 'let':
        return this.boolean(symbol.declaration.value);
      case 'parameter':
        return { op: 'compare', comparator: '!=', left: this.#parameter(symbol), right: zero };
      case 'const':
        return { op: 'constant', value: this.#constants.get(symbol)?.value === true };
      case 'tag':
        throw unsound(reference);
    }
  }

  #missing(call: Call): BooleanIr {
    const symbol = this.#missed(call);
    return symbol.kind === 'metric'
      ? { op: 'missing', slot: symbol.slot }
      : { op: 'tag-missing', tag: symbol.position };
  }

  /** What `missing(m)` asks about. */
  #missed(call: Call): MetricSymbol | TagSymbol {
    const argument = call.args[0]?.value;
    const symbol = argument?.kind === 'reference' ? this.symbol(argument) : null;
    if (call.callee.text !== 'missing' || (symbol?.kind !== 'metric' && symbol?.kind !== 'tag')) throw unsound(call);
    return symbol;
  }

  #like(like: Like): BooleanIr {
    const target = this.behind(like.value);
    const symbol = target.kind === 'reference' ? this.symbol(target) : null;
    if (symbol?.kind !== 'tag') throw unsound(like);
    return { op: 'tag-is', tag: this.#schema.pattern(symbol.position, like.pattern.value), value: 0 };
  }

  /** Behind `let`s: the expression that a name stands for. */
  behind(expression: Expression): Expression {
    let next = expression;
    while (next.kind === 'reference') {
      const symbol = this.symbol(next);
      if (symbol.kind !== 'let') break;
      next = symbol.declaration.value;
    }
    return next;
  }

  #for(expression: For): BooleanIr {
    const ms = wholeDuration(expression.duration);
    const silent = this.#silence(expression.condition, ms);
    if (silent !== null) return silent;
    return { op: 'for', condition: this.boolean(expression.condition), durationMs: ms, timer: this.#timer() };
  }

  /** `missing(a) and missing(b) for D` is `missing(a) for D and missing(b) for D`: both advance with the watermark. */
  #silence(expression: Expression, ms: number): BooleanIr | null {
    if (!this.#isSilence(expression)) return null;
    const target = this.behind(expression);
    if (target.kind === 'call') {
      const symbol = this.#missed(target);
      if (symbol.kind !== 'metric') throw unsound(target);
      return { op: 'missing-for', slot: symbol.slot, durationMs: ms, timer: this.#timer() };
    }
    if (target.kind !== 'logic') return null;
    return { op: 'and', operands: target.operands.map((operand) => this.#silence(operand, ms) as BooleanIr) };
  }

  #isSilence(expression: Expression): boolean {
    const target = this.behind(expression);
    // A tag is absent from events; no event at all lacks none.
    if (target.kind === 'call') return target.callee.text === 'missing' && this.#missed(target).kind === 'metric';
    return (
      target.kind === 'logic' &&
      target.operator === 'and' &&
      target.operands.every((operand) => this.#isSilence(operand))
    );
  }

  /** Inner before outer: the order in which timers are brought up to date. */
  #timer(): number {
    return this.#timers++;
  }

  #comparison(comparison: Comparison): BooleanIr {
    const tag = this.tagComparison(comparison);
    if (tag !== null) {
      const is: BooleanIr = {
        op: 'tag-is',
        tag: tag.symbol.position,
        value: this.#schema.literal(tag.symbol.position, tag.value),
      };
      return comparison.operator === '==' ? is : { op: 'not', operand: is };
    }
    const truth = truthComparison(comparison);
    if (truth !== null) {
      const operand = this.boolean(truth.operand);
      return truth.positive ? operand : { op: 'not', operand };
    }
    const comparator: Comparator = comparison.operator;
    return { op: 'compare', comparator, left: this.number(comparison.left), right: this.number(comparison.right) };
  }

  /** `region == "eu"`, whichever way round; `null` when no tag is compared. */
  tagComparison(comparison: Comparison): { readonly symbol: TagSymbol; readonly value: string } | null {
    for (const [side, other] of [
      [comparison.left, comparison.right],
      [comparison.right, comparison.left],
    ] as const) {
      const target = this.behind(side);
      const symbol = target.kind === 'reference' ? this.symbol(target) : null;
      if (symbol?.kind !== 'tag') continue;
      const value = this.#textValue(other);
      if (value === null) throw unsound(comparison);
      return { symbol, value };
    }
    return null;
  }

  #textValue(expression: Expression): string | null {
    const target = this.behind(expression);
    if (target.kind === 'string') return target.value;
    const symbol = target.kind === 'reference' ? this.symbol(target) : null;
    const value = symbol?.kind === 'const' ? this.#constants.get(symbol)?.value : null;
    return typeof value === 'string' ? value : null;
  }
}

/** `ready == false`: the operand and whether it is taken as it is; `null` for other comparisons. */
export function truthComparison(
  comparison: Comparison,
): { readonly operand: Expression; readonly positive: boolean } | null {
  for (const [side, other] of [
    [comparison.left, comparison.right],
    [comparison.right, comparison.left],
  ] as const) {
    if (side.kind === 'boolean') return { operand: other, positive: side.value === (comparison.operator === '==') };
  }
  return null;
}

function wholeDuration(literal: QuantityLiteral): number {
  const ms = durationMs(literal);
  if (ms === null) throw unsound(literal);
  return ms;
}

function constantNumber({ value, text }: Constant): NumberIr {
  return { op: 'number', value: Number(value), text };
}

function unsound(node: { readonly span: Span }): Error {
  return new Error(`lowered what did not pass the checks, at ${node.span.file}:${node.span.start}`);
}
