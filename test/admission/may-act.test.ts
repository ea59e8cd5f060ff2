// An order holds also for what was admitted before it came.

import { expect, it } from 'vitest';
import { mayActUnder } from '../../runtime/admission/may-act.ts';
import type { Orders } from '../../runtime/admission/orders.ts';
import type { PlannedAction } from '../../runtime/decision.ts';
import type { Control } from '../../runtime/ledger/control-store.ts';
import { decision, start } from '../ledger/fixtures.ts';

const [circuit, scale] = decision().actions;
if (circuit === undefined || scale === undefined) throw new Error('no such actions');
const down: PlannedAction = { ...scale, name: 'scale_down', change: { from: 6, to: 4 } };
const restart: PlannedAction = { ...scale, name: 'restart', change: null };
const notify: PlannedAction = { ...scale, name: 'notify', target: null, change: null };

const base: Control = {
  id: 1,
  kind: 'pause',
  scope: { kind: 'global' },
  startsAt: start - 1_000,
  createdAt: start - 1_000,
  expiresAt: null,
  by: 'ann',
  reason: '',
};

function ask(action: PlannedAction, control: Partial<Control> | null): string | null {
  const controls = control === null ? [] : [{ ...base, ...control }];
  const orders: Orders = { controls, readAt: start, aheadMs: 500 };
  return mayActUnder(() => orders, { now: () => start })(decision(), action);
}

it.each([
  [scale, null, true],
  [scale, {}, false],
  [notify, {}, true],
  [scale, { scope: { kind: 'fleet', fleet: 'payment' } }, false],
  [scale, { scope: { kind: 'fleet', fleet: 'search' } }, true],
  [circuit, { scope: { kind: 'fleet', fleet: 'payment' } }, false],
  [scale, { scope: { kind: 'policy', policy: 'high_error_rate' } }, false],
  [notify, { scope: { kind: 'policy', policy: 'high_error_rate' } }, false],
  [scale, { scope: { kind: 'policy', policy: 'other' } }, true],
  [scale, { scope: { kind: 'direction', direction: 'up' } }, false],
  [scale, { scope: { kind: 'direction', direction: 'down' } }, true],
  [down, { scope: { kind: 'direction', direction: 'down' } }, false],
  [restart, { scope: { kind: 'direction', direction: 'down' } }, false],
  [circuit, { scope: { kind: 'direction', direction: 'down' } }, true],
  [scale, { startsAt: start + 501 }, true],
  [scale, { startsAt: start + 500 }, false],
  [scale, { expiresAt: start + 500 }, true],
  [scale, { expiresAt: start + 501 }, false],
  [notify, { kind: 'silence', expiresAt: start + 60_000 }, false],
] as const)('$name under %j: %s', (action, control, may) => {
  expect(ask(action, control) === null).toBe(may);
});

it('says who ordered it, why, and until when', () => {
  const control = { kind: 'maintenance', expiresAt: start + 60_000, reason: 'new disks' } as const;
  expect(ask(scale, control)).toBe('maintenance by ann until 12:01:00 (new disks), when its turn came');
  expect(mayActUnder(() => null, { now: () => start })(decision(), scale)).toBeNull();
});
