// What an engine does beside the way of events, again and again: reads what people have ordered, takes over what dead
// engines left, tends the gates. Each failure is told once and tried again; none stops the engine.

import type { ActionLog } from './actions/executor.ts';
import { type Admission, admissionHorizonMs, type PastDecision } from './admission/admission.ts';
import { type Orders, ordersOf } from './admission/orders.ts';
import { pastDecisions } from './admission/past-decisions.ts';
import type { ProgramMeta } from './contract.ts';
import type { Intent, TakeOver } from './ledger/ledger.ts';
import type { LedgerParts } from './ledger/parts.ts';
import { messageOf } from './ledger/problem.ts';
import type { Clock } from './ports/clock.ts';
import type { Cancel, Timers } from './ports/timers.ts';

export interface HousekeepingOptions {
  readonly parts: LedgerParts;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: ActionLog;
  readonly program: () => ProgramMeta;
  /** Takes up what others left, to be carried out. */
  readonly resume: (intents: readonly Intent[]) => void;
  /** Finds out what became of actions that were cut off. */
  readonly reconcile: (intents: readonly Intent[]) => void;
}

const controlsEveryMs = 1_000;
const gatesEveryMs = 1_000;
const takeOverEveryMs = 5_000;

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #cancels: Cancel[] = [];
  readonly #troubles = new Map<string, string>();
  readonly #busy = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #healthy = true;
  #orders: Orders | null = null;

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** What people have ordered, as last read. */
  get orders(): Orders | null {
    return this.#orders;
  }

  /** Whether the gates could be asked when they were last looked at. */
  get admissionHealthy(): boolean {
    return this.#healthy;
  }

  /** Reads everything once, then again and again. Rejects when what people ordered can't be read at the start. */
  async start(): Promise<void> {
    const { parts, timers } = this.#options;
    await this.#readControls();
    const past = await this.#past();
    // Gates that can't be reached yet refuse until they can: the engine sees and decides meanwhile.
    await this.#try('gates', () => this.#build(past));
    await this.#try('gates', () => this.#tendGates());
    this.#cancels.push(
      parts.controls.onChange(() => void this.#try('controls', () => this.#readControls())),
      timers.every(controlsEveryMs, () => void this.#try('controls', () => this.#readControls())),
      timers.every(gatesEveryMs, () => void this.#try('gates', () => this.#tendGates())),
      timers.every(takeOverEveryMs, () => void this.#try('take-over', () => this.#takeOver())),
    );
  }

  async stop(): Promise<void> {
    for (const cancel of this.#cancels.splice(0)) cancel();
    await Promise.all(this.#running);
  }

  async #readControls(): Promise<void> {
    const { parts, admission, clock } = this.#options;
    const snapshot = await parts.controls.controls();
    this.#orders = ordersOf(snapshot, clock.now());
    admission.useControls(snapshot, clock.now());
  }

  /** Gates that were lost are built anew from the ledger; until then they refuse. */
  async #tendGates(): Promise<void> {
    const { admission, log } = this.#options;
    const { state, problem } = await admission.health();
    if (state === 'lost') {
      log.warn({ problem }, 'the gates have lost what they knew: nothing acts until they are rebuilt from the ledger');
      await this.#build(await this.#past());
      log.info({}, 'the gates are rebuilt from the ledger');
    }
    const healthy = state !== 'unreachable';
    if (healthy !== this.#healthy) {
      if (healthy) log.info({}, 'the gates can be asked again');
      else log.error({ problem }, `the gates can’t be asked: nothing acts until they can: ${problem}`);
    }
    this.#healthy = healthy;
  }

  /** The gates count by another program's fleets and limits from now on. */
  programChanged(): void {
    void this.#try('gates of another program', async () => this.#build(await this.#past()));
  }

  /** All that can still matter of what was decided before. */
  #past(): Promise<readonly PastDecision[]> {
    const { parts, clock, program } = this.#options;
    return pastDecisions(parts.ledger, clock.now() - admissionHorizonMs(program()));
  }

  #build(past: readonly PastDecision[]): Promise<void> {
    const { admission, clock, program } = this.#options;
    return admission.restore(past, program(), clock.now());
  }

  async #takeOver(): Promise<void> {
    const { parts, log, resume, reconcile } = this.#options;
    for (let more = true; more; ) {
      const taken: TakeOver = await parts.ledger.takeOver();
      const { resume: young, unknown, tooOld, from } = taken;
      if (young.length + unknown.length + tooOld > 0) {
        log.warn(
          { engines: from, resumed: young.length, unknown: unknown.length, tooOld },
          `took over what ${from.length} engines left: ${young.length} actions to carry out, ${unknown.length} to look up, ${tooOld} too old`,
        );
      }
      resume(young);
      reconcile(unknown);
      more = taken.more;
    }
  }

  /** Resolves when it has been done, or has failed and been told. */
  async #try(what: string, work: () => Promise<void>): Promise<void> {
    // A slow answer must not be asked for twice.
    if (this.#busy.has(what)) return;
    this.#busy.add(what);
    const running = work()
      .then(() => {
        if (this.#troubles.delete(what)) this.#options.log.info({}, `${what}: works again`);
      })
      .catch((error: unknown) => {
        const problem = messageOf(error);
        if (!this.#troubles.has(what)) this.#options.log.error({ problem }, `${what}: ${problem}; trying again`);
        this.#troubles.set(what, problem);
      })
      .finally(() => {
        this.#busy.delete(what);
        this.#running.delete(running);
      });
    this.#running.add(running);
    await running;
  }
}
