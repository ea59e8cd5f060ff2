// The form of an address of the HTTP API: one object, one line in the array of `endpoints/index.ts`. The server checks
// role, query and body before `handle` is called, and the OpenAPI document is made of the same object.

import type { z } from 'zod';
import type { BundleGate } from '../bundle/bundle-gate.ts';
import type { BundleManager } from '../bundle/bundle-manager.ts';
import type { BundleStore } from '../ledger/bundle-store.ts';
import type { ControlStore } from '../ledger/control-store.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../ports/clock.ts';
import type { Role } from './tokens.ts';

/** What the engine tells of itself. */
export interface EngineFacts {
  readonly engine: string;
  /** Epoch ms. */
  readonly startedAt: number;
  /** `null` when it is ready. */
  readonly notReady: string | null;
  /** Policies that were turned off, with what their code threw. */
  readonly policiesOff: ReadonlyMap<string, string>;
  readonly counts: Readonly<Record<string, number>>;
}

/** What the API speaks to. */
export interface ControlParts {
  readonly bundles: BundleManager;
  readonly gate: BundleGate;
  readonly store: BundleStore;
  readonly controls: ControlStore;
  readonly ledger: Pick<Ledger, 'recentDecisions' | 'health'>;
  readonly facts: () => EngineFacts;
  readonly clock: Clock;
}

export interface EndpointCall<Query, Body> {
  /** Whose token it is. */
  readonly by: string;
  readonly query: Query;
  readonly body: Body;
  readonly parts: ControlParts;
}

/** Bytes instead of JSON. */
export interface PackageReply {
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/** A refusal: told as a problem document with this status. */
export class ControlProblem extends Error {
  readonly status: number;
  readonly advice: string;
  readonly fault: string | null;

  constructor(status: number, what: string, advice: string, fault: string | null = null) {
    super(what);
    this.status = status;
    this.advice = advice;
    this.fault = fault;
  }
}

export interface Endpoint {
  readonly method: 'GET' | 'POST';
  readonly path: `/api/${string}`;
  readonly role: Role;
  /** One sentence, for the document. */
  readonly summary: string;
  readonly query: z.ZodObject | null;
  /** `package`: the bytes of a bundle. */
  readonly body: z.ZodType | 'package' | null;
  readonly reply: z.ZodType | 'package';
  handle(call: EndpointCall<never, never>): Promise<unknown>;
}

interface TypedEndpoint<Query extends z.ZodObject | null, Body extends z.ZodType | 'package' | null>
  extends Omit<Endpoint, 'query' | 'body' | 'handle'> {
  readonly query: Query;
  readonly body: Body;
  handle(
    call: EndpointCall<
      Query extends z.ZodType ? z.output<Query> : null,
      Body extends z.ZodType ? z.output<Body> : Body extends 'package' ? Buffer : null
    >,
  ): Promise<unknown>;
}

/** Ties `handle` to the forms of query and body. */
export function endpoint<Query extends z.ZodObject | null, Body extends z.ZodType | 'package' | null>(
  typed: TypedEndpoint<Query, Body>,
): Endpoint {
  return typed;
}

export function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
