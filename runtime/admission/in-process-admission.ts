// Admission for one engine, in its own memory: the gates in order, reservations by decision id, everything bounded.
// `judgeSync` is the whole of it; the asynchronous port around it exists for adapters that have to ask elsewhere.

import type { PolicyMeta, ProgramMeta } from '../contract.ts';
import { decisionId, type Outcome, type Proposal } from '../decision.ts';
import { ActMemory } from './act-memory.ts';
import type { Admission, PastDecision, Verdict } from './admission.ts';
import { policyHorizonMs } from './admission.ts';
import type { GateEntry } from './gates/gate.ts';
import { gates as allGates } from './gates/index.ts';

export interface InProcessAdmissionOptions {
  readonly program: ProgramMeta;
  /** Policy-and-key pairs remembered at most; beyond it proposals are refused rather than let through unbounded. */
  readonly keysMax?: number;
  /** Verdicts remembered at most, for re-deliveries; the oldest are dropped. */
  readonly verdictsMax?: number;
  readonly gates?: readonly GateEntry[];
}

interface Held {
  readonly verdict: Verdict;
  readonly forgetAt: number;
  /** What to give back on release; `null` once committed or when nothing was reserved. */
  reserved: { readonly policy: PolicyMeta; readonly key: string; readonly at: number } | null;
}

/** Expired verdicts dropped with each new one: more than one, so that the memory shrinks again after a burst. */
const dropPerVerdict = 4;

export class InProcessAdmission implements Admission {
  readonly #gates: readonly GateEntry[];
  readonly #keysMax: number;
  readonly #verdictsMax: number;
  readonly #acts: ActMemory;
  readonly #held = new Map<string, Held>();
  #program: ProgramMeta;

  constructor({ program, keysMax = 500_000, verdictsMax = 100_000, gates = allGates }: InProcessAdmissionOptions) {
    this.#program = program;
    this.#gates = gates;
    this.#keysMax = keysMax;
    this.#verdictsMax = verdictsMax;
    this.#acts = new ActMemory(keysMax);
  }

  /** For metrics and tests: what is held in memory. */
  get size(): { readonly keys: number; readonly verdicts: number } {
    return { keys: this.#acts.size, verdicts: this.#held.size };
  }

  /** The verdict on a proposal; what passes counts against its policy's cooldown and limit from here on. */
  judgeSync(proposal: Proposal, now: number): Verdict {
    const { policy, key, at } = proposal;
    const id = decisionId(policy.hash, key, at, 0);
    const held = this.#held.get(id);
    if (held !== undefined) return held.verdict;

    const refusal = this.#ask(proposal, now);
    const verdict: Verdict = refusal === null ? passed(id, policy) : { id, outcome: 'refused', ...refusal };
    if (refusal === null) this.#acts.add(policy, key, at, now);
    this.#hold(verdict, policy, refusal === null ? { policy, key, at } : null, now);
    return verdict;
  }

  async judge(proposal: Proposal, now: number): Promise<Verdict> {
    return this.judgeSync(proposal, now);
  }

  async commit(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held !== undefined) held.reserved = null;
  }

  async release(id: string): Promise<void> {
    const held = this.#held.get(id);
    if (held === undefined || held.reserved === null) return;
    this.#acts.remove(held.reserved.policy, held.reserved.key, held.reserved.at);
    this.#held.delete(id);
  }

  async restore(decisions: readonly PastDecision[], policies: readonly PolicyMeta[], now: number): Promise<void> {
    const byName = new Map(policies.map((policy) => [policy.name, policy]));
    for (const { id, policy: name, key, at, outcome, gate, reason } of decisions) {
      const policy = byName.get(name);
      if (policy === undefined || this.#held.has(id)) continue;
      this.#hold({ id, outcome, gate, reason }, policy, null, now);
      if (outcome === 'refused') continue;
      // Counted in the budget in which it was made, also when the policy has since left shadow mode or gone back to it.
      this.#acts.add({ ...policy, mode: outcome === 'shadowed' ? 'shadow' : 'enforce' }, key, at, now);
    }
  }

  useProgram(program: ProgramMeta): void {
    this.#program = program;
  }

  #ask(proposal: Proposal, now: number): Pick<Verdict, 'gate' | 'reason'> | null {
    const acted = this.#acts.of(proposal.policy, proposal.key);
    const question = { proposal, program: this.#program, now, acted };
    for (const gate of this.#gates) {
      const reason = gate.refuse(question);
      if (reason !== null) return { gate: gate.name, reason };
    }
    if (this.#acts.hasRoom(proposal.policy, proposal.key, now)) return null;
    return {
      gate: 'limit',
      reason: `limit: ${this.#keysMax} policy-and-key pairs have acted already, as many as this engine can watch`,
    };
  }

  #hold(verdict: Verdict, policy: PolicyMeta, reserved: Held['reserved'], now: number): void {
    this.#dropExpired(now);
    // A re-delivery that is older than this is refused by the stale gate, and in the ledger its id is taken.
    this.#held.set(verdict.id, { verdict, forgetAt: now + policyHorizonMs(policy) + policy.maxAgeMs, reserved });
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

function passed(id: string, policy: PolicyMeta): Verdict {
  return { id, outcome: outcomeOf[policy.mode], gate: null, reason: null };
}

const outcomeOf: Readonly<Record<PolicyMeta['mode'], Outcome>> = {
  shadow: 'shadowed',
  approve: 'awaiting_approval',
  enforce: 'admitted',
};
