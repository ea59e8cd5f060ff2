// Where the gates of a fleet, or of a policy without one, stand in Redis: all keys of a fleet under one hash tag, so that
// one script can reach them in a cluster; under the ledger's incarnation, so that nothing of another ledger is believed.

import { createHash } from 'node:crypto';
import type { PolicyMeta } from '../../contract.ts';

export class GateKeys {
  readonly #prefix: string;
  readonly #epoch: string;

  /** `epoch` is the ledger's incarnation. The layout's version is part of every key: another one begins anew. */
  constructor(prefix: string, epoch: string) {
    this.#prefix = prefix;
    this.#epoch = `1:${createHash('sha256').update(epoch).digest('hex').slice(0, 16)}`;
  }

  ofFleet(fleet: string): TagKeys {
    return new TagKeys(`{${this.#prefix}:${fleet}}:${this.#epoch}`);
  }

  ofPolicy(policy: string): TagKeys {
    return new TagKeys(`{${this.#prefix}:policy:${policy}}:${this.#epoch}`);
  }
}

export class TagKeys {
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  /** Tells tags apart. */
  get name(): string {
    return this.#base;
  }

  get alive(): string {
    return `${this.#base}:alive`;
  }

  decision(id: string): string {
    return `${this.#base}:decision:${id}`;
  }

  /** Shadow has a book of its own: what was only thought must not hold back what is real, nor the other way round. */
  book(mode: PolicyMeta['mode']): string {
    return `${this.#base}:book:${mode === 'shadow' ? 'shadow' : 'real'}`;
  }

  /** Keys come from telemetry, of any length: a digest stands for them. */
  acts(mode: PolicyMeta['mode'], policy: string, key: string): string {
    const world = mode === 'shadow' ? 'shadow' : 'real';
    const digest = createHash('sha256').update(`${policy}\0${key}`).digest('hex').slice(0, 32);
    return `${this.#base}:acts:${world}:${digest}`;
  }

  policyStatus(policy: string): string {
    return `${this.#base}:policy_status:${policy}`;
  }
}
