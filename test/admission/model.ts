// The gates once more, as plainly as can be: nothing is forgotten, nothing is shared with the engine's own code, every
// answer is computed anew from the whole list of what happened. What adapters are held to by model.test.ts.

import type { AdmissionRequest, AdmissionTarget } from '../../runtime/admission/admission.ts';

interface Happened {
  readonly id: string;
  readonly world: string;
  readonly fleet: string;
  readonly policy: string;
  readonly priority: number;
  readonly settleMs: number;
  readonly grows: number;
  readonly shrinks: number;
  readonly net: number;
  readonly mine: boolean;
  end: number | null;
  readonly endAtLatest: number;
  unseen: number;
}

interface Sizes {
  readings: { readonly at: number; readonly members: number }[];
}

export type ModelVerdict = { readonly outcome: string; readonly gate: string | null };

interface Told extends ModelVerdict {
  readonly request: AdmissionRequest;
  committed: boolean;
}

const perMs = 60_000;
const share = 0.2;
const ticketMs = 5_000;

export class Model {
  readonly told = new Map<string, Told>();
  #acts: { readonly id: string; readonly name: string; readonly at: number }[] = [];
  #happened: Happened[] = [];
  readonly #sizes = new Map<string, Sizes>();
  #line: { readonly id: string; readonly fleet: string; readonly priority: number; askedAt: number }[] = [];
  readonly #waited = new Set<string>();

  judge(request: AdmissionRequest, now: number): ModelVerdict {
    const { id } = request;
    const before = this.told.get(id);
    if (before !== undefined) {
      const same = before.outcome === 'refused' || before.committed || numbersOf(before.request) === numbersOf(request);
      if (same) return before;
      this.#undo(id);
    }
    const verdict = this.#ask(request, now);
    if (verdict.outcome === 'waiting') {
      this.#waited.add(id);
      return verdict;
    }
    this.#line = this.#line.filter((place) => place.id !== id);
    this.#waited.delete(id);
    this.told.set(id, { ...verdict, request, committed: false });
    if (verdict.outcome !== 'refused') this.#do(request, now);
    return verdict;
  }

  commit(id: string): void {
    const told = this.told.get(id);
    if (told !== undefined) told.committed = true;
  }

  release(id: string): void {
    this.#line = this.#line.filter((place) => place.id !== id);
    this.#waited.delete(id);
    const told = this.told.get(id);
    if (told === undefined || told.committed || told.outcome === 'refused') return;
    this.#undo(id);
  }

  finish(id: string, now: number, done: boolean): void {
    if (!done) this.#happened = this.#happened.filter((one) => one.id !== id || one.world !== 'real');
    for (const one of this.#happened) if (one.id === id) one.end ??= now;
  }

  #undo(id: string): void {
    this.told.delete(id);
    this.#acts = this.#acts.filter((act) => act.id !== id);
    this.#happened = this.#happened.filter((one) => one.id !== id);
  }

  #do(request: AdmissionRequest, now: number): void {
    const { id, proposal, targets, deadline, runMs } = request;
    const { policy, key, at } = proposal;
    const world = worldOf(request);
    this.#acts.push({ id, name: `${world} ${policy.name} ${key}`, at });
    if (policy.mode === 'approve') return;
    for (const target of targets)
      this.#happened.push({
        ...{ id, world, fleet: target.fleet.name, policy: policy.name, priority: policy.priority },
        ...{ settleMs: policy.settleMs, grows: target.grows, shrinks: target.shrinks, net: netOf(target), mine: true },
        end: policy.mode === 'shadow' ? now : null,
        endAtLatest: deadline + runMs,
        unseen: netOf(target),
      });
  }

  #ask(request: AdmissionRequest, now: number): ModelVerdict {
    const { proposal, targets, deadline, id } = request;
    const { policy, key, at } = proposal;
    if (now - at > policy.maxAgeMs) return refused(this.#waited.has(id) ? 'busy' : 'stale');
    for (const { counts, size, idle } of targets)
      if (counts && (size === null || size.members < 1 || now - size.at > 30_000 || idle !== null))
        return refused('inventory');
    const acts = this.#acts.filter((act) => act.name === `${worldOf(request)} ${policy.name} ${key}`);
    const inCooldown = acts.some((act) => at < act.at + policy.cooldownMs);
    const { limit } = policy;
    const overLimit = limit !== null && acts.filter((act) => act.at > at - limit.perMs).length >= limit.count;
    for (const [index, target] of targets.entries()) {
      const fresh = this.#read(request, target, now);
      const gate = this.#settles(request, target, fresh, now)
        ? 'settling'
        : index === 0 && inCooldown
          ? 'cooldown'
          : index === 0 && overLimit
            ? 'limit'
            : this.#refusal(request, target, now);
      if (gate === null) continue;
      const waits = policy.busy === 'wait' && policy.mode === 'enforce' && now < deadline;
      if (!waits || (gate !== 'settling' && gate !== 'busy')) return refused(gate);
      const place = this.#line.find((one) => one.id === id);
      if (place === undefined || place.askedAt + ticketMs <= now) {
        this.#line = this.#line.filter((one) => one.id !== id);
        this.#line.push({ id, fleet: target.fleet.name, priority: policy.priority, askedAt: now });
      } else place.askedAt = now;
      return { outcome: 'waiting', gate };
    }
    if (targets.length === 0 && inCooldown) return refused('cooldown');
    if (targets.length === 0 && overLimit) return refused('limit');
    return {
      outcome: { shadow: 'shadowed', approve: 'awaiting_approval', enforce: 'admitted' }[policy.mode],
      gate: null,
    };
  }

  #of(request: AdmissionRequest, { fleet }: AdmissionTarget): readonly Happened[] {
    return this.#happened.filter((one) => one.world === worldOf(request) && one.fleet === fleet.name);
  }

  /** Whether the size may be relied on; a difference that nobody here made has happened now. */
  #read(request: AdmissionRequest, target: AdmissionTarget, now: number): boolean {
    const { size, counts, fleet } = target;
    if (!counts || size === null) return true;
    const name = `${worldOf(request)} ${fleet.name}`;
    const sizes = this.#sizes.get(name) ?? { readings: [] };
    this.#sizes.set(name, sizes);
    const of = this.#of(request, target).filter((one) => stillMatters(one, now));
    const fresh = of.every(
      (one) => !one.mine || one.grows + one.shrinks === 0 || one.end === null || size.at >= one.end,
    );
    const last = sizes.readings.at(-1);
    if (last !== undefined && size.at < last.at && last.at > now - perMs) return fresh && size.members === last.members;
    const difference = last === undefined || last.at <= now - perMs ? null : size.members - last.members;
    if (difference === null) sizes.readings = [];
    sizes.readings.push({ at: size.at, members: size.members });
    let left = difference ?? 0;
    for (const one of of) {
      const part = left > 0 ? Math.max(0, Math.min(left, one.unseen)) : Math.min(0, Math.max(left, one.unseen));
      one.unseen -= part;
      left -= part;
    }
    if (left !== 0)
      this.#happened.push({
        ...{ id: 'somebody', world: worldOf(request), fleet: fleet.name, policy: '', priority: 0, settleMs: 0 },
        ...{ grows: Math.max(0, left), shrinks: Math.max(0, -left), net: left, mine: false },
        ...{ end: now, endAtLatest: now, unseen: 0 },
      });
    return fresh;
  }

  #settles(request: AdmissionRequest, target: AdmissionTarget, fresh: boolean, now: number): boolean {
    if (target.size?.inTransition === true || !fresh) return true;
    return this.#of(request, target).some((one) => (endOf(one, now) ?? Number.NaN) + one.settleMs > now);
  }

  #refusal(request: AdmissionRequest, target: AdmissionTarget, now: number): string | null {
    const { policy } = request.proposal;
    const all = this.#of(request, target);
    const counted = all.filter((one) => (endOf(one, now) ?? now) + perMs > now);
    const grown = sum(counted.map((one) => one.grows));
    const gone = sum(counted.map((one) => one.shrinks));
    const { readings } = this.#sizes.get(`${worldOf(request)} ${target.fleet.name}`) ?? { readings: [] };
    const atBegin = readings.findLast((one) => one.at <= now - perMs) ?? readings[0];
    const before = atBegin?.members ?? target.size?.members ?? 0;
    const seen = sum(counted.map((one) => one.grows - Math.max(0, one.unseen)));
    const withoutGrowth = target.size === null ? before : Math.min(before, target.size.members - seen);
    if (target.grows > 0 && grown + target.grows > whole(withoutGrowth)) return 'budget';
    if (target.shrinks > 0 && gone + target.shrinks > whole(before)) return 'budget';
    const opposite = all.some((one) => {
      const end = endOf(one, now);
      const locks = end === null || end + Math.max(one.settleMs, perMs) > now;
      const against = (target.direction === 'up' && one.net < 0) || (target.direction === 'down' && one.net > 0);
      return one.mine && locks && against && policy.priority <= one.priority;
    });
    if (opposite) return 'opposite';
    if (all.some((one) => endOf(one, now) === null)) return 'busy';
    const line = this.#line.filter((one) => one.fleet === target.fleet.name && one.askedAt + ticketMs > now);
    const own = worldOf(request) === 'shadow' ? -1 : line.findIndex((one) => one.id === request.id);
    const ahead = line.some(
      (one, place) =>
        one.id !== request.id &&
        (one.priority > policy.priority || (one.priority === policy.priority && (own < 0 || place < own))),
    );
    return ahead && worldOf(request) === 'real' ? 'busy' : null;
  }
}

function refused(gate: string): ModelVerdict {
  return { outcome: 'refused', gate };
}

function worldOf({ proposal }: AdmissionRequest): string {
  return proposal.policy.mode === 'shadow' ? 'shadow' : 'real';
}

function netOf({ change }: AdmissionTarget): number {
  return change === null ? 0 : change.to - change.from;
}

function numbersOf({ targets }: AdmissionRequest): string {
  return JSON.stringify(targets.map((target) => [target.fleet.name, target.grows, target.shrinks, netOf(target)]));
}

function endOf({ end, endAtLatest }: Happened, now: number): number | null {
  return end ?? (now >= endAtLatest ? endAtLatest : null);
}

/** Nobody looks further back than this, not even to explain a size. */
function stillMatters(one: Happened, now: number): boolean {
  return (endOf(one, now) ?? now) + Math.max(perMs, one.settleMs) > now;
}

function whole(members: number): number {
  return Math.max(0, Math.floor(members * share + 1e-9));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
