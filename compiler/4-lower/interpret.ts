// Runs the intermediate representation as it stands: the meaning that both generated evaluators are held to. Written
// for plainness; shares no code with them but the state layout and the order of events.

import type {
  Batch,
  DerivedMeta,
  FeedSchema,
  Kernel,
  PolicyCode,
  ProgramCode,
  ProgramMeta,
  SchemaMeta,
  Sink,
  StateSlot,
} from '../../runtime/contract.ts';
import type { DerivedPlan } from './derived.ts';
import type { BooleanIr, Comparator, NumberIr, PolicyIr, ProgramIr } from './ir.ts';
import { isBooleanIr } from './timers.ts';
import type { Witness } from './witness.ts';

/** `null` is unknown. */
type Truth = boolean | null;

interface Moment {
  readonly batch: Batch;
  readonly row: number;
  readonly at: number;
  readonly state: Float64Array;
  readonly offset: number;
}

/** `meta` and `plan` as `emit` makes them without sharing. */
export function interpret(
  ir: ProgramIr,
  meta: ProgramMeta,
  plan: DerivedPlan,
  witness: Witness | null = null,
): ProgramCode {
  return {
    policies: ir.policies.map((policy, index) => {
      const stated = { ...policy, meta: meta.policies[index] };
      return new Interpreter(stated, index, meta.schemas[policy.meta.schema], plan, witness).code();
    }),
    feeds: meta.schemas.map((schema, index) => {
      const kernels = plan.kernels[index];
      if (kernels.length === 0) return [];
      const interpreters = kernels.map(
        (kernel) => new Interpreter(ir.policies[kernel.policy], kernel.policy, schema, plan, null),
      );
      const feed: FeedSchema = (batch, from, to, key, instances) => {
        for (let i = from; i < to; i++) {
          for (const [k, kernel] of kernels.entries()) {
            interpreters[k].feed(kernel, instances[k], batch, batch.order[i], key);
          }
        }
      };
      return [feed];
    }),
  };
}

class Interpreter {
  readonly #policy: PolicyIr;
  readonly #index: number;
  readonly #schema: SchemaMeta;
  readonly #plan: DerivedPlan;
  readonly #witness: Witness | null;

  constructor(policy: PolicyIr, index: number, schema: SchemaMeta, plan: DerivedPlan, witness: Witness | null) {
    this.#policy = policy;
    this.#index = index;
    this.#schema = schema;
    this.#plan = plan;
    this.#witness = witness;
  }

  code(): PolicyCode {
    return {
      run: (batch, from, to, state, offset, sink) => {
        for (let i = from; i < to; i++) this.#judge(batch, batch.order[i], state, offset, sink);
      },
      explain: (batch, row, out) => {
        const moment = { batch, row, at: batch.time[row], state: out, offset: 0 };
        for (const [index, clause] of this.#policy.clauses.entries()) {
          out[index] = clause.measured === null ? Number.NaN : this.#number(clause.measured, moment);
        }
      },
      due: this.#policy.meta.ticks ? (state, offset) => this.#due(state, offset) : null,
    };
  }

  feed(kernel: DerivedPlan['kernels'][number][number], instance: Kernel, batch: Batch, row: number, key: number): void {
    const moment = { batch, row, at: batch.time[row], state: new Float64Array(0), offset: 0 };
    const { input, where } = kernel.derived;
    const chosen = where === null || this.#peek(where, moment) === true;
    let value = Number.NaN;
    if (chosen && isBooleanIr(input)) value = { true: 1, false: 0, null: Number.NaN }[`${this.#peek(input, moment)}`];
    else if (chosen && !isBooleanIr(input)) value = this.#number(input, moment);
    instance.push(key, moment.at, value);
    for (const [output, slot] of kernel.slots) batch.derived[row * batch.derivedWidth + slot] = instance[output];
  }

  #judge(batch: Batch, row: number, state: Float64Array, offset: number, sink: Sink): void {
    const { meta, where, when, until } = this.#policy;
    const at = batch.time[row];
    const moment: Moment = { batch, row, at, state, offset };
    if (!batch.tick && where !== null && this.#peek(where, moment) !== true) return;
    this.#notePresence(when, moment);
    if (until !== null) this.#notePresence(until, moment);
    if (meta.ticks) this.#set(moment, 'last-row', -1, at);
    if (batch.lacks[row] !== 0 && meta.requires.some((slot) => Number.isNaN(this.#metric(slot, moment)))) {
      sink.skip(this.#index, row);
      return;
    }
    const isMet = this.#judgeCondition(when, moment);
    const isOver = until === null ? isMet === false : this.#judgeCondition(until, moment) === true;
    const sinceFired = at - this.#get(moment, 'last-fired', -1);
    if (this.#get(moment, 'active', -1) === 0) {
      if (isMet !== true) return;
      this.#set(moment, 'active', -1, 1);
      if (sinceFired >= meta.cooldownMs) this.#set(moment, 'last-fired', -1, at);
      sink.fire(this.#index, row, at, 0, this.#pendingAt(when, moment));
    } else if (isOver) {
      this.#set(moment, 'active', -1, 0);
      sink.rearm(this.#index, row, at);
    } else if (isMet === true && sinceFired >= meta.cooldownMs) {
      this.#set(moment, 'last-fired', -1, at);
      sink.fire(this.#index, row, at, 1, this.#pendingAt(when, moment));
    }
  }

  #judgeCondition(ir: BooleanIr, moment: Moment): Truth {
    const truth = this.#truthWithTimers(ir, moment);
    this.#witness?.truth(this.#index, ir, truth);
    return truth;
  }

  /** Every timer is brought up to date, whatever the other operands say. */
  #truthWithTimers(ir: BooleanIr, moment: Moment): Truth {
    switch (ir.op) {
      case 'and':
        return conjunction(ir.operands.map((operand) => this.#judgeCondition(operand, moment)));
      case 'or':
        return negation(conjunction(ir.operands.map((operand) => negation(this.#judgeCondition(operand, moment)))));
      case 'not':
        return negation(this.#judgeCondition(ir.operand, moment));
      case 'for':
        return this.#judgeFor(ir, this.#judgeCondition(ir.condition, moment), moment);
      case 'constant':
      case 'compare':
      case 'tag-is':
      case 'missing':
      case 'missing-for':
        return this.#truthWithoutTimers(ir, moment);
    }
  }

  #judgeFor(ir: Extract<BooleanIr, { op: 'for' }>, condition: Truth, moment: Moment): Truth {
    const { at } = moment;
    const seen = this.#get(moment, 'seen', ir.timer);
    const runs = at - seen <= this.#schema.staleMs;
    if (condition === true) {
      if (!runs) this.#set(moment, 'since', ir.timer, at);
      this.#set(moment, 'seen', ir.timer, at);
      return at - this.#get(moment, 'since', ir.timer) >= ir.durationMs;
    }
    if (condition === false) {
      this.#set(moment, 'seen', ir.timer, Number.NEGATIVE_INFINITY);
      return false;
    }
    return runs && at - this.#get(moment, 'since', ir.timer) >= ir.durationMs ? null : false;
  }

  /** The truth of a condition that holds no `for`. */
  #peek(ir: BooleanIr, moment: Moment): Truth {
    const truth = this.#truthWithoutTimers(ir, moment);
    this.#witness?.truth(this.#index, ir, truth);
    return truth;
  }

  #truthWithoutTimers(ir: BooleanIr, moment: Moment): Truth {
    switch (ir.op) {
      case 'constant':
        return ir.value;
      case 'compare':
        return compare(ir.comparator, this.#number(ir.left, moment), this.#number(ir.right, moment));
      case 'tag-is': {
        const { batch, row } = moment;
        const value = ir.tag < 0 ? batch.key[row] : batch.tags[row * batch.tagWidth + ir.tag];
        return value === -1 ? null : value === ir.value;
      }
      case 'missing':
        return Number.isNaN(this.#metric(ir.slot, moment));
      case 'missing-for': {
        const absentMs = moment.at - this.#get(moment, 'last-present', ir.timer);
        return Number.isNaN(absentMs) ? null : absentMs >= ir.durationMs;
      }
      case 'and':
        return conjunction(ir.operands.map((operand) => this.#peek(operand, moment)));
      case 'or':
        return negation(conjunction(ir.operands.map((operand) => negation(this.#peek(operand, moment)))));
      case 'not':
        return negation(this.#peek(ir.operand, moment));
      case 'for':
        throw new Error('a timer stands where none may');
    }
  }

  #number(ir: NumberIr, moment: Moment): number {
    const value = this.#numberOf(ir, moment);
    this.#witness?.number(this.#index, ir, value);
    return value;
  }

  #numberOf(ir: NumberIr, moment: Moment): number {
    switch (ir.op) {
      case 'number':
        return ir.value;
      case 'metric':
        return this.#metric(ir.slot, moment);
      case 'derived': {
        const { batch, row } = moment;
        return batch.derived[row * batch.derivedWidth + this.#plan.slot(this.#index, ir.index, ir.output)];
      }
      case 'add':
        return finite(this.#number(ir.left, moment) + this.#number(ir.right, moment));
      case 'subtract':
        return finite(this.#number(ir.left, moment) - this.#number(ir.right, moment));
      case 'multiply':
        return finite(this.#number(ir.left, moment) * this.#number(ir.right, moment));
      case 'divide':
        return finite(this.#number(ir.left, moment) / this.#number(ir.right, moment));
      case 'negate':
        return -this.#number(ir.operand, moment);
      case 'call': {
        const [x, low, high] = ir.args.map((arg) => this.#number(arg, moment));
        if (ir.name === 'abs') return Math.abs(x);
        if (ir.name === 'clamp') return Math.min(Math.max(x, low), high);
        throw new Error(`function ${ir.name} can't be interpreted`);
      }
    }
  }

  #metric(slot: number, { batch, row }: Moment): number {
    return batch.values[row * batch.width + slot];
  }

  #notePresence(ir: BooleanIr, moment: Moment): void {
    for (const timer of missingTimers(ir)) {
      const known = !Number.isNaN(this.#metric(timer.slot, moment));
      if (known || Number.isNaN(this.#get(moment, 'last-present', timer.timer))) {
        this.#set(moment, 'last-present', timer.timer, moment.at);
      }
    }
  }

  #pendingAt(when: BooleanIr, moment: Moment): number {
    let earliest = moment.at;
    for (const slot of this.#policy.meta.state) {
      if (slot.kind !== 'seen' && slot.kind !== 'last-present') continue;
      const timer = helpingTimers(when).find((candidate) => candidate.timer === slot.timer);
      if (timer === undefined) continue;
      const start = this.#get(moment, slot.kind === 'seen' ? 'since' : 'last-present', slot.timer);
      const isTrue = slot.kind === 'last-present' || this.#get(moment, 'seen', slot.timer) === moment.at;
      if (isTrue && moment.at - start >= timer.durationMs) earliest = Math.min(earliest, start);
    }
    return earliest;
  }

  #due(state: Float64Array, offset: number): number {
    const moment = { state, offset };
    const last = this.#get(moment, 'last-row', -1);
    const { when, until, meta } = this.#policy;
    const deadlines = [...missingTimers(when), ...(until === null ? [] : missingTimers(until))].map(
      (timer) => this.#get(moment, 'last-present', timer.timer) + timer.durationMs,
    );
    if (this.#get(moment, 'active', -1) !== 0) deadlines.push(this.#get(moment, 'last-fired', -1) + meta.cooldownMs);
    return Math.min(Number.POSITIVE_INFINITY, ...deadlines.filter((deadline) => deadline > last));
  }

  #place(kind: StateSlot['kind'], timer: number): number {
    return this.#policy.meta.state.findIndex(
      (slot) => slot.kind === kind && (!('timer' in slot) || slot.timer === timer),
    );
  }

  #get(moment: { state: Float64Array; offset: number }, kind: StateSlot['kind'], timer: number): number {
    return moment.state[moment.offset + this.#place(kind, timer)];
  }

  #set(moment: Moment, kind: StateSlot['kind'], timer: number, value: number): void {
    moment.state[moment.offset + this.#place(kind, timer)] = value;
  }
}

function allTimers(ir: BooleanIr): readonly Extract<BooleanIr, { op: 'for' | 'missing-for' }>[] {
  if (ir.op === 'and' || ir.op === 'or') return ir.operands.flatMap(allTimers);
  if (ir.op === 'not') return allTimers(ir.operand);
  if (ir.op === 'for') return [...allTimers(ir.condition), ir];
  return ir.op === 'missing-for' ? [ir] : [];
}

/** Those whose truth speaks for the condition's: an even number of `not`s stands around them. */
function helpingTimers(ir: BooleanIr, nots = 0): readonly Extract<BooleanIr, { op: 'for' | 'missing-for' }>[] {
  if (ir.op === 'and' || ir.op === 'or') return ir.operands.flatMap((operand) => helpingTimers(operand, nots));
  if (ir.op === 'not') return helpingTimers(ir.operand, nots + 1);
  const own = (ir.op === 'for' || ir.op === 'missing-for') && nots % 2 === 0 ? [ir] : [];
  return ir.op === 'for' ? [...helpingTimers(ir.condition, nots), ...own] : own;
}

function missingTimers(ir: BooleanIr): readonly Extract<BooleanIr, { op: 'missing-for' }>[] {
  return allTimers(ir).filter((timer) => timer.op === 'missing-for');
}

function compare(comparator: Comparator, left: number, right: number): Truth {
  if (Number.isNaN(left) || Number.isNaN(right)) return null;
  switch (comparator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

/** Kleene: one false makes it false, else one unknown makes it unknown. */
function conjunction(truths: readonly Truth[]): Truth {
  if (truths.includes(false)) return false;
  return truths.includes(null) ? null : true;
}

function negation(truth: Truth): Truth {
  return truth === null ? null : !truth;
}

function finite(x: number): number {
  return Number.isFinite(x) ? x : Number.NaN;
}

/** Kernels that keep every sample and compute from scratch. */
export class PlainKernel implements Kernel {
  readonly #meta: DerivedMeta;
  readonly #samples = new Map<number, { time: number; value: number }[]>();
  value = Number.NaN;
  sum = Number.NaN;
  avg = Number.NaN;
  count = Number.NaN;
  increase = Number.NaN;
  rate = Number.NaN;

  constructor(meta: DerivedMeta) {
    this.#meta = meta;
  }

  push(key: number, time: number, value: number): void {
    const { kernel, widthMs, capacity } = this.#meta;
    const before = this.#samples.get(key) ?? [];
    if (kernel === 'hold') {
      const held = Number.isNaN(value) ? before : [{ time, value }];
      this.#samples.set(key, held);
      this.value = held.length === 1 && time - held[0].time <= widthMs ? held[0].value : Number.NaN;
      return;
    }
    const all = Number.isNaN(value) ? before : [...before, { time, value }];
    const samples = all.filter((sample) => sample.time > time - widthMs).slice(-capacity);
    this.#samples.set(key, samples);
    const values = samples.map((sample) => sample.value);
    this.count = values.length;
    this.sum = values.length === 0 ? Number.NaN : finite(exactSum(values));
    this.avg = values.length === 0 ? Number.NaN : finite(exactSum(values) / values.length);
    this.value = values.length === 0 ? Number.NaN : kernel === 'min' ? Math.min(...values) : Math.max(...values);
    const growths = values.slice(1).map((after, k) => (after >= values[k] ? after - values[k] : after));
    const elapsedMs = samples.length < 2 ? Number.NaN : samples[samples.length - 1].time - samples[0].time;
    this.increase = samples.length < 2 ? Number.NaN : finite(exactSum(growths));
    this.rate = samples.length < 2 ? Number.NaN : finite((exactSum(growths) * 1000) / elapsedMs);
  }
}

/** Sum with the rounding errors added up beside it. Source: Neumaier (1974), improved Kahan–Babuška summation. */
function exactSum(values: readonly number[]): number {
  let sum = 0;
  let lost = 0;
  for (const x of values) {
    const next = sum + x;
    lost += Math.abs(sum) >= Math.abs(x) ? sum - next + x : x - next + sum;
    sum = next;
  }
  return sum + lost;
}
