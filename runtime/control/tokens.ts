// Who may do what over HTTP. The configuration holds hashes of tokens; a token is compared by its hash, in constant time,
// with every entry, so that neither an answer nor its time tells how near a guess was.

import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * `viewer` reads; `operator` pauses, silences, kills and resumes; `approver` approves decisions; `deployer` replaces
 * policies. Each may read; none holds another.
 */
export const roles = ['viewer', 'operator', 'approver', 'deployer'] as const;
export type Role = (typeof roles)[number];

export function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}

export interface TokenEntry {
  /** Stands in the records of what it did. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** Of the token, in hexadecimal. Tokens are random: no slow hash is needed. */
  readonly sha256: string;
}

/** Somebody who asks. */
export interface Caller {
  readonly name: string;
  readonly roles: readonly Role[];
}

/** Whoever is on the engine's own machine, where no tokens are configured. */
export const localCaller: Caller = { name: 'local', roles };

export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export class Tokens {
  readonly #entries: readonly { readonly caller: Caller; readonly hash: Buffer }[];

  constructor(entries: readonly TokenEntry[]) {
    this.#entries = entries.map(({ name, roles: held, sha256 }) => ({
      caller: { name, roles: held },
      hash: Buffer.from(sha256, 'hex'),
    }));
  }

  get configured(): boolean {
    return this.#entries.length > 0;
  }

  /** `null`: nobody that is known. `authorization` is the header. */
  callerOf(authorization: string | undefined): Caller | null {
    const [, token = ''] = /^bearer +(\S{1,512})$/i.exec(authorization ?? '') ?? [];
    const hash = createHash('sha256').update(token).digest();
    let found: Caller | null = null;
    // To the end, whether or not one has been found.
    for (const entry of this.#entries) if (timingSafeEqual(entry.hash, hash)) found = entry.caller;
    return token === '' ? null : found;
  }
}

/** Every role may read. */
export function mayDo(caller: Caller, role: Role): boolean {
  return role === 'viewer' ? caller.roles.length > 0 : caller.roles.includes(role);
}
