// What a gate is asked and what it is: one entry that either lets a proposal pass or says, with numbers, why not.

import type { ProgramMeta } from '../../contract.ts';
import type { Gate, Proposal } from '../../decision.ts';

export interface GateQuestion {
  readonly proposal: Proposal;
  readonly program: ProgramMeta;
  /** Epoch ms. The wall clock in a live engine, the event's time in a backtest. */
  readonly now: number;
  /**
   * Event times, ascending, at which this policy was let through for this key, as far back as its gates look. A policy
   * in shadow mode is only shown what it did in shadow mode.
   */
  readonly acted: readonly number[];
}

export interface GateEntry {
  readonly name: Gate;
  /** The gate's rule in one sentence. */
  readonly law: string;
  /** The reason of a refusal, for people; `null` when the gate lets the proposal pass. Pure. */
  readonly refuse: (question: GateQuestion) => string | null;
}
