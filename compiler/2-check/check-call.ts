// Calls of functions: the number of arguments, the words behind them, and that each fits its parameter.

import type { Argument, Call, Expression, Modifier, QuantityLiteral, Reference } from '../../grammar/ast.ts';
import type { ValueSymbol } from '../1-bind/symbols.ts';
import type { More } from '../diagnostics/reporter.ts';
import { acrossRule, needsAcross } from '../functions/across.ts';
import { type CallModifiers, callModifiers } from '../functions/call-modifiers.ts';
import type { FunctionEntry, FunctionParameter } from '../functions/function.ts';
import { histogramOutput } from '../functions/histograms.ts';
import { functionByName } from '../functions/index.ts';
import { defaults, waitingCapacity, windowCapacity, windowLimits } from '../vocabulary/defaults.ts';
import {
  boolType,
  counterType,
  describeType,
  errorType,
  type QuantityType,
  sameDimension,
  type Type,
  textType,
} from '../vocabulary/types.ts';
import { formatMs, literalText } from '../vocabulary/units.ts';
import { wholeMs } from '../vocabulary/whole-ms.ts';
import { type AcrossContext, fitsAcross } from './check-across.ts';
import { type Constant, type ExpressionFact, joinFacts, timerWords } from './facts.ts';

/** What a call needs of the checker around it. */
export interface CallContext extends AcrossContext {
  readonly everyMs: number | null;
  /** Reports an expression that is not true or false. */
  condition(expression: Expression): ExpressionFact;
  symbol(reference: Reference): ValueSymbol | null;
  constant(expression: Expression): Constant | null;
  number(operand: Expression, type: Type, operation: string): QuantityType | null;
  declared(operands: readonly Expression[]): NonNullable<More['related']>;
}

export function checkCall(call: Call, context: CallContext): ExpressionFact {
  const entry = functionByName.get(call.callee.text);
  const facts = call.args.map((argument) => context.check(argument.value));
  const joined = joinFacts(facts);
  if (entry === undefined) return { type: errorType, metric: false, window: false, timer: false, across: false };
  const across = callModifiers(call).across !== null;
  const before = {
    ...joined,
    window: entry.window !== null || across || joined.window,
    across: across || joined.across,
  };
  if (!fitsShape(call, entry, context)) return { ...before, type: errorType };
  const types = call.args.map((argument, at) => argumentType(call, entry, argument, at, facts, context));
  const good = types.every((type) => type.kind !== 'error');
  const type = good ? entry.result(types) : entry.result([]);
  return { ...before, type: good || type.kind === 'bool' ? type : errorType };
}

/** Number and labels of the arguments, and the words behind them where they belong. */
function fitsShape(call: Call, entry: FunctionEntry, context: CallContext): boolean {
  const callee = entry.name;
  const { report } = context;
  if (call.args.length !== entry.parameters.length) {
    report('wrong-argument-count', call.span, {
      callee,
      expected: entry.parameters.length,
      found: call.args.length,
      example: entry.example,
    });
    return false;
  }
  for (const [at, argument] of call.args.entries()) {
    if (argument.label === null || argument.label.text === entry.parameters[at]?.name) continue;
    const advice = `here stands \`${entry.parameters[at]?.name}\``;
    report('unknown-argument', argument.label.span, { callee, name: argument.label.text, advice });
    return false;
  }
  return fitsModifiers(call, entry, callModifiers(call), context);
}

function fitsModifiers(call: Call, entry: FunctionEntry, modifiers: CallModifiers, context: CallContext): boolean {
  const callee = entry.name;
  const { report } = context;
  const { over, ago, where, across, repeated, misplaced } = modifiers;
  const unexpected: readonly Modifier[] =
    entry.window === null && acrossRule(entry) === null && across === null
      ? call.args.flatMap((argument) => argument.modifiers.slice(0, 1))
      : misplaced;
  for (const modifier of unexpected) report('unexpected-over', modifier.span, { callee, word: modifier.word });
  if (unexpected.length > 0) return false;
  for (const modifier of repeated)
    report('duplicate-item', modifier.span, { kind: '', name: modifier.word, owner: `\`${callee}\`` });
  if (repeated.length > 0) return false;
  if (across !== null)
    return fitsAcross(call, entry, modifiers, context) && (over === null || fitsWidth(over.duration, 'over', context));
  if (needsAcross(entry)) {
    report('missing-across', call.span, { callee, example: entry.example });
    return false;
  }
  if (entry.window === null) return true;
  if (over === null) {
    report('missing-over', call.span, { callee, example: entry.example });
    return false;
  }
  // Each is looked at, so that no mistake hides another.
  const fits = [
    fitsWidth(over.duration, 'over', context),
    ago === null || fitsWidth(ago.duration, 'ago', context),
    where === null || context.checkWhere(where.condition),
  ];
  return fits.every((good) => good);
}

/** There is room for the samples of a window so wide, or for those that wait so long. */
export function fitsWidth(
  width: QuantityLiteral,
  word: 'over' | 'ago' | 'for',
  context: Pick<CallContext, 'report' | 'everyMs'>,
): boolean {
  const widthMs = wholeMs(width, word, context.report);
  if (widthMs === null) return false;
  const most = word === 'ago' ? windowLimits.mostWaiting : windowLimits.mostCapacity;
  const capacity = (word === 'ago' ? waitingCapacity : windowCapacity)(widthMs, context.everyMs);
  if (capacity <= most) return true;
  const every = formatMs(context.everyMs ?? defaults.everyMs);
  context.report('window-too-wide', width.span, { word, width: literalText(width), every, capacity, most });
  return false;
}

/** The type of an argument that fits its parameter; `error` when it does not. */
function argumentType(
  call: Call,
  entry: FunctionEntry,
  argument: Argument,
  at: number,
  facts: readonly ExpressionFact[],
  context: CallContext,
): Type {
  const parameter = entry.parameters[at] as FunctionParameter;
  const fact = facts[at] as ExpressionFact;
  const { type } = fact;
  if (parameter.kind === 'metric-or-tag') return metricType(call, argument, context);
  if (type.kind === 'error') return errorType;
  if (type.kind === 'histogram') return histogramType(call, entry, argument, type.of, context);
  if (parameter.kind === 'share' || parameter.kind === 'time') return constantType(entry, parameter, argument, context);
  if (entry.window !== null && callModifiers(call).across === null && (fact.window || fact.timer)) {
    context.report('nested-window', argument.value.span, { what: fact.window ? 'another window' : timerWords });
    return errorType;
  }
  if (parameter.kind === 'counter') {
    if (type.kind === 'quantity' && type.flavour === 'counter') return type;
    const related = context.declared([argument.value]);
    context.report('not-a-counter', argument.value.span, { callee: entry.name, what: describeType(type) }, { related });
    return errorType;
  }
  if (parameter.kind !== 'value' && type.kind === 'bool') return boolType;
  if (parameter.kind === 'condition') {
    context.condition(argument.value);
    return errorType;
  }
  // `count(requests over 5m)` counts events: any metric will do.
  if (parameter.kind === 'anything' && type.kind === 'quantity') return type;
  const found = context.number(argument.value, type, `\`${entry.name}\``);
  if (found === null) return errorType;
  const model = parameter.like === undefined ? undefined : facts[parameter.like]?.type;
  if (model?.kind !== 'quantity' || model.flavour === 'counter' || likeness(model, found)) return found;
  const [expected, given] = [describeType(model), describeType(found)];
  context.report('unfit-argument', argument.value.span, {
    callee: entry.name,
    name: parameter.name,
    expected,
    found: given,
  });
  return errorType;
}

/** A histogram stands for what it counts, in windows that end now, of the key or of all its members together. */
function histogramType(
  call: Call,
  entry: FunctionEntry,
  argument: Argument,
  of: QuantityType,
  context: CallContext,
): Type {
  const { over, ago } = callModifiers(call);
  const fits = histogramOutput(entry) !== null && over !== null && ago === null;
  // What it counts is a counter of observations.
  if (fits) return entry.name === 'rate' ? counterType : of;
  const name = argument.value.kind === 'reference' ? argument.value.name : 'x';
  context.report('unfit-histogram', argument.value.span, { callee: entry.name, name });
  return errorType;
}

/** A constant share of a whole, or a constant duration. */
function constantType(
  entry: FunctionEntry,
  parameter: FunctionParameter,
  argument: Argument,
  context: CallContext,
): Type {
  const constant = context.constant(argument.value);
  const share = parameter.kind === 'share';
  const type = constant?.type.kind === 'quantity' ? constant.type : null;
  const value = typeof constant?.value === 'number' ? constant.value : Number.NaN;
  if (share && type !== null && type.time === 0 && type.bytes === 0 && type.flavour !== 'counter') {
    if (value >= 0 && value <= 1) return type;
  } else if (!share && type !== null && type.time === 1 && type.bytes === 0 && value > 0) return type;
  context.report('unfit-argument', argument.value.span, {
    callee: entry.name,
    name: parameter.name,
    expected: share ? 'a constant from 0% to 100%' : 'a constant duration above zero',
    found: constant === null ? 'no constant' : (constant.text ?? describeType(constant.type)),
  });
  return errorType;
}

function metricType(call: Call, argument: Argument, context: CallContext): Type {
  const symbol = argument.value.kind === 'reference' ? context.symbol(argument.value) : null;
  if (symbol?.kind === 'metric') return symbol.type;
  if (symbol?.kind === 'tag' && symbol.position >= 0) return textType;
  const reported = argument.value.kind === 'error' || (argument.value.kind === 'reference' && symbol === null);
  if (!reported) {
    const what =
      symbol === null
        ? describeType(context.check(argument.value).type)
        : symbol.kind === 'tag'
          ? 'the key, which every event has'
          : `a ${symbol.kind}`;
    context.report('not-a-metric', argument.value.span, { callee: call.callee.text, what });
  }
  return errorType;
}

function likeness(model: QuantityType, found: QuantityType): boolean {
  if (!sameDimension(model, found)) return false;
  return model.flavour === found.flavour || model.flavour === 'either' || found.flavour === 'either';
}
