// The timers of a policy as the interpreter sees them: what each remembers, when it is true, and when time alone may
// make it so. One row after the other; inner timers before outer ones.

import type { PolicyMeta, StateSlot } from '../../runtime/contract.ts';
import type { BooleanIr, PolicyIr, ScheduleIr } from './ir.ts';
import type { Truth } from './kleene.ts';
import { nextChange } from './schedule.ts';

type For = Extract<BooleanIr, { op: 'for' }>;
type MissingFor = Extract<BooleanIr, { op: 'missing-for' }>;
type Within = Extract<BooleanIr, { op: 'within' }>;
type Sequence = Extract<BooleanIr, { op: 'sequence' }>;

/** The state of one policy for one key, by name. */
export class PolicyState {
  readonly #slots: readonly StateSlot[];
  readonly #values: Float64Array;
  readonly #offset: number;

  constructor(slots: readonly StateSlot[], values: Float64Array, offset: number) {
    this.#slots = slots;
    this.#values = values;
    this.#offset = offset;
  }

  get(kind: StateSlot['kind'], timer = -1): number {
    return this.#values[this.#place(kind, timer)];
  }

  set(kind: StateSlot['kind'], timer: number, value: number): void {
    this.#values[this.#place(kind, timer)] = value;
  }

  #place(kind: StateSlot['kind'], timer: number): number {
    const place = this.#slots.findIndex((slot) => slot.kind === kind && (!('timer' in slot) || slot.timer === timer));
    if (place < 0) throw new Error(`the policy has no state ${kind} ${timer}`);
    return this.#offset + place;
  }
}

/** What timers need of the row under way. */
export interface TimerMoment {
  readonly at: number;
  /** A deadline: what is unknown there leaves no trace. */
  readonly tick: boolean;
  readonly state: PolicyState;
  /** Timers of `for` whose condition is true now: of rows of one time another one may have been the last seen. */
  readonly held: Set<number>;
  /** By timer: when the first part of a sequence that is true now was true. */
  readonly began: Map<number, number>;
}

export function judgeFor(ir: For, condition: Truth, policy: PolicyIr, staleMs: number, moment: TimerMoment): Truth {
  const { at, tick, state } = moment;
  const runs = at - state.get('seen', ir.timer) <= staleMs;
  const isLong = (): boolean => at - state.get('since', ir.timer) >= ir.durationMs;
  if (condition === true) {
    if (!runs) state.set('since', ir.timer, at);
    state.set('seen', ir.timer, at);
    moment.held.add(ir.timer);
    return isLong();
  }
  if (condition === false) {
    state.set('seen', ir.timer, Number.NEGATIVE_INFINITY);
    return false;
  }
  if (policy.onMissing === 'hold') return runs && isLong() ? null : false;
  if (!tick) state.set('seen', ir.timer, Number.NEGATIVE_INFINITY);
  return null;
}

export function judgeMissingFor(ir: MissingFor, { at, state }: TimerMoment): Truth {
  const absentMs = at - state.get('last-present', ir.timer);
  return Number.isNaN(absentMs) ? null : absentMs >= ir.durationMs;
}

export function judgeWithin(ir: Within, condition: Truth, moment: TimerMoment): Truth {
  const { at, state } = moment;
  remember(ir.timer, condition, moment);
  if (at - state.get('last-true', ir.timer) <= ir.durationMs) return true;
  return at - state.get('last-unknown', ir.timer) <= ir.durationMs ? null : false;
}

export function judgeSequence(ir: Sequence, first: Truth, second: Truth, moment: TimerMoment): Truth {
  const { at, state } = moment;
  const wasTrueAt = state.get('last-true', ir.timer);
  const wasTrue = at - wasTrueAt <= ir.durationMs;
  const wasUnknown = at - state.get('last-unknown', ir.timer) <= ir.durationMs;
  remember(ir.timer, first, moment);
  if (second === false || !(wasTrue || wasUnknown)) return false;
  if (second === null || !wasTrue) return null;
  moment.began.set(ir.timer, wasTrueAt);
  return true;
}

function remember(timer: number, condition: Truth, { at, tick, state }: TimerMoment): void {
  if (condition === true) state.set('last-true', timer, at);
  else if (condition === null && !tick) state.set('last-unknown', timer, at);
}

/** Since when the condition has held: the earliest beginning among the timers that make it true. */
export function pendingAt(when: BooleanIr, moment: TimerMoment): number {
  const { at, state, began, held } = moment;
  let earliest = at;
  const visit = (ir: BooleanIr, nots: number): void => {
    const helps = nots % 2 === 0;
    switch (ir.op) {
      case 'and':
      case 'or':
        for (const operand of ir.operands) visit(operand, nots);
        break;
      case 'not':
        visit(ir.operand, nots + 1);
        break;
      case 'for': {
        visit(ir.condition, nots);
        const since = state.get('since', ir.timer);
        const isTrue = held.has(ir.timer) && at - since >= ir.durationMs;
        if (helps && isTrue) earliest = Math.min(earliest, since);
        break;
      }
      case 'missing-for': {
        const present = state.get('last-present', ir.timer);
        if (helps && at - present >= ir.durationMs) earliest = Math.min(earliest, present);
        break;
      }
      case 'within': {
        visit(ir.condition, nots);
        const last = state.get('last-true', ir.timer);
        if (helps && at - last <= ir.durationMs) earliest = Math.min(earliest, last);
        break;
      }
      case 'sequence':
        visit(ir.first, nots);
        visit(ir.second, nots);
        if (helps) earliest = Math.min(earliest, began.get(ir.timer) ?? at);
        break;
      default:
    }
  };
  visit(when, 0);
  return earliest;
}

/** The earliest time after the last row at which time alone may make the policy fire; +∞ when it can't. */
export function nextDue(policy: PolicyIr, meta: PolicyMeta, state: PolicyState): number {
  const last = state.get('last-row');
  const silences = [...silencesOf(policy.when), ...(policy.until === null ? [] : silencesOf(policy.until))];
  const deadlines = silences.map(({ timer, durationMs }) => state.get('last-present', timer) + durationMs);
  // A silence that lasts goes on when the policy's hours begin, and the policy re-arms when they end.
  if (deadlines.some((deadline) => deadline <= last))
    deadlines.push(...schedulesOf(policy.when).map((schedule) => nextChange(schedule, last)));
  if (state.get('active') !== 0) deadlines.push(state.get('last-fired') + meta.cooldownMs);
  return Math.min(Number.POSITIVE_INFINITY, ...deadlines.filter((deadline) => deadline > last));
}

export function silencesOf(ir: BooleanIr): readonly MissingFor[] {
  return partsOf(ir).filter((part) => part.op === 'missing-for');
}

function schedulesOf(ir: BooleanIr): readonly ScheduleIr[] {
  return partsOf(ir).flatMap((part) => (part.op === 'schedule' ? [part.schedule] : []));
}

function partsOf(ir: BooleanIr): readonly BooleanIr[] {
  switch (ir.op) {
    case 'and':
    case 'or':
      return ir.operands.flatMap(partsOf);
    case 'not':
      return partsOf(ir.operand);
    case 'for':
    case 'within':
      return partsOf(ir.condition);
    case 'sequence':
      return [...partsOf(ir.first), ...partsOf(ir.second)];
    default:
      return [ir];
  }
}
