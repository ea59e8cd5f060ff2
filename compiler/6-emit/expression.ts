// Expressions as code. A condition has three truth values, so it is emitted twice where both are needed: a test that
// holds when it is true and one that holds when it is false; when neither holds it is unknown. NaN makes every
// comparison of both kinds fail, which is exactly that.

import type { BooleanIr, Comparator, NumberIr, OnMissing, ScheduleIr } from '../4-lower/ir.ts';
import { choicesIn, isBooleanIr, numbersOf, operandsOf } from '../4-lower/timers.ts';
import { type Code, code, comment, identifier, join, literal } from './code.ts';

/** How the surroundings name what an expression reads. */
export interface Scope {
  metric(slot: number): Code;
  derived(index: number, output: string): Code;
  /** The dense id of the row's tag (−1: the key). */
  tag(tag: number): Code;
  /** Text of a tag's literal, for the comment beside its id. */
  tagValue(tag: number, value: number): string;
  /** The row's time, epoch ms. */
  time(): Code;
  /** Whether the schedule is open at the row's time. */
  schedule(schedule: ScheduleIr): Code;
  /** Silence threshold of the schema, ms. */
  readonly staleMs: number;
  readonly onMissing: OnMissing;
  /** Rows of one key may have one time: those of different members. */
  readonly sameTimes: boolean;
  /** What `comparedTwice` says of the conditions at hand. */
  readonly comparedTwice: ReadonlySet<string>;
  /** A local constant with a value that is not finite turned into NaN; returns its name. */
  finite(value: Code): Code;
  /** A local constant for what a parameter is worth; returns its name. */
  chosen(name: string, value: Code): Code;
}

export function numberCode(ir: NumberIr, scope: Scope): Code {
  switch (ir.op) {
    case 'number':
      return ir.text === null || ir.text === String(ir.value)
        ? literal(ir.value)
        : code`${literal(ir.value)} /* ${comment(ir.text)} */`;
    case 'metric':
      return scope.metric(ir.slot);
    case 'derived':
      return scope.derived(ir.index, ir.output);
    case 'add':
      return scope.finite(code`${numberCode(ir.left, scope)} + ${numberCode(ir.right, scope)}`);
    case 'subtract':
      return scope.finite(code`${numberCode(ir.left, scope)} - ${numberCode(ir.right, scope)}`);
    case 'multiply':
      return scope.finite(code`${numberCode(ir.left, scope)} * ${numberCode(ir.right, scope)}`);
    case 'divide':
      return scope.finite(code`${numberCode(ir.left, scope)} / ${numberCode(ir.right, scope)}`);
    case 'negate':
      return code`(- ${numberCode(ir.operand, scope)})`;
    case 'call':
      return callCode(ir.name, ir.args, scope);
    case 'choose':
      return scope.chosen(ir.name, choiceCode(ir, scope));
  }
}

type Choice = Extract<NumberIr, { op: 'choose' }>;

/** `key[row] === 3 ? 0.9 : 0.5`, one case behind the other. */
function choiceCode(ir: Choice, scope: Scope): Code {
  const cases = ir.cases.map(({ when, value }) => code`${whenTrue(when, scope)} ? ${numberCode(value, scope)} : `);
  return code`${join(cases, '')}${numberCode(ir.otherwise, scope)}`;
}

function callCode(name: string, args: readonly NumberIr[], scope: Scope): Code {
  const parts = args.map((arg) => numberCode(arg, scope));
  switch (name) {
    case 'abs':
      return code`Math.abs(${parts[0]})`;
    case 'clamp':
      return code`Math.min(Math.max(${parts[0]}, ${parts[1]}), ${parts[2]})`;
    case 'at_least':
      return code`Math.max(${parts[0]}, ${parts[1]})`;
    case 'at_most':
      return code`Math.min(${parts[0]}, ${parts[1]})`;
    case 'floor':
      return code`Math.floor(${parts[0]})`;
    case 'ceil':
      return code`Math.ceil(${parts[0]})`;
    case 'round':
      return scope.finite(code`Math.floor(${parts[0]} * (1 / ${parts[1]}) + 0.5) / (1 / ${parts[1]})`);
    case 'now':
      return code`${scope.time()} / 1000`;
    default:
      throw new Error(`function ${name} has no code`);
  }
}

const symbol: Readonly<Record<Exclude<Comparator, '==' | '!='>, Code>> = {
  '<': code`<`,
  '<=': code`<=`,
  '>': code`>`,
  '>=': code`>=`,
};

const opposite: Readonly<Record<'<' | '<=' | '>' | '>=', Code>> = {
  '<': code`>=`,
  '<=': code`>`,
  '>': code`<=`,
  '>=': code`<`,
};

/** A test that holds when the condition is true. */
export function whenTrue(ir: BooleanIr, scope: Scope): Code {
  switch (ir.op) {
    case 'constant':
      return ir.value ? code`true` : code`false`;
    case 'compare': {
      const left = numberCode(ir.left, scope);
      const right = numberCode(ir.right, scope);
      // `!==` would hold for NaN.
      if (ir.comparator === '!=') return code`(${left} < ${right} || ${left} > ${right})`;
      if (ir.comparator === '==') return equality(ir, left, right, scope);
      return code`${left} ${symbol[ir.comparator]} ${right}`;
    }
    case 'tag-is':
      return code`${tagRead(ir.tag, scope)} === ${tagLiteral(ir.tag, ir.value, scope)}`;
    case 'missing':
      return code`${scope.metric(ir.slot)} !== ${scope.metric(ir.slot)}`;
    case 'tag-missing':
      return code`${tagRead(ir.tag, scope)} === -1`;
    case 'known':
      return all(ir.values.map((value) => isKnown(numberCode(value, scope))));
    case 'schedule':
      return scope.schedule(ir.schedule);
    case 'and':
      return all(ir.operands.map((operand) => whenTrue(operand, scope)));
    case 'or':
      return any(ir.operands.map((operand) => whenTrue(operand, scope)));
    case 'not':
      return whenFalse(ir.operand, scope);
    case 'for':
      return code`(${isTrueNow(ir.timer, scope)} && at - ${timer('since', ir.timer)} >= ${literal(ir.durationMs)})`;
    case 'missing-for':
      return code`at - ${timer('present', ir.timer)} >= ${literal(ir.durationMs)}`;
    case 'within':
      return code`at - ${timer('true', ir.timer)} <= ${literal(ir.durationMs)}`;
    case 'sequence':
      return code`${timer('then', ir.timer)} > 0`;
  }
}

/** A test that holds when the condition is false. */
export function whenFalse(ir: BooleanIr, scope: Scope): Code {
  switch (ir.op) {
    case 'constant':
      return ir.value ? code`false` : code`true`;
    case 'compare': {
      const left = numberCode(ir.left, scope);
      const right = numberCode(ir.right, scope);
      if (ir.comparator === '!=') return equality(ir, left, right, scope);
      if (ir.comparator === '==') return code`(${left} < ${right} || ${left} > ${right})`;
      return code`${left} ${opposite[ir.comparator]} ${right}`;
    }
    case 'tag-is': {
      const differs = code`${tagRead(ir.tag, scope)} !== ${tagLiteral(ir.tag, ir.value, scope)}`;
      return ir.tag < 0 ? differs : code`(${differs} && ${scope.tag(ir.tag)} !== -1)`;
    }
    case 'missing':
      return isKnown(scope.metric(ir.slot));
    case 'tag-missing':
      return code`${tagRead(ir.tag, scope)} !== -1`;
    case 'known':
      return code`false`;
    case 'schedule':
      return code`!${scope.schedule(ir.schedule)}`;
    case 'and':
      return any(ir.operands.map((operand) => whenFalse(operand, scope)));
    case 'or':
      return all(ir.operands.map((operand) => whenFalse(operand, scope)));
    case 'not':
      return whenTrue(ir.operand, scope);
    case 'for':
      if (scope.onMissing !== 'hold')
        return code`(!${timer('doubt', ir.timer)} && !(${timer('seen', ir.timer)} === at && at - ${timer('since', ir.timer)} >= ${literal(ir.durationMs)}))`;
      // Unknown within `stale after` of a run that is long enough: still unknown. Everything else that is not true is false.
      return code`!(at - ${timer('seen', ir.timer)} <= ${literal(scope.staleMs)} && at - ${timer('since', ir.timer)} >= ${literal(ir.durationMs)})`;
    case 'missing-for':
      return code`at - ${timer('present', ir.timer)} < ${literal(ir.durationMs)}`;
    case 'within':
      return code`(at - ${timer('true', ir.timer)} > ${literal(ir.durationMs)} && at - ${timer('unknown', ir.timer)} > ${literal(ir.durationMs)})`;
    case 'sequence':
      return code`${timer('then', ir.timer)} < 0`;
  }
}

/** The condition of a `for` is true at this row. At rows of one time another one of them may have been the last seen. */
export function isTrueNow(number: number, { sameTimes, onMissing }: Scope): Code {
  return sameTimes && onMissing === 'hold' ? timer('held', number) : code`${timer('seen', number)} === at`;
}

/** Only NaN is not itself. */
function isKnown(value: Code): Code {
  return code`${value} === ${value}`;
}

type Compare = Extract<BooleanIr, { op: 'compare' }>;

/** TypeScript takes `===` between two literals for a mistake. */
function equality(ir: Compare, left: Code, right: Code, scope: Scope): Code {
  if (ir.left.op === 'number' && ir.right.op === 'number') return code`(${left} >= ${right} && ${left} <= ${right})`;
  const wide = (side: NumberIr, text: Code): Code =>
    // A choice between literals has only these for TypeScript.
    side.op === 'choose' || scope.comparedTwice.has(JSON.stringify(side)) ? code`+${text}` : text;
  return code`${wide(ir.left, left)} === ${wide(ir.right, right)}`;
}

function tagRead(tag: number, scope: Scope): Code {
  return scope.comparedTwice.has(`tag ${tag}`) ? code`+${scope.tag(tag)}` : scope.tag(tag);
}

/**
 * What is asked for equality with two different literals. TypeScript narrows a name to the first and takes the second
 * test for a mistake; it does not narrow `+name`.
 */
export function comparedTwice(expressions: readonly (BooleanIr | NumberIr | null)[]): ReadonlySet<string> {
  const literals = new Map<string, Set<number>>();
  const note = (what: string, value: number): void => {
    literals.set(what, (literals.get(what) ?? new Set()).add(value));
  };
  const visitNumber = (ir: NumberIr): void => {
    for (const choice of choicesIn(ir)) for (const { when } of choice.cases) visit(when);
  };
  const visit = (ir: BooleanIr): void => {
    if (ir.op === 'tag-is') note(`tag ${ir.tag}`, ir.value);
    else if (ir.op === 'tag-missing') note(`tag ${ir.tag}`, -1);
    else if (ir.op === 'compare') noteEquality(ir, note);
    for (const number of numbersOf(ir)) visitNumber(number);
    for (const operand of operandsOf(ir)) visit(operand);
  };
  for (const expression of expressions) {
    if (expression === null) continue;
    if (isBooleanIr(expression)) visit(expression);
    else visitNumber(expression);
  }
  return new Set([...literals].filter(([, values]) => values.size > 1).map(([what]) => what));
}

function noteEquality({ comparator, left, right }: Compare, note: (what: string, value: number) => void): void {
  if (comparator !== '==' && comparator !== '!=') return;
  if (right.op === 'number') note(JSON.stringify(left), right.value);
  if (left.op === 'number') note(JSON.stringify(right), left.value);
}

/** The local constant or variable of a timer. */
export function timer(
  what: 'since' | 'seen' | 'held' | 'present' | 'true' | 'unknown' | 'doubt' | 'began' | 'then',
  number: number,
): Code {
  return identifier(`${what}${number}`);
}

function tagLiteral(tag: number, value: number, scope: Scope): Code {
  return code`${literal(value)} /* ${comment(scope.tagValue(tag, value))} */`;
}

function all(tests: readonly Code[]): Code {
  return tests.length === 1 ? tests[0] : code`(${join(tests, ' && ')})`;
}

function any(tests: readonly Code[]): Code {
  return tests.length === 1 ? tests[0] : code`(${join(tests, ' || ')})`;
}
