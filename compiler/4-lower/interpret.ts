// Runs the intermediate representation as it stands: the meaning that both generated evaluators are held to. Written
// for plainness; shares no code with them but the state layout and the order of events.

import type {
  AcrossKernel,
  Batch,
  FeedSchema,
  HistogramKernel,
  HistogramPoint,
  Kernel,
  MergedKernel,
  PolicyCode,
  ProgramCode,
  ProgramMeta,
  SchemaMeta,
  Sink,
} from '../../runtime/contract.ts';
import { type DerivedPlan, type KernelPlan, memberColumn, pointColumn, takesMembers } from './derived.ts';
import {
  judgeFor,
  judgeMissingFor,
  judgeSequence,
  judgeWithin,
  nextDue,
  PolicyState,
  pendingAt,
  silencesOf,
  type TimerMoment,
} from './interpret-timers.ts';
import type { BooleanIr, NumberIr, PolicyIr, ProgramIr } from './ir.ts';
import { compare, conjunction, disjunction, negation, type Truth } from './kleene.ts';
import { isOpen } from './schedule.ts';
import { isBooleanIr } from './timers.ts';
import type { Witness } from './witness.ts';

interface Moment extends TimerMoment {
  readonly batch: Batch;
  readonly row: number;
}

const noState = new Float64Array(0);

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
        for (const rows of rowsByTime(batch, from, to)) {
          for (const [k, kernel] of kernels.entries()) {
            if (takesMembers(kernel.meta)) {
              for (const row of rows) interpreters[k].take(kernel, instances[k], batch, row, key);
            }
            for (const row of rows) interpreters[k].feed(kernel, instances[k], batch, row, key);
          }
        }
      };
      return [{ run: feed, keys: null }];
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
        const moment = this.#moment(batch, row, noState, 0);
        for (const [index, clause] of this.#policy.clauses.entries()) {
          out[index] = clause.measured === null ? Number.NaN : this.#number(clause.measured, moment);
        }
      },
      due: this.#policy.meta.ticks ? (state, offset) => this.#due(state, offset) : null,
    };
  }

  #moment(batch: Batch, row: number, state: Float64Array, offset: number): Moment {
    const named = new PolicyState(this.#policy.meta.state, state, offset);
    return { batch, row, at: batch.time[row], tick: batch.tick, state: named, held: new Set(), began: new Map() };
  }

  #due(state: Float64Array, offset: number): number {
    const { meta } = this.#policy;
    return nextDue(this.#policy, meta, new PolicyState(meta.state, state, offset));
  }

  /** The kernels' state is the key's or, in what `across` looks at, the member's. */
  feed(kernel: KernelPlan, instance: Kernel, batch: Batch, row: number, key: number): void {
    const { kernel: name, member } = kernel.meta;
    const together = takesMembers(kernel.meta);
    const owner = member === undefined || together ? key : memberOf(batch, row, this.#schema, member);
    const place = row * batch.derivedWidth + kernel.slot;
    if (name === 'histogram') {
      const point = this.#observed(kernel, batch, row);
      (instance as HistogramKernel).observe(owner, batch.time[row], point, batch.derived, place);
      return;
    }
    const value = together ? Number.NaN : this.#pushed(kernel, batch, row);
    instance.push(owner, batch.time[row], value, batch.derived, place);
  }

  #observed({ derived: { input, where } }: KernelPlan, batch: Batch, row: number): HistogramPoint | null {
    if (where !== null && this.#peek(where, this.#moment(batch, row, noState, 0)) !== true) return null;
    const column = input.op === 'metric' ? pointColumn(this.#schema, input.slot) : -1;
    return batch.points[row * batch.pointWidth + column] ?? null;
  }

  take(kernel: KernelPlan, instance: Kernel, batch: Batch, row: number, key: number): void {
    const member = memberOf(batch, row, this.#schema, kernel.meta.member ?? -1);
    const at = batch.time[row];
    if (kernel.meta.kernel === 'merged')
      (instance as MergedKernel).take(key, member, at, this.#observed(kernel, batch, row));
    else (instance as AcrossKernel).take(key, member, at, this.#pushed(kernel, batch, row));
  }

  #pushed(kernel: KernelPlan, batch: Batch, row: number): number {
    const moment = this.#moment(batch, row, noState, 0);
    const { input, where } = kernel.derived;
    const chosen = where === null || this.#peek(where, moment) === true;
    let value = Number.NaN;
    if (chosen && kernel.meta.kernel === 'attendance') value = this.#tag(kernel.meta.member ?? -1, moment);
    else if (chosen && isBooleanIr(input))
      value = { true: 1, false: 0, null: Number.NaN }[`${this.#peek(input, moment)}`];
    else if (chosen && !isBooleanIr(input)) value = this.#number(input, moment);
    return value;
  }

  #judge(batch: Batch, row: number, state: Float64Array, offset: number, sink: Sink): void {
    const { meta, where, when, until, onMissing } = this.#policy;
    const moment = this.#moment(batch, row, state, offset);
    const { at, state: memory } = moment;
    if (!batch.tick && where !== null && this.#peek(where, moment) !== true) return;
    this.#notePresence(when, moment);
    if (until !== null) this.#notePresence(until, moment);
    if (meta.ticks) memory.set('last-row', -1, at);
    if (batch.lacks[row] !== 0 && meta.requires.some((slot) => Number.isNaN(this.#metric(slot, moment)))) {
      sink.skip(this.#index, row);
      return;
    }
    const isMet = this.#judgeCondition(when, moment);
    const isFalse = isMet === false || (isMet === null && onMissing === 'treat_as false' && !batch.tick);
    const isOver = until === null ? isFalse : this.#judgeCondition(until, moment) === true;
    const sinceFired = at - memory.get('last-fired');
    if (memory.get('active') === 0) {
      if (isMet !== true) return;
      memory.set('active', -1, 1);
      if (sinceFired >= meta.cooldownMs) memory.set('last-fired', -1, at);
      sink.fire(this.#index, row, at, 0, pendingAt(when, moment));
    } else if (isOver) {
      memory.set('active', -1, 0);
      sink.rearm(this.#index, row, at);
    } else if (isMet === true && sinceFired >= meta.cooldownMs) {
      memory.set('last-fired', -1, at);
      sink.fire(this.#index, row, at, 1, pendingAt(when, moment));
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
        return disjunction(ir.operands.map((operand) => this.#judgeCondition(operand, moment)));
      case 'not':
        return negation(this.#judgeCondition(ir.operand, moment));
      case 'for': {
        const condition = this.#judgeCondition(ir.condition, moment);
        return judgeFor(ir, condition, this.#policy, this.#schema.staleMs, moment);
      }
      case 'missing-for':
        return judgeMissingFor(ir, moment);
      case 'within':
        return judgeWithin(ir, this.#judgeCondition(ir.condition, moment), moment);
      case 'sequence': {
        const first = this.#judgeCondition(ir.first, moment);
        return judgeSequence(ir, first, this.#judgeCondition(ir.second, moment), moment);
      }
      default:
        return this.#truthWithoutTimers(ir, moment);
    }
  }

  /** The truth of a condition that holds no timer. */
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
        const value = this.#tag(ir.tag, moment);
        return value === -1 ? null : value === ir.value;
      }
      case 'missing':
        return Number.isNaN(this.#metric(ir.slot, moment));
      case 'tag-missing':
        return this.#tag(ir.tag, moment) === -1;
      case 'known':
        return ir.values.some((value) => Number.isNaN(this.#number(value, moment))) ? null : true;
      case 'schedule':
        return isOpen(ir.schedule, moment.at);
      case 'and':
        return conjunction(ir.operands.map((operand) => this.#peek(operand, moment)));
      case 'or':
        return disjunction(ir.operands.map((operand) => this.#peek(operand, moment)));
      case 'not':
        return negation(this.#peek(ir.operand, moment));
      case 'for':
      case 'missing-for':
      case 'within':
      case 'sequence':
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
        if (ir.name === 'at_least') return Math.max(x, low);
        if (ir.name === 'at_most') return Math.min(x, low);
        if (ir.name === 'floor') return Math.floor(x);
        if (ir.name === 'ceil') return Math.ceil(x);
        if (ir.name === 'round') return finite(Math.floor(x * (1 / low) + 0.5) / (1 / low));
        if (ir.name === 'now') return moment.at / 1000;
        throw new Error(`function ${ir.name} can't be interpreted`);
      }
      case 'choose': {
        const chosen = ir.cases.find((entry) => this.#peek(entry.when, moment) === true);
        return this.#number(chosen?.value ?? ir.otherwise, moment);
      }
    }
  }

  #metric(slot: number, { batch, row }: Moment): number {
    return batch.values[row * batch.width + slot];
  }

  /** The dense id of the row's tag, −1 when it has none; tag −1 is the key. */
  #tag(tag: number, { batch, row }: Moment): number {
    return tag < 0 ? batch.key[row] : batch.tags[row * batch.tagWidth + tag];
  }

  #notePresence(ir: BooleanIr, moment: Moment): void {
    for (const { slot, timer } of silencesOf(ir)) {
      const known = !Number.isNaN(this.#metric(slot, moment));
      if (known || Number.isNaN(moment.state.get('last-present', timer))) {
        moment.state.set('last-present', timer, moment.at);
      }
    }
  }
}

/** Rows `order[from…to)`, those of one time together. */
function rowsByTime(batch: Batch, from: number, to: number): readonly (readonly number[])[] {
  const groups: number[][] = [];
  for (let i = from; i < to; i++) {
    const row = batch.order[i];
    const last = groups[groups.length - 1];
    if (last !== undefined && batch.time[last[0]] === batch.time[row]) last.push(row);
    else groups.push([row]);
  }
  return groups;
}

function memberOf(batch: Batch, row: number, schema: SchemaMeta, tag: number): number {
  return batch.members[row * batch.memberWidth + memberColumn(schema, tag)];
}

function finite(x: number): number {
  return Number.isFinite(x) ? x : Number.NaN;
}
