// Properties: the words that stand at the head of a line in a policy, in a fleet, or after an action's call.
// One entry is one property: its shape, whether it may be repeated, its documentation.

import type { Part } from './shapes.ts';

export interface PropertyEntry {
  readonly name: string;
  readonly shape: readonly Part[];
  readonly example: string;
  readonly doc: string;
  /** May be written more than once. */
  readonly many?: boolean;
  /** Names a thing outside that an executor acts on. */
  readonly resource?: boolean;
}

const duration: Part = { kind: 'duration' };
const text: Part = { kind: 'text' };

function word(value: string): Part {
  return { kind: 'word', text: value };
}

/** Words that begin a clause of a policy: what a misspelt property may have been meant to be. */
export const policyClauseWords = ['on', 'when', 'until', 'do', 'let'] as const;

/** What becomes of a decision whose fleet is busy. */
export const busyNames = ['wait', 'drop'] as const;

export const modeNames = ['shadow', 'approve', 'enforce'] as const;

export const policyProperties: readonly PropertyEntry[] = [
  {
    name: 'title',
    shape: [text],
    example: 'title "High error rate"',
    doc: 'What people see; the policy’s name when left out.',
  },
  {
    name: 'id',
    shape: [text],
    example: 'id "8b1f6f0e-5d0e-4a8e-9c55-0d2f5f4f7c11"',
    doc: 'What another system calls the policy; every decision carries it beside the name.',
  },
  { name: 'owner', shape: [text], example: 'owner "payments-oncall"', doc: 'Who answers for the policy.' },
  {
    name: 'runbook',
    shape: [text],
    example: 'runbook "https://runbooks.example/errors"',
    doc: 'Where a person reads on.',
  },
  {
    name: 'cooldown',
    shape: [{ kind: 'duration', zero: true }],
    example: 'cooldown 5m',
    doc: 'Event time that passes between two decisions for one key. 5m when left out.',
  },
  {
    name: 'settle',
    shape: [{ kind: 'duration', zero: true }],
    example: 'settle 45s',
    doc: 'Wait for health after acting before judging again. 1m when left out and the policy changes infrastructure.',
  },
  {
    name: 'limit',
    shape: [{ kind: 'count', min: 1, max: 1_000_000 }, word('per'), duration],
    example: 'limit 2 per 1h',
    doc: 'Decisions for one key in a rolling stretch of time. 3 per 1h when left out and the policy changes infrastructure.',
  },
  {
    name: 'priority',
    shape: [{ kind: 'count', min: 0, max: 1_000_000 }],
    example: 'priority 100',
    doc: 'Who goes first when two policies want the same fleet; the greater number. 0 when left out.',
  },
  {
    name: 'busy',
    shape: [{ kind: 'one-of', values: busyNames }],
    example: 'busy wait',
    doc: 'While another action on the fleet is under way or settles: `wait` stands in line until the event is older than `max_age`, the highest priority first; `drop` is refused. `drop` when left out.',
  },
  {
    name: 'mode',
    shape: [{ kind: 'one-of', values: modeNames }],
    example: 'mode enforce',
    doc: '`shadow` records what would be done, `approve` asks a person, `enforce` acts. When left out: `shadow` if the policy changes infrastructure, else `enforce`.',
  },
  {
    name: 'max_age',
    shape: [duration],
    example: 'max_age 5m',
    doc: 'An event older than this no longer acts. 5m when left out.',
  },
];

export const fleetProperties: readonly PropertyEntry[] = [
  {
    name: 'service',
    shape: [text],
    example: 'service "payment-service"',
    doc: 'The key’s value whose fleet this is; `fleet of TAG` finds it by that.',
  },
  {
    name: 'asg',
    shape: [text, { kind: 'optional', parts: [word('in'), text] }],
    example: 'asg "payment-asg" in "eu-west-1"',
    doc: 'An AWS Auto Scaling group, and its region.',
    many: true,
    resource: true,
  },
  {
    name: 'deployment',
    shape: [text, { kind: 'optional', parts: [word('in'), text] }],
    example: 'deployment "payment" in "shop"',
    doc: 'A Kubernetes deployment, and its namespace.',
    many: true,
    resource: true,
  },
  {
    name: 'webhook',
    shape: [text],
    example: 'webhook "https://ops.example/payment"',
    doc: 'The address that carries out what is asked of this fleet, and tells its size.',
    resource: true,
  },
  {
    name: 'size',
    shape: [{ kind: 'range' }],
    example: 'size 2..40',
    doc: 'The least and the most members that the fleet may have.',
  },
  {
    name: 'change',
    shape: [
      word('at'),
      word('most'),
      { kind: 'ratio' },
      word('per'),
      duration,
      { kind: 'optional', parts: [word('because'), text] },
    ],
    example: 'change at most 20% per 5m',
    doc: 'The share of the fleet that may change in a rolling stretch of time. 20% per 5m when left out; more needs `because "…"`.',
  },
];

export const actionOptions: readonly PropertyEntry[] = [
  {
    name: 'timeout',
    shape: [duration],
    example: 'timeout 5s',
    doc: 'How long one attempt may take. 10s when left out.',
  },
  {
    name: 'retry',
    shape: [{ kind: 'count', min: 0, max: 20 }],
    example: 'retry 3',
    doc: 'Attempts after the first. 2 when left out.',
  },
];

function byName(entries: readonly PropertyEntry[]): ReadonlyMap<string, PropertyEntry> {
  return new Map(entries.map((entry) => [entry.name, entry]));
}

export const policyPropertyByName = byName(policyProperties);
export const fleetPropertyByName = byName(fleetProperties);
export const actionOptionByName = byName(actionOptions);
