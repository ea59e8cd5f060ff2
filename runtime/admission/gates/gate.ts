// What a gate is asked and what it is: one entry that either lets a proposal pass or says, with numbers, why not.

import type { Gate } from '../../decision.ts';
import type { ActsView } from '../act-memory.ts';
import type { AdmissionRequest, AdmissionTarget } from '../admission.ts';
import type { FleetView } from '../fleet-view.ts';
import type { Orders } from '../orders.ts';

export interface RequestQuestion {
  readonly request: AdmissionRequest;
  /** Epoch ms. The wall clock in a live engine, the event's time in a backtest. */
  readonly now: number;
  /** What people ordered; `null` where nobody orders anything. */
  readonly orders: Orders | null;
}

export interface ActsQuestion {
  readonly request: AdmissionRequest;
  /** What the policy did for the key. A policy in shadow mode is only shown what it did in shadow mode. */
  readonly acts: ActsView;
}

export interface FleetQuestion {
  readonly request: AdmissionRequest;
  readonly target: AdmissionTarget;
  /** A policy in shadow mode is only shown what was done in shadow mode. */
  readonly view: FleetView;
}

interface Entry<Asks extends string, Question> {
  readonly name: Gate;
  /** The gate's rule in one sentence. */
  readonly law: string;
  /** What it looks at: the request alone, what the policy did for the key, or one fleet. */
  readonly asks: Asks;
  /** The reason of a refusal, for people; `null` when the gate lets the proposal pass. Pure. */
  readonly refuse: (question: Question) => string | null;
}

export type RequestGate = Entry<'request', RequestQuestion>;
export type ActsGate = Entry<'acts', ActsQuestion>;
export type FleetGate = Entry<'fleet', FleetQuestion>;
export type GateEntry = RequestGate | ActsGate | FleetGate;
