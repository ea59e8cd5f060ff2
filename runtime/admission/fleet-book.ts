// What one engine remembers of a fleet: who acts on it, what has changed in the budget's time, what sizes were read, and
// who waits. Bounded; everything that no gate can see any more is dropped when it is next looked at.

import type { FleetMeta } from '../contract.ts';
import type { Direction } from '../decision.ts';
import type { FleetSize } from '../inventory/inventory.ts';
import type { AdmissionTarget } from './admission.ts';
import {
  type BudgetView,
  changesMax,
  type FleetView,
  type LockView,
  membersAllowed,
  ticketMs,
  ticketsMax,
} from './fleet-view.ts';

/** One action, or a change that nobody here made. Counts from its reservation until the budget's time after its end. */
export interface Change {
  readonly id: string;
  readonly policy: string;
  readonly priority: number;
  readonly direction: Direction;
  readonly grows: number;
  readonly shrinks: number;
  readonly settleMs: number;
  /** Nobody here made it: it locks nothing out. */
  readonly external: boolean;
  /** `null`: under way, until `expiresAt` at the latest. */
  finishedAt: number | null;
  readonly expiresAt: number;
  /** Members of the change that no reading has shown yet: they explain a reading that differs. */
  unseenUp: number;
  unseenDown: number;
}

interface Reading {
  readonly at: number;
  readonly members: number;
}

interface Ticket {
  readonly id: string;
  readonly priority: number;
  askedAt: number;
}

/** Who asks. */
export interface Asker {
  readonly id: string;
  readonly priority: number;
}

export class FleetBook {
  #changes: Change[] = [];
  /** Sizes as they changed: the newest of before the budget's time, and all since. */
  #readings: Reading[] = [];
  #lastRead: Reading | null = null;
  #tickets: Ticket[] = [];

  /** What the gates see; takes the size in that was read. */
  look(target: AdmissionTarget, asker: Asker, now: number): FleetView {
    const { fleet, size } = target;
    this.#forget(fleet, now);
    const outdated = target.counts && size !== null && !this.#read(size, fleet, now);
    const under = this.#changes.find((change) => endOf(change, now) === null && change.id !== asker.id);
    return {
      now,
      settle: this.#settle(now),
      outdated,
      up: this.#budget('up', target, now),
      down: this.#budget('down', target, now),
      full: this.#changes.length >= changesMax,
      opposite: this.#lock(target, now),
      lease: under === undefined ? null : { policy: under.policy, expiresAt: under.expiresAt },
      ahead: this.#ahead(asker),
    };
  }

  /** Counts a change from now on; its place in line, if it had one, is given up. One that is known is left as it is. */
  add(change: Change): void {
    this.leave(change.id);
    if (this.#changes.every(({ id }) => id !== change.id)) this.#changes.push(change);
  }

  /** The same of an earlier decision, with the size that it was decided on. */
  restore(change: Change, size: FleetSize | null, fleet: FleetMeta): void {
    if (size !== null) this.#read(size, fleet, size.at);
    this.add(change);
  }

  finish(id: string, now: number, done: boolean): void {
    if (!done) this.remove(id);
    const change = this.#changes.find((candidate) => candidate.id === id);
    if (change !== undefined) change.finishedAt ??= now;
  }

  remove(id: string): void {
    this.#changes = this.#changes.filter((change) => change.id !== id);
  }

  /** Takes, or keeps, a place in line: how many stand before it; `null` when the line is full. */
  wait({ id, priority }: Asker, now: number): number | null {
    const own = this.#tickets.find((ticket) => ticket.id === id);
    if (own !== undefined) own.askedAt = now;
    else if (this.#tickets.length >= ticketsMax) return null;
    else this.#tickets.push({ id, priority, askedAt: now });
    return this.#ahead({ id, priority });
  }

  leave(id: string): void {
    this.#tickets = this.#tickets.filter((ticket) => ticket.id !== id);
  }

  #forget({ change: { perMs } }: FleetMeta, now: number): void {
    this.#changes = this.#changes.filter((change) => {
      const end = endOf(change, now);
      return end === null || end + Math.max(perMs, change.settleMs) > now;
    });
    this.#tickets = this.#tickets.filter(({ askedAt }) => askedAt + ticketMs > now);
    while (this.#readings.length > 1 && (this.#readings[1]?.at ?? now) <= now - perMs) this.#readings.shift();
  }

  /** Whether the reading can be built on. A difference that no change explains becomes one itself. */
  #read({ members, at }: FleetSize, { change: { perMs } }: FleetMeta, now: number): boolean {
    const last = this.#lastRead;
    if (last !== null && at < last.at && last.at > now - perMs) return members === last.members && this.#isFresh(at);
    this.#lastRead = { at, members };
    if (last === null || last.at <= now - perMs) {
      // Whatever happened before may have happened before the budget's time.
      this.#readings = [{ at, members }];
      return this.#isFresh(at);
    }
    if (members === last.members) return this.#isFresh(at);
    this.#readings.push({ at, members });
    if (this.#readings.length > changesMax) this.#readings.splice(1, 1);
    const unexplained = this.#explain(members - last.members);
    if (unexplained !== 0 && this.#changes.length < changesMax) this.#changes.push(external(unexplained, at, now));
    return this.#isFresh(at);
  }

  #isFresh(at: number): boolean {
    return this.#changes.every(
      ({ external, grows, shrinks, finishedAt }) =>
        external || grows + shrinks === 0 || finishedAt === null || at >= finishedAt,
    );
  }

  /** Ascribes a difference to the changes that no reading has shown, oldest first; what is left is nobody's. */
  #explain(difference: number): number {
    let left = Math.abs(difference);
    for (const change of this.#changes) {
      const part = Math.min(left, difference > 0 ? change.unseenUp : change.unseenDown);
      if (difference > 0) change.unseenUp -= part;
      else change.unseenDown -= part;
      left -= part;
    }
    return difference > 0 ? left : -left;
  }

  #settle(now: number): FleetView['settle'] {
    let settle: FleetView['settle'] = null;
    for (const change of this.#changes) {
      const end = endOf(change, now);
      if (end === null || end + change.settleMs <= now) continue;
      if (settle === null || end + change.settleMs > settle.until)
        settle = { policy: change.policy, until: end + change.settleMs };
    }
    return settle;
  }

  #budget(direction: 'up' | 'down', { fleet, size }: AdmissionTarget, now: number): BudgetView {
    const { share, perMs } = fleet.change;
    let used = 0;
    let seen = 0;
    let nextAt: number | null = null;
    for (const change of this.#changes) {
      const members = direction === 'up' ? change.grows : change.shrinks;
      const end = endOf(change, now);
      if (members === 0 || (end !== null && end + perMs <= now)) continue;
      used += members;
      if (direction === 'up') seen += members - change.unseenUp;
      if (end !== null) nextAt = Math.min(nextAt ?? end + perMs, end + perMs);
    }
    const before = this.#readings[0]?.members ?? size?.members ?? 0;
    // What has gone since the window began is no longer there to be a share of: growth is measured without it.
    const base = direction === 'up' && size !== null ? Math.min(before, size.members - seen) : before;
    return { used, allowed: membersAllowed(share, base), nextAt };
  }

  #lock({ direction, fleet }: AdmissionTarget, now: number): LockView | null {
    if (direction === 'none') return null;
    let lock: LockView | null = null;
    for (const change of this.#changes) {
      if (change.external || change.direction === 'none' || change.direction === direction) continue;
      const end = endOf(change, now);
      const until = end === null ? null : end + Math.max(change.settleMs, fleet.change.perMs);
      if (until !== null && until <= now) continue;
      const found = { policy: change.policy, priority: change.priority, direction: change.direction, until };
      if (lock === null || isStronger(found, lock)) lock = found;
    }
    return lock;
  }

  #ahead({ id, priority }: Asker): number {
    const own = this.#tickets.findIndex((ticket) => ticket.id === id);
    return this.#tickets.filter(
      (ticket, place) =>
        ticket.id !== id && (ticket.priority > priority || (ticket.priority === priority && (own < 0 || place < own))),
    ).length;
  }
}

/** When it ended, or must have: a change that nobody reports the end of is over with its lease. */
function endOf({ finishedAt, expiresAt }: Change, now: number): number | null {
  return finishedAt ?? (now >= expiresAt ? expiresAt : null);
}

function isStronger(one: LockView, other: LockView): boolean {
  if (one.priority !== other.priority) return one.priority > other.priority;
  return (one.until ?? Number.POSITIVE_INFINITY) > (other.until ?? Number.POSITIVE_INFINITY);
}

function external(members: number, at: number, now: number): Change {
  return {
    id: `external ${at}`,
    policy: '',
    priority: 0,
    direction: 'none',
    grows: Math.max(0, members),
    shrinks: Math.max(0, -members),
    settleMs: 0,
    external: true,
    finishedAt: now,
    expiresAt: now,
    unseenUp: 0,
    unseenDown: 0,
  };
}
