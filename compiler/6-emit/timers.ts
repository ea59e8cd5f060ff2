// What generated code remembers of a condition's past: its state in locals, brought up to date row by row.

import type { StateSlot } from '../../runtime/contract.ts';
import type { BooleanIr } from '../4-lower/ir.ts';
import { helpingTimers, type Timer } from '../4-lower/timers.ts';
import { type Code, code, join, literal } from './code.ts';
import { isTrueNow, type Scope, timer, whenFalse, whenTrue } from './expression.ts';

const never = literal(Number.NEGATIVE_INFINITY);

/** The statements that bring a timer up to date, one line each. `ticks`: a row may be a deadline. */
export function updateTimer(entry: Timer, ticks: boolean, scope: Scope): readonly Code[] {
  switch (entry.op) {
    case 'missing-for': {
      const present = timer('present', entry.timer);
      const metric = scope.metric(entry.slot);
      return [code`if (${metric} === ${metric} || ${present} !== ${present}) ${present} = at;`];
    }
    case 'for':
      return scope.onMissing === 'hold' ? updateHeld(entry, scope) : updateReset(entry, ticks, scope);
    case 'within':
      return [remember(entry.timer, entry.condition, ticks, scope)];
    case 'sequence':
      return [...judgeSequence(entry, scope), remember(entry.timer, entry.first, ticks, scope)];
  }
}

type For = Extract<Timer, { op: 'for' }>;

/** Unknown neither advances the run nor ends it. */
function updateHeld({ condition, timer: number }: For, scope: Scope): readonly Code[] {
  const held = timer('held', number);
  const ends = code`else if (${whenFalse(condition, scope)}) ${timer('seen', number)} = ${never};`;
  if (!scope.sameTimes) return [code`if (${whenTrue(condition, scope)}) ${advance(number, scope)} ${ends}`];
  return [code`const ${held} = ${whenTrue(condition, scope)};`, code`if (${held}) ${advance(number, scope)} ${ends}`];
}

/** Unknown ends the run; what is unknown at a deadline leaves no trace. */
function updateReset({ condition, timer: number }: For, ticks: boolean, scope: Scope): readonly Code[] {
  const doubt = timer('doubt', number);
  const seen = timer('seen', number);
  const ends = ticks ? code`if (!${doubt} || !batch.tick) ${seen} = ${never};` : code`${seen} = ${never};`;
  return [
    code`let ${doubt} = false;`,
    code`if (${whenTrue(condition, scope)}) ${advance(number, scope)} else { ${doubt} = !(${whenFalse(condition, scope)}); ${ends} }`,
  ];
}

function advance(number: number, scope: Scope): Code {
  const since = timer('since', number);
  const seen = timer('seen', number);
  return code`{ if (!(at - ${seen} <= ${literal(scope.staleMs)})) ${since} = at; ${seen} = at; }`;
}

function remember(number: number, condition: BooleanIr, ticks: boolean, scope: Scope): Code {
  const unknown = code`!(${whenFalse(condition, scope)})`;
  const doubt = ticks ? code`!batch.tick && ${unknown}` : unknown;
  return code`if (${whenTrue(condition, scope)}) ${timer('true', number)} = at; else if (${doubt}) ${timer('unknown', number)} = at;`;
}

/** 1 for true, −1 for false, 0 for unknown: from what was known of the first part before this row. */
function judgeSequence(entry: Extract<Timer, { op: 'sequence' }>, scope: Scope): readonly Code[] {
  const began = timer('began', entry.timer);
  const wasTrue = code`at - ${began} <= ${literal(entry.durationMs)}`;
  const wasUnknown = code`at - ${timer('unknown', entry.timer)} <= ${literal(entry.durationMs)}`;
  const isFalse = code`${whenFalse(entry.second, scope)} || !(${wasTrue} || ${wasUnknown})`;
  return [
    code`const ${began} = ${timer('true', entry.timer)};`,
    code`const ${timer('then', entry.timer)} = ${whenTrue(entry.second, scope)} && ${wasTrue} ? 1 : ${isFalse} ? -1 : 0;`,
  ];
}

/** Since when the condition has held: the earliest beginning among the timers that make it true. */
export function pendingAt(when: BooleanIr, scope: Scope): Code {
  const starts = helpingTimers(when).map((entry) => startOf(entry, scope));
  if (starts.length === 0) return code`at`;
  return starts.length === 1 ? starts[0] : code`Math.min(${join(starts, ', ')})`;
}

function startOf(entry: Timer, scope: Scope): Code {
  const duration = literal(entry.durationMs);
  switch (entry.op) {
    case 'for': {
      const since = timer('since', entry.timer);
      return code`${isTrueNow(entry.timer, scope)} && at - ${since} >= ${duration} ? ${since} : at`;
    }
    case 'missing-for': {
      const present = timer('present', entry.timer);
      return code`at - ${present} >= ${duration} ? ${present} : at`;
    }
    case 'within': {
      const last = timer('true', entry.timer);
      return code`at - ${last} <= ${duration} ? ${last} : at`;
    }
    case 'sequence':
      return code`${timer('then', entry.timer)} > 0 ? ${timer('began', entry.timer)} : at`;
  }
}

/** The local variable of a state slot. */
export function stateName(slot: StateSlot): Code {
  switch (slot.kind) {
    case 'active':
      return code`active`;
    case 'last-fired':
      return code`fired`;
    case 'last-row':
      return code`last`;
    case 'since':
    case 'seen':
      return timer(slot.kind, slot.timer);
    case 'last-present':
      return timer('present', slot.timer);
    case 'last-true':
      return timer('true', slot.timer);
    case 'last-unknown':
      return timer('unknown', slot.timer);
  }
}

export function stateAt(place: number): Code {
  return place === 0 ? code`state[offset]` : code`state[offset + ${literal(place)}]`;
}
