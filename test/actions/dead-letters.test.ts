// What was decided and not done stays to be seen, and is asked for again through all gates.

import { describe, expect, it } from 'vitest';
import { DeadLetters } from '../../runtime/actions/dead-letters.ts';
import type { PolicyMeta } from '../../runtime/contract.ts';
import type { Proposal } from '../../runtime/decision.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { policy as policyMeta } from '../admission/fixtures.ts';
import { decision, start } from '../ledger/fixtures.ts';

function letters(policy: PolicyMeta | null = null, lettersMax = 3) {
  const proposed: Proposal[] = [];
  const clock = manualClock(start + 600_000);
  const dead = new DeadLetters({
    clock,
    policyOf: () => policy,
    propose: (proposal) => proposed.push(proposal),
    lettersMax,
  });
  const add = (number: number, state: 'failed' | 'succeeded' = 'failed', ordinal = 1): void => {
    const about = decision({ number });
    const action = about.actions[ordinal];
    if (action === undefined) throw new Error('no such action');
    dead.add({ decision: about, action, ordinal, state, attempts: 3, detail: 'webhook answered 503' });
  };
  return { dead, proposed, add };
}

describe('dead letters', () => {
  it('are what was not done, newest first, as many as there is room for', () => {
    const { dead, add } = letters();
    for (const number of [1, 2, 3]) add(number);
    add(9, 'succeeded');
    add(4);
    add(2);
    expect(dead.list.map(({ decision: { at } }) => (at - start) / 1_000)).toEqual([2, 4, 3]);
    expect(dead.list[0]).toMatchObject({ state: 'failed', attempts: 3, detail: 'webhook answered 503', ordinal: 1 });
    expect(dead.dropped).toBe(1);
  });

  it('of an earlier run come from the ledger', () => {
    const { dead } = letters();
    const about = decision();
    const intent = { decision: about, attempts: 1, detail: 'no' };
    dead.load([
      { ...intent, ordinal: 0, state: 'succeeded' },
      { ...intent, ordinal: 1, state: 'expired' },
      { ...intent, ordinal: 7, state: 'failed' },
    ]);
    expect(dead.list.map(({ id, state }) => [id, state])).toEqual([[`${about.id}-1`, 'expired']]);
  });

  const scale = { name: 'scale_up', target: { kind: 'lookup', tag: 'service' }, args: { by: 2 } } as const;
  const actions = [scale, scale].map((action) => ({ ...action, timeoutMs: 1_000, retry: 0 }));
  const policy = policyMeta({ name: 'high_error_rate', hash: 'hash-1', actions });

  it('are proposed again, that action alone, on the fleet that was meant, as of now', () => {
    const { dead, add, proposed } = letters(policy);
    add(1);
    const id = dead.list[0]?.id ?? '';
    expect(dead.redrive(id)).toBeNull();
    expect(dead.list).toEqual([]);
    expect(proposed).toEqual([
      {
        policy: { ...policy, actions: [{ ...actions[1], target: { kind: 'fleet', fleet: 'payment' } }] },
        key: 'payment-service',
        at: start + 600_000,
        cause: 'condition',
        pendingAt: start + 1_000,
        values: decision().values,
        tags: {},
      },
    ]);
    expect(dead.redrive(id)).toBe(`no action ${id} is waiting to be asked for again`);
  });

  it.each([
    [null, 'policy high_error_rate is not in the program any more'],
    [{ ...policy, hash: 'hash-2' }, 'policy high_error_rate has changed since: what it decides now stands'],
    [{ ...policy, actions: [] }, 'policy high_error_rate has changed since: what it decides now stands'],
  ])('of policies that are not what they were stay where they are', (now, reason) => {
    const { dead, add, proposed } = letters(now);
    add(1);
    expect(dead.redrive(dead.list[0]?.id ?? '')).toBe(reason);
    expect(dead.list).toHaveLength(1);
    expect(proposed).toEqual([]);
  });
});
