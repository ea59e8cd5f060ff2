// Admission for one engine, in its own memory: the gates in order, reservations by decision id, everything bounded.
// `judgeSync` is the whole of it; the asynchronous port around it exists for adapters that have to ask elsewhere.

import type { PolicyMeta, ProgramMeta } from '../contract.ts';
import type { PlannedAction } from '../decision.ts';
import type { ControlSnapshot } from '../ledger/control-store.ts';
import { ActMemory } from './act-memory.ts';
import {
  type Admission,
  type AdmissionHealth,
  type AdmissionRequest,
  type AdmissionTarget,
  type PastDecision,
  policyHorizonMs,
  type Verdict,
} from './admission.ts';
import * as ask from './ask.ts';
import { type Change, FleetBook } from './fleet-book.ts';
import { type Orders, ordersOf } from './orders.ts';
import { inOrder, pastChanges } from './past-changes.ts';

export interface InProcessAdmissionOptions {
  /** Policy-and-key pairs remembered at most; beyond it proposals are refused rather than let through unbounded. */
  readonly keysMax?: number;
  /** Verdicts remembered at most, for re-deliveries; the oldest are dropped. */
  readonly verdictsMax?: number;
}

interface Held {
  readonly verdict: Verdict;
  readonly forgetAt: number;
  /** What to give back on release; `null` once committed or when nothing was reserved. */
  reserved: AdmissionRequest | null;
}

/** Expired verdicts dropped with each new one: more than one, so that the memory shrinks again after a burst. */
const dropPerVerdict = 4;

export class InProcessAdmission implements Admission {
  readonly #keysMax: number;
  readonly #verdictsMax: number;
  readonly #acts: ActMemory;
  readonly #held = new Map<string, Held>();
  /** By `bookName`. */
  readonly #books = new Map<string, FleetBook>();
  /** Decisions in line, by id, with the fleet that they wait for. */
  readonly #waiting = new Map<string, string>();
  #orders: Orders | null = null;

  constructor({ keysMax = 500_000, verdictsMax = 100_000 }: InProcessAdmissionOptions = {}) {
    this.#keysMax = keysMax;
    this.#verdictsMax = verdictsMax;
    this.#acts = new ActMemory(keysMax);
  }

  /** For metrics and tests: what is held in memory. */
  get size(): { readonly keys: number; readonly verdicts: number; readonly waiting: number } {
    return { keys: this.#acts.size, verdicts: this.#held.size, waiting: this.#waiting.size };
  }

  /** The verdict on a proposal; what passes counts against all bounds from here on. */
  judgeSync(request: AdmissionRequest, now: number): Verdict {
    const { id, proposal } = request;
    const held = this.#held.get(id);
    if (held !== undefined && (held.reserved === null || ask.isSame(held.reserved, request))) return held.verdict;
    // Nobody has written it down, and sizes have changed since: what was reserved is not what would be done.
    if (held !== undefined) this.#giveBack(held.reserved ?? request);

    const verdict = this.#judge(request, now);
    if (verdict.outcome === 'waiting') return verdict;
    this.#leave(id);
    const reserves = verdict.outcome !== 'refused';
    if (reserves) this.#reserve(request, now);
    this.#hold(verdict, proposal.policy, request.deadline + request.runMs, reserves ? request : null, now);
    return verdict;
  }

  /** What every gate with its view says to a proposal at this moment; nothing is reserved. */
  explain(request: AdmissionRequest, now: number): readonly ask.StepViews[] {
    return ask.stepsOf(request).map((step) => this.#look(request, step, now));
  }

  async judge(request: AdmissionRequest, now: number): Promise<Verdict> {
    return this.judgeSync(request, now);
  }

  async commit(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held !== undefined) held.reserved = null;
  }

  async release(id: string): Promise<void> {
    this.#leave(id);
    const held = this.#held.get(id);
    if (held === undefined || held.reserved === null) return;
    this.#giveBack(held.reserved);
  }

  async finish(
    decision: { readonly id: string; readonly actions: readonly PlannedAction[] },
    now: number,
    done = true,
  ): Promise<void> {
    this.finishSync(decision, now, done);
  }

  finishSync(
    { id, actions }: { readonly id: string; readonly actions: readonly PlannedAction[] },
    now: number,
    done = true,
  ): void {
    for (const fleet of new Set(actions.map(({ target }) => target)))
      if (fleet !== null) this.#books.get(bookName('enforce', fleet))?.finish(id, now, done);
  }

  async restore(decisions: readonly PastDecision[], program: ProgramMeta, now: number): Promise<void> {
    const byName = new Map(program.policies.map((policy) => [policy.name, policy]));
    const fleets = new Map(program.fleets.map((fleet) => [fleet.name, fleet]));
    for (const decision of inOrder(decisions, now)) {
      const { id, policy: name, key, at, outcome, gate, reason, remaining = null } = decision;
      if (this.#held.has(id)) {
        if (typeof decision.finishedAt === 'number')
          this.finishSync({ id, actions: decision.actions ?? [] }, decision.finishedAt);
        continue;
      }
      const mode = outcome === 'shadowed' ? 'shadow' : 'enforce';
      for (const { fleet: on, change, size } of pastChanges(decision, program)) {
        const fleet = fleets.get(on);
        if (fleet !== undefined) this.#bookOf(mode, on).restore(change, size, fleet);
      }
      const policy = byName.get(name);
      if (policy === undefined) continue;
      this.#hold({ id, outcome, gate, reason, remaining }, policy, now, null, now);
      // Counted in the budget in which it was made, also when the policy has since left shadow mode or gone back to it.
      if (outcome !== 'refused') this.#acts.add({ ...policy, mode }, key, at, now);
    }
  }

  useControls(controls: ControlSnapshot, now: number): void {
    this.#orders = ordersOf(controls, now);
  }

  async health(): Promise<AdmissionHealth> {
    return { state: 'open', problem: null };
  }

  #judge(request: AdmissionRequest, now: number): Verdict {
    const { id, proposal } = request;
    const refusal = ask.refuseByRequest(request, now, this.#orders);
    if (refusal !== null)
      return ask.refused(request, this.#waiting.has(id) ? ask.waitedInVain(refusal) : refusal, null);

    const looked: ask.StepViews[] = [];
    for (const step of ask.stepsOf(request)) {
      const views = this.#look(request, step, now);
      looked.push(views);
      const found = ask.refuseByState(request, views);
      if (found === null) continue;
      const remaining = ask.remainingOf(request, looked);
      if (step.target === null || !ask.waits(request, found.gate, now)) return ask.refused(request, found, remaining);
      const ahead = this.#book(proposal.policy, step.target.fleet.name).wait(askerOf(request), now);
      if (ahead === null) return ask.refused(request, ask.lineFull, remaining);
      this.#waiting.set(id, step.target.fleet.name);
      return ask.waiting(request, found, ahead, remaining);
    }
    const remaining = ask.remainingOf(request, looked);
    if (this.#acts.hasRoom(proposal.policy, proposal.key, now)) return ask.passed(request, remaining);
    const reason = `limit: ${this.#keysMax} policy-and-key pairs have acted already, as many as this engine can watch`;
    return ask.refused(request, { gate: 'limit', reason }, remaining);
  }

  #look(request: AdmissionRequest, { acts, target }: ask.Step, now: number): ask.StepViews {
    const { policy, key, at } = request.proposal;
    return {
      target,
      acts: acts ? this.#acts.look(policy, key, at) : null,
      view: target === null ? null : this.#book(policy, target.fleet.name).look(target, askerOf(request), now),
    };
  }

  #reserve(request: AdmissionRequest, now: number): void {
    const { policy, key, at } = request.proposal;
    this.#acts.add(policy, key, at, now);
    // A person who approves is asked first; what the fleet says then is asked then.
    if (policy.mode === 'approve') return;
    for (const target of request.targets) this.#book(policy, target.fleet.name).add(changeOf(request, target, now));
  }

  #giveBack({ id, proposal, targets }: AdmissionRequest): void {
    this.#acts.remove(proposal.policy, proposal.key, proposal.at);
    for (const { fleet } of targets) this.#book(proposal.policy, fleet.name).remove(id);
    this.#held.delete(id);
  }

  #leave(id: string): void {
    const fleet = this.#waiting.get(id);
    if (fleet === undefined) return;
    this.#waiting.delete(id);
    this.#bookOf('enforce', fleet).leave(id);
  }

  #book({ mode }: PolicyMeta, fleet: string): FleetBook {
    return this.#bookOf(mode, fleet);
  }

  #bookOf(mode: PolicyMeta['mode'], fleet: string): FleetBook {
    const name = bookName(mode, fleet);
    const book = this.#books.get(name) ?? new FleetBook();
    this.#books.set(name, book);
    return book;
  }

  #hold(
    verdict: Verdict,
    policy: PolicyMeta,
    atLeastUntil: number,
    reserved: AdmissionRequest | null,
    now: number,
  ): void {
    this.#dropExpired(now);
    // A re-delivery that is older than this is refused by the stale gate, and in the ledger its id is taken.
    const forgetAt = Math.max(now + policyHorizonMs(policy) + policy.maxAgeMs, atLeastUntil);
    this.#held.set(verdict.id, { verdict, forgetAt, reserved });
  }

  #dropExpired(now: number): void {
    let dropped = 0;
    for (const [id, held] of this.#held) {
      const full = this.#held.size >= this.#verdictsMax;
      if (!full && (dropped >= dropPerVerdict || held.forgetAt >= now)) return;
      this.#held.delete(id);
      dropped++;
    }
  }
}

/** Shadow has books of its own: what was only thought must not hold back what is real, nor the other way round. */
function bookName(mode: PolicyMeta['mode'], fleet: string): string {
  return `${mode === 'shadow' ? 'shadow' : 'real'}\0${fleet}`;
}

function askerOf({ id, proposal }: AdmissionRequest): { id: string; priority: number } {
  return { id, priority: proposal.policy.priority };
}

/** What only was thought is over at once: nobody carries it out. */
function changeOf(request: AdmissionRequest, target: AdmissionTarget, now: number): Change {
  const { id, proposal, deadline, runMs } = request;
  const { name, priority, settleMs, mode } = proposal.policy;
  const net = target.change === null ? 0 : target.change.to - target.change.from;
  return {
    id,
    policy: name,
    priority,
    direction: target.direction,
    grows: target.grows,
    shrinks: target.shrinks,
    settleMs,
    external: false,
    finishedAt: mode === 'shadow' ? now : null,
    expiresAt: mode === 'shadow' ? now : deadline + runMs,
    unseenUp: Math.max(0, net),
    unseenDown: Math.max(0, -net),
  };
}
