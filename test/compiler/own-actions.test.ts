// A team's own actions: typed parameters, some with a value where a policy leaves them out, and an address to call.

import { describe, expect, test } from 'vitest';
import { policyWith } from '../../compiler/diagnostics/entry.ts';
import { diffActions } from '../../compiler/diff/diff-actions.ts';
import type { ActionMeta } from '../../runtime/contract.ts';
import { findings, policyOf } from './support.ts';

const action: ActionMeta = {
  name: 'drain',
  target: { kind: 'fleet', fleet: 'payment' },
  args: {},
  timeoutMs: 1_000,
  retry: 0,
};

function program(parameters: string, call: string, via = 'webhook "https://ops.example/drain"'): string {
  return `const most = 3\naction drain(${parameters}) via ${via}\n\n${policyWith(`  when queue > most\n  do ${call}`)}`;
}

const whole =
  'target: fleet, wait: duration = 30s, share: ratio = 50%, size: count = most, why: text = "full", force: bool = false';

describe('a default', () => {
  test('stands in where the policy leaves a parameter out', () => {
    const [action] = policyOf(program(whole, 'drain(payment, share: 10%)')).meta.actions;
    expect(action).toMatchObject({
      name: 'drain',
      target: { kind: 'fleet', fleet: 'payment' },
      args: { waitMs: 30_000, share: 0.1, size: 3, why: 'full', force: false },
    });
  });

  test('is part of what the policy means', () => {
    const hash = (text: string) => policyOf(text).meta.hash;
    const text = program(whole, 'drain(payment)');
    expect(hash(text)).toBe(hash(program(whole, 'drain(payment, wait: 30s)')));
    expect(hash(text)).not.toBe(hash(text.replace('= 30s', '= 40s')));
  });

  test.each([
    ['target: fleet, wait: duration = 5', 'unfit-argument'],
    ['target: fleet, wait: duration = latency', 'unknown-name'],
    ['target: fleet, wait: duration = 5x', 'unknown-unit'],
    ['target: fleet, size: count = 0.5', 'unfit-argument'],
    ['target: fleet = payment', 'unfit-argument'],
  ])('that does not fit is told once, at its place: %s', (parameters, name) => {
    expect(findings(program(parameters, 'drain(payment)'))).toEqual([name]);
  });

  test('is not needed where the policy says it, and is missed where nobody does', () => {
    expect(findings(program('target: fleet, wait: duration', 'drain(payment, wait: 5s)'))).toEqual([]);
    expect(findings(program('target: fleet, wait: duration', 'drain(payment)'))).toEqual(['missing-argument']);
  });
});

describe('the address', () => {
  const of = (text: string) => policyOf(text).meta.actions[0].endpoint;

  test('goes to the engine with each call, and is part of what the policy means', () => {
    const text = program('target: fleet', 'drain(payment)');
    expect(of(text)).toBe('https://ops.example/drain');
    const elsewhere = text.replace('https://ops.example/drain', 'https://other.example/drain');
    expect(policyOf(elsewhere).meta.hash).not.toBe(policyOf(text).meta.hash);
  });

  test('of `webhook` is its `url`; no other action of the language has one', () => {
    const webhook = policyWith('  when latency > 500ms\n  do webhook(url: "https://ops.example/hook")');
    expect(of(webhook)).toBe('https://ops.example/hook');
    expect(of(policyWith('  when latency > 500ms\n  do restart(payment)'))).toBeUndefined();
  });

  test('is told by `diff` when it is another one', () => {
    const base = [{ ...action, endpoint: 'https://ops.example/drain' }];
    const head = [{ ...action, endpoint: 'https://other.example/drain' }];
    expect(diffActions(base, head)).toEqual([
      {
        part: 'do drain(payment)',
        classes: ['narrower', 'wider'],
        before: 'via webhook "https://ops.example/drain"',
        after: 'via webhook "https://other.example/drain"',
      },
    ]);
    const url = (address: string) => [{ ...action, name: 'webhook', args: { url: address }, endpoint: address }];
    expect(diffActions(url('https://a.example/'), url('https://b.example/'))).toHaveLength(1);
  });

  test.each([
    policyWith('  when latency > 500ms\n  do webhook(url: "ops.example/hook")'),
    policyWith('  when latency > 500ms\n  do webhook(url: "ftp://ops.example/hook")'),
    `${policyWith('  when latency > 500ms\n  do restart(payment)')}\nfleet other {\n  webhook "https://me:secret@ops.example/other"\n}\n`,
  ])('stands as one that can be called, wherever it stands', (text) => {
    expect(findings(text)).toContain('bad-endpoint');
  });
});

test.each([
  'webhook',
  'webhook "ops.example/drain"',
  'webhook "ftp://ops.example/drain"',
  'webhook "https://user:secret@ops.example/drain"',
])('an address that can not be called: via %s', (via) => {
  expect(findings(program('target: fleet', 'drain(payment)', via))).toEqual(['bad-endpoint']);
});

test('a fleet has one webhook: of two nobody could tell whom to ask for how many', () => {
  const fleet = 'fleet other {\n  webhook "https://a.example/"\n  webhook "https://b.example/"\n}\n';
  expect(findings(`${policyWith('  when latency > 500ms\n  do restart(payment)')}\n${fleet}`)).toContain(
    'duplicate-item',
  );
});
