// What all members of a key observed in a window: their histograms' growths in one distribution, out of which a member's
// are taken when they leave the window and when it has been silent for longer than `stale after`. Nothing is scanned
// again for an event.

import type { DerivedMeta, HistogramPoint, MergedKernel } from '../../contract.ts';
import { StateReader } from '../state/state-reader.ts';
import type { StateWriter } from '../state/state-writer.ts';
import { Distribution } from './distribution.ts';
import { ExactSum } from './exact-sum.ts';
import { HistogramHistory } from './histogram-history.ts';
import { grownOutput, rateOf } from './histogram-kernel.ts';
import { ListStore, type StoredKernel } from './kernel-store.ts';
import { finite, Ring } from './ring.ts';

/** Points that have left early and may still be in order, beside as many as there are. */
const leftMost = 64;

class KeyState {
  readonly grown = new Distribution();
  /** Times and members of the points in all windows, in order of time; some may have left. */
  readonly order = new Ring();
  points = 0;
  /** The member that was heard of longest ago, and the one heard of last. */
  first: MemberHistory | null = null;
  last: MemberHistory | null = null;
  /** Members with two points or more: those that can have grown. */
  growing = 0;
  /** Of these together, observations per second; and those whose own are unknown. */
  readonly rate = new ExactSum();
  unrated = 0;
  /** The outputs, while nothing has changed. */
  readonly results: Float64Array;
  changed = true;

  constructor(outputs: number) {
    this.results = new Float64Array(outputs);
  }
}

class MemberHistory extends HistogramHistory {
  readonly key: KeyState;
  readonly member: number;
  heardAt = 0;
  before: MemberHistory | null = null;
  after: MemberHistory | null = null;
  #rate = Number.NaN;

  constructor(key: KeyState, member: number) {
    super(key.grown);
    this.key = key;
    this.member = member;
  }

  /** Takes its part out of what the members have in common: its points are about to change. */
  leave(): void {
    const { key } = this;
    key.changed = true;
    key.points -= this.size;
    if (this.size < 2) return;
    key.growing--;
    if (Number.isNaN(this.#rate)) key.unrated--;
    else key.rate.add(-this.#rate);
  }

  enter(): void {
    const { key } = this;
    key.points += this.size;
    if (this.size < 2) return;
    key.growing++;
    this.#rate = rateOf(this);
    if (Number.isNaN(this.#rate)) key.unrated++;
    else key.rate.add(this.#rate);
  }

  /** It was heard of last. */
  link(): void {
    const { key } = this;
    this.before = key.last;
    if (key.last === null) key.first = this;
    else key.last.after = this;
    key.last = this;
  }

  unlink(): void {
    const { key, before, after } = this;
    if (before === null) key.first = after;
    else before.after = after;
    if (after === null) key.last = before;
    else after.before = before;
    this.before = null;
    this.after = null;
  }
}

type Histories = (MemberHistory | null)[];

export class MergedHistograms implements MergedKernel, StoredKernel {
  /** Beside the states: the members' histories by their numbers. */
  readonly store: ListStore<KeyState, Histories>;
  readonly #meta: DerivedMeta;
  readonly #lost: () => void;

  /** `lost` is called when a point leaves because its member’s window is full. */
  constructor(meta: DerivedMeta, lost: () => void) {
    this.#meta = meta;
    this.#lost = lost;
    this.store = new ListStore(`merged of ${meta.capacity} for ${meta.outputs}`, [], {
      create: () => new KeyState(meta.outputs.length),
      save: saveState,
      load: (state, from) => loadState(state, from, meta.capacity, this.store.beside),
      drop: (state) => {
        while (state.first !== null) this.#forget(state.first);
      },
    });
  }

  take(key: number, member: number, time: number, point: HistogramPoint | null): void {
    if (member < 0 || point === null) return;
    const state = this.store.of(key);
    const members = this.store.beside;
    let history = members[member] ?? null;
    if (history !== null && (history.key !== state || time - history.heardAt > this.#meta.gapMs)) {
      this.#forget(history);
      history = null;
    }
    if (history === null) history = begin(members, state, member);
    else history.unlink();
    history.leave();
    if (history.size === this.#meta.capacity) {
      history.drop();
      this.#lost();
    }
    history.take(time, point);
    history.enter();
    history.heardAt = time;
    history.link();
    if (state.order.size > 2 * state.points + leftMost) this.#tidy(state);
    state.order.append(time, member);
  }

  push(key: number, time: number, _value: number, out: Float64Array, at: number): void {
    const state = this.store.of(key);
    while (state.first !== null && time - state.first.heardAt > this.#meta.gapMs) this.#forget(state.first);
    this.#expire(state, time - this.#meta.widthMs);
    const { results } = state;
    if (state.changed) {
      for (let k = 0; k < results.length; k++) results[k] = this.#output(state, k);
      state.changed = false;
    }
    for (let k = 0; k < results.length; k++) out[at + k] = results[k];
  }

  #expire(state: KeyState, cut: number): void {
    const { order } = state;
    for (; order.size > 0 && order.oldestTime <= cut; order.shift()) {
      const history = this.#ownOf(state, order.oldest);
      if (history === null || history.size === 0 || history.oldestTime > cut) continue;
      history.leave();
      while (history.size > 0 && history.oldestTime <= cut) history.drop();
      history.enter();
    }
  }

  /** The number of a member may have become another's, perhaps of another key. */
  #ownOf(state: KeyState, member: number): MemberHistory | null {
    const history = this.store.beside[member] ?? null;
    return history?.key === state ? history : null;
  }

  #forget(history: MemberHistory): void {
    history.unlink();
    history.leave();
    while (history.size > 0) history.drop();
    this.store.beside[history.member] = null;
  }

  /** Leaves those out of the order that have left. */
  #tidy(state: KeyState): void {
    const { order } = state;
    for (let left = order.size; left > 0; left--) {
      const { oldestTime: time, oldest: member } = order;
      order.shift();
      const history = this.#ownOf(state, member);
      if (history !== null && history.size > 0 && history.oldestTime <= time) order.append(time, member);
    }
  }

  #output(state: KeyState, k: number): number {
    if (state.growing === 0) return Number.NaN;
    const output = this.#meta.outputs[k];
    if (output !== 'rate') return grownOutput(state.grown, output);
    return state.unrated > 0 ? Number.NaN : finite(state.rate.value());
  }
}

function begin(members: Histories, state: KeyState, member: number): MemberHistory {
  for (let k = members.length; k <= member; k++) members.push(null);
  const history = new MemberHistory(state, member);
  members[member] = history;
  return history;
}

function saveState(state: KeyState, to: StateWriter): void {
  for (let history = state.first; history !== null; history = history.after) {
    to.count(1);
    to.count(history.member);
    to.number(history.heardAt);
    history.save(to);
  }
  to.count(0);
}

function loadState(state: KeyState, from: StateReader, capacity: number, members: Histories): void {
  const points: [time: number, member: number][] = [];
  while (from.count(1, 'a member') === 1) {
    const member = from.member();
    if (members[member] !== null && members[member] !== undefined) throw StateReader.damaged('a member');
    const history = begin(members, state, member);
    history.heardAt = from.finite('a member');
    if (state.last !== null && history.heardAt < state.last.heardAt) throw StateReader.damaged('a member');
    history.load(from, capacity);
    history.enter();
    history.link();
    for (let k = 0; k < history.size; k++) points.push([history.data[history.index(k)], member]);
  }
  points.sort(([a], [b]) => a - b);
  for (const [time, member] of points) state.order.append(time, member);
}
