// Admission that several engines share: gates that look at the request alone are asked here, all others by one script in
// Redis, one round trip for each fleet. What can't be asked refuses; who only tells people is let through all the same.

import type { PolicyMeta, ProgramMeta } from '../contract.ts';
import type { PlannedAction } from '../decision.ts';
import type { ControlSnapshot } from '../ledger/control-store.ts';
import { type RedisPort, RedisProblem } from '../ports/redis.ts';
import { ActMemory } from './act-memory.ts';
import type { Admission, AdmissionHealth, AdmissionRequest, PastDecision, Verdict } from './admission.ts';
import * as ask from './ask.ts';
import { type Orders, ordersOf } from './orders.ts';
import { GateKeys, type TagKeys } from './redis/keys.ts';
import type { Reply } from './redis/reply.ts';
import { restoreTags, tagsOf } from './redis/restore.ts';
import { runScript } from './redis/run-script.ts';
import { finishArguments, judgeArguments } from './redis/script-arguments.ts';

export interface RedisAdmissionOptions {
  readonly redis: RedisPort;
  readonly program: ProgramMeta;
  /** The ledger's: what was kept under another one is not believed. */
  readonly incarnation: string;
  /** First part of every key; `ddl` when left out. */
  readonly prefix?: string;
  /**
   * Redis has lost what it knew, or never knew it: `restore` is to be called with the ledger's decisions. Called once
   * until it has been.
   */
  readonly onLost: () => void;
  /** Tests alone: the clock is that of the caller, not that of Redis. */
  readonly callersClock?: boolean;
}

/** What is to be told to Redis once it can be reached: something that is certain, whenever it arrives. */
interface Unsent {
  readonly keys: readonly string[];
  readonly operation: 'commit' | 'release' | 'finish';
  readonly args: Readonly<Record<string, unknown>>;
}

const unsentMax = 10_000;
const reservedMax = 10_000;
/** Tags looked after in one call of `health`. */
const tagsPerHealth = 50;

export class RedisAdmission implements Admission {
  readonly #options: RedisAdmissionOptions;
  readonly #keys: GateKeys;
  /** Acts of those that only tell people, for when Redis can't be asked. */
  readonly #tellers = new ActMemory(100_000);
  readonly #waiting = new Map<string, AdmissionRequest>();
  /** Not committed yet. */
  readonly #reserved = new Map<string, AdmissionRequest>();
  #unsent: Unsent[] = [];
  #program: ProgramMeta;
  #orders: Orders | null = null;
  #problem = 'the gates have not been built from the ledger yet';
  #lost = true;
  /** A restore is under way, or has been asked for. */
  #restoring = false;
  #evicts: string | null = null;
  #nextTag = 0;

  constructor(options: RedisAdmissionOptions) {
    this.#options = options;
    this.#program = options.program;
    this.#keys = new GateKeys(options.prefix ?? 'ddl', options.incarnation);
    // Another server may answer now, with other settings.
    options.redis.onConnected(() => void this.#checkEviction());
  }

  async judge(request: AdmissionRequest, now: number): Promise<Verdict> {
    const found = ask.refuseByRequest(request, now, this.#orders);
    const refusal = found !== null && this.#waiting.has(request.id) ? ask.waitedInVain(found) : found;
    try {
      if (this.#evicts !== null) throw new Error(this.#evicts);
      const verdict = await this.#judge(request, refusal, now);
      this.#note(request, verdict, now);
      void this.#sendUnsent();
      return verdict;
    } catch (error) {
      this.#waiting.delete(request.id);
      this.#reserved.delete(request.id);
      return this.#withoutRedis(request, refusal, textOf(error), now);
    }
  }

  async commit(id: string): Promise<void> {
    const reserved = this.#reserved.get(id);
    if (reserved === undefined) return;
    this.#reserved.delete(id);
    for (const step of ask.stepsOf(reserved))
      await this.#tell({ keys: this.#keysOf(reserved, step), operation: 'commit', args: { id } });
  }

  async release(id: string): Promise<void> {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    const reserved = this.#reserved.get(id);
    this.#reserved.delete(id);
    const request = reserved ?? waiting;
    if (request !== undefined) await this.#release(request, ask.stepsOf(request), null);
  }

  /** Resolves also when Redis can't be told at this moment: it will be. */
  async finish(
    { id, actions }: { readonly id: string; readonly actions: readonly PlannedAction[] },
    now: number,
    done = true,
  ): Promise<void> {
    for (const fleet of new Set(actions.map(({ target }) => target))) {
      if (fleet === null) continue;
      const tag = this.#keys.ofFleet(fleet);
      const keys = [tag.alive, tag.decision(id), tag.book('enforce')];
      const args = { ...finishArguments(id, done, fleet, this.#program), ...this.#clock(now) };
      await this.#tell({ keys, operation: 'finish', args });
    }
  }

  /** Errors: `RedisProblem`; what was not restored stays lost. */
  async restore(decisions: readonly PastDecision[], program: ProgramMeta, now: number): Promise<void> {
    this.#program = program;
    this.#restoring = true;
    try {
      await restoreTags(decisions, program, this.#keys, now, (keys, args) =>
        this.#run('restore', keys, { ...args, ...this.#clock(now) }),
      );
    } finally {
      this.#restoring = false;
    }
    this.#lost = false;
  }

  useControls(controls: ControlSnapshot, now: number): void {
    this.#orders = ordersOf(controls, now);
  }

  /** Also sends what could not be sent, and keeps what is not used from expiring. To be called every second or so. */
  async health(): Promise<AdmissionHealth> {
    try {
      await this.#checkEviction();
      if (this.#evicts !== null) throw new Error(this.#evicts);
      await this.#sendUnsent();
      if (!this.#lost) await this.#lookAfterTags();
    } catch (error) {
      return { state: 'unreachable', problem: textOf(error) };
    }
    return this.#lost ? { state: 'lost', problem: this.#problem } : { state: 'open', problem: null };
  }

  async #judge(request: AdmissionRequest, refusal: ask.Refusal | null, now: number): Promise<Verdict> {
    // Whoever asks again wants what was reserved before.
    this.#unsent = this.#unsent.filter(({ operation, args }) => operation !== 'release' || args.id !== request.id);
    const steps = ask.stepsOf(request);
    const looked: ask.StepViews[] = [];
    for (const [index, step] of steps.entries()) {
      const args = { ...judgeArguments(request, step, refusal, now), ...this.#clock(now) };
      let reply: Reply;
      try {
        reply = await this.#run('judge', this.#keysOf(request, step), args);
        if (reply.state === 'lost') throw new Error(this.#loseAll());
      } catch (error) {
        // What is refused here shall not be reserved there, where nobody knows whether it was.
        const doubtful = error instanceof RedisProblem && error.sent ? index + 1 : index;
        void this.#release(request, steps.slice(0, doubtful), null);
        throw error;
      }
      if (reply.outcome !== undefined)
        return {
          ...{ id: request.id, outcome: reply.outcome, gate: reply.gate ?? null, reason: reply.reason ?? null },
          remaining: reply.remaining ?? null,
        };
      const views = viewsOf(step, reply);
      looked.push(views);
      if (reply.gate === undefined) continue;
      const remaining = ask.remainingOf(request, looked);
      const stopped = reply.lineFull === true ? ask.lineFull : reasonOf(request, reply.gate, views);
      const verdict =
        reply.waiting === true
          ? ask.waiting(request, stopped, reply.ahead ?? 0, remaining)
          : ask.refused(request, stopped, remaining);
      if (index > 0) await this.#release(request, steps.slice(0, index), verdict);
      return verdict;
    }
    return ask.passed(request, ask.remainingOf(request, looked));
  }

  #note(request: AdmissionRequest, { outcome }: Verdict, now: number): void {
    const { id, proposal } = request;
    if (outcome === 'waiting') {
      this.#waiting.set(id, request);
      return;
    }
    this.#waiting.delete(id);
    if (outcome === 'refused') return;
    if (request.tellsOnly) this.#tellers.add(proposal.policy, proposal.key, proposal.at, now);
    if (this.#reserved.size < reservedMax) this.#reserved.set(id, request);
  }

  /** People are told, as often as this engine knows that they may be; nothing else happens. */
  #withoutRedis(request: AdmissionRequest, refusal: ask.Refusal | null, problem: string, now: number): Verdict {
    if (refusal !== null) return ask.refused(request, refusal, null);
    const { policy, key, at } = request.proposal;
    if (!request.tellsOnly || !this.#tellers.hasRoom(policy, key, now))
      return ask.refused(request, { gate: 'unavailable', reason: `unavailable: ${problem}` }, null);
    const views = { target: null, view: null, acts: this.#tellers.look(policy, key, at) };
    const found = ask.refuseByState(request, views);
    const remaining = ask.remainingOf(request, [views]);
    if (found !== null) return ask.refused(request, found, remaining);
    this.#tellers.add(policy, key, at, now);
    return ask.passed(request, remaining);
  }

  async #release(request: AdmissionRequest, steps: readonly ask.Step[], verdict: Verdict | null): Promise<void> {
    const { id, proposal } = request;
    const stored = verdict === null || verdict.outcome === 'waiting' ? {} : { verdict: storedVerdict(verdict) };
    for (const step of steps) {
      const keys = this.#keysOf(request, step);
      await this.#tell({ keys, operation: 'release', args: { id, priority: proposal.policy.priority, ...stored } });
    }
  }

  #keysOf({ id, proposal }: AdmissionRequest, { target }: ask.Step): readonly string[] {
    const { policy, key } = proposal;
    const tag = target === null ? this.#keys.ofPolicy(policy.name) : this.#keys.ofFleet(target.fleet.name);
    return keysIn(tag, id, policy, key);
  }

  async #tell(unsent: Unsent): Promise<void> {
    try {
      await this.#run(unsent.operation, unsent.keys, unsent.args);
    } catch {
      // What is forgotten here runs out by itself: a lease with its deadline, a reservation with its lease.
      if (this.#unsent.length < unsentMax) this.#unsent.push(unsent);
    }
  }

  async #sendUnsent(): Promise<void> {
    if (this.#unsent.length === 0 || !this.#options.redis.connected) return;
    for (const unsent of this.#unsent.splice(0)) await this.#tell(unsent);
  }

  #run(operation: string, keys: readonly string[], args: Readonly<Record<string, unknown>>): Promise<Reply> {
    return runScript(this.#options.redis, operation, keys, args);
  }

  #clock(now: number): Readonly<Record<string, unknown>> {
    return this.#options.callersClock === true ? { now } : {};
  }

  #loseAll(): string {
    this.#problem = 'what the gates knew was lost; they are rebuilt from the ledger';
    this.#lost = true;
    if (!this.#restoring) {
      this.#restoring = true;
      this.#options.onLost();
    }
    return this.#problem;
  }

  async #checkEviction(): Promise<void> {
    const policy = await this.#options.redis.setting('maxmemory-policy').catch(() => null);
    if (policy === null) return;
    this.#evicts =
      policy === 'noeviction'
        ? null
        : `Redis may evict what the gates rely on (maxmemory-policy ${policy}); set it to noeviction`;
  }

  async #lookAfterTags(): Promise<void> {
    const tags = tagsOf(this.#program, this.#keys);
    for (let count = 0; count < Math.min(tagsPerHealth, tags.length); count++) {
      const tag = tags[this.#nextTag++ % tags.length];
      if (tag === undefined) return;
      const { state } = await this.#run('alive', [tag.alive], {});
      if (state === 'lost') {
        this.#loseAll();
        return;
      }
    }
  }
}

/** In the order that the script states. */
function keysIn(tag: TagKeys, id: string, { name, mode }: PolicyMeta, key: string): readonly string[] {
  return [tag.alive, tag.decision(id), tag.book(mode), tag.acts(mode, name, key), tag.policyStatus(name)];
}

/** As the script looked; what was asked then is said again, whatever the sizes are by now. */
function viewsOf({ target }: ask.Step, reply: Reply): ask.StepViews {
  const { acts = null, view = null, asked } = reply;
  if (target === null || asked === undefined) return { target, acts, view };
  const { grows, shrinks, direction, inTransition } = asked;
  const size = target.size === null ? null : { ...target.size, inTransition };
  return { target: { ...target, grows, shrinks, direction, size }, acts, view };
}

function reasonOf(request: AdmissionRequest, gate: NonNullable<Reply['gate']>, views: ask.StepViews): ask.Refusal {
  const found = ask.refuseByState(request, views);
  if (found?.gate !== gate)
    throw new Error(`the script refused by ${gate}, the gates by ${found?.gate ?? 'none'}: their laws differ`);
  return found;
}

function storedVerdict({ outcome, gate, reason, remaining }: Verdict): Readonly<Record<string, unknown>> {
  return {
    outcome,
    ...(gate === null ? {} : { gate }),
    ...(reason === null ? {} : { reason }),
    ...(remaining === null ? {} : { remaining }),
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
