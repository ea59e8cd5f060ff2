// When each policy last acted on each key. Holds no more per key than its gates look at, forgets keys whose acts no
// gate can see any more, and never more than `keysMax` keys.

import type { PolicyMeta } from '../contract.ts';
import { policyHorizonMs } from './admission.ts';

/** What the gates see of a policy's acts for a key. Event times, epoch ms. */
export interface ActsView {
  readonly last: number | null;
  /** Acts in the limit's time before the proposal, that moment excluded. */
  readonly recent: number;
  /** When that one was with whose leaving there is room for one more; `null` when there is none. */
  readonly leaving: number | null;
}

interface Acts {
  /** Event times, ascending. */
  at: number[];
  /** Epoch ms from which no proposal that is young enough to act can see these. */
  forgetAt: number;
}

/** Keys looked at for forgetting with each new act: keeps the cost of an act flat. */
const sweepPerAct = 8;

export class ActMemory {
  readonly #keysMax: number;
  readonly #acts = new Map<string, Acts>();
  #sweep: Iterator<[string, Acts]> | null = null;

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  get size(): number {
    return this.#acts.size;
  }

  /** What the policy did for the key, to a proposal of the event time `at`. */
  look(policy: PolicyMeta, key: string, at: number): ActsView {
    return actsView(this.#acts.get(nameOf(policy, key))?.at ?? [], policy, at);
  }

  /** Whether one more key can be remembered. Looks for keys to forget before it says no. */
  hasRoom(policy: PolicyMeta, key: string, now: number): boolean {
    if (this.#acts.size < this.#keysMax || this.#acts.has(nameOf(policy, key))) return true;
    this.forget(now);
    return this.#acts.size < this.#keysMax;
  }

  add(policy: PolicyMeta, key: string, at: number, now: number): void {
    this.#sweepSome(now);
    const name = nameOf(policy, key);
    const acts = this.#acts.get(name) ?? { at: [], forgetAt: 0 };
    this.#acts.set(name, acts);
    insertAscending(acts.at, at);
    // More than the limit's count are never looked at; without a limit only the last is.
    const keep = Math.max(1, policy.limit?.count ?? 1);
    if (acts.at.length > keep) acts.at.splice(0, acts.at.length - keep);
    acts.forgetAt = Math.max(acts.forgetAt, (acts.at.at(-1) ?? at) + policyHorizonMs(policy) + policy.maxAgeMs);
  }

  remove(policy: PolicyMeta, key: string, at: number): void {
    const name = nameOf(policy, key);
    const acts = this.#acts.get(name);
    const index = acts?.at.lastIndexOf(at) ?? -1;
    if (acts === undefined || index < 0) return;
    acts.at.splice(index, 1);
    if (acts.at.length === 0) this.#acts.delete(name);
  }

  /** Drops every key that no gate can see any more. */
  forget(now: number): void {
    for (const [name, acts] of this.#acts) if (acts.forgetAt < now) this.#acts.delete(name);
  }

  #sweepSome(now: number): void {
    for (let step = 0; step < sweepPerAct; step++) {
      this.#sweep ??= this.#acts.entries();
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = null;
        return;
      }
      const [name, acts] = next.value;
      if (acts.forgetAt < now) this.#acts.delete(name);
    }
  }
}

/** `acted`: event times, ascending, as far back as the gates of the policy look. */
export function actsView(acted: readonly number[], { limit }: PolicyMeta, at: number): ActsView {
  const last = acted.at(-1) ?? null;
  if (limit === null) return { last, recent: 0, leaving: null };
  const recent = acted.filter((time) => time > at - limit.perMs);
  return { last, recent: recent.length, leaving: recent[recent.length - limit.count] ?? null };
}

/** Shadow has a budget of its own: what was only thought must not hold back what is real, nor the other way round. */
function nameOf(policy: PolicyMeta, key: string): string {
  return `${policy.mode === 'shadow' ? 'shadow' : 'real'}\0${policy.name}\0${key}`;
}

function insertAscending(times: number[], at: number): void {
  let index = times.length;
  while (index > 0 && (times[index - 1] ?? 0) > at) index--;
  times.splice(index, 0, at);
}
