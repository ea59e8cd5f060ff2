// The campaign's judge on histories that are made up: a sound one keeps every promise, and each way of breaking one is
// found and told as such.

import { describe, expect, test } from 'vitest';
import type { ProviderCall } from './fleet-provider.ts';
import { brokenPromises, type History } from './history.ts';

const begin = Date.UTC(2026, 0, 1);

/** What a test may spoil. */
interface Draft {
  expected: Map<string, { policy: string; key: string; at: number }>;
  decisions: {
    id: string;
    policy: string;
    key: string;
    at: number;
    outcome: string;
    gate: string | null;
    actions: { name: string; target: string | null }[];
  }[];
  intents: {
    decisionId: string;
    ordinal: number;
    action: string;
    target: string | null;
    state: string;
    changedAt: number;
  }[];
  calls: ProviderCall[];
  told: Set<string>;
  initial: Map<string, number>;
  budget: { share: number; perMs: number };
}

function call(decisionId: string, seconds: number, change: Partial<ProviderCall>): ProviderCall {
  const arrivedAt = begin + seconds * 1_000;
  return {
    idempotencyKey: `${decisionId}-0`,
    body: `{"decisionId":"${decisionId}"}`,
    decisionId,
    fleet: 'web',
    action: 'scale_up',
    from: 10,
    to: 11,
    arrivedAt,
    appliedAt: arrivedAt + 20,
    answeredAt: arrivedAt + 30,
    status: 200,
    membersBefore: 10,
    membersAfter: 11,
    restarted: 0,
    ...change,
  };
}

/** Up twice and a restart; the second call was cut, repeated and recognised; one decision was refused. */
function sound(): Draft {
  const names = ['a', 'b', 'c', 'd'];
  const action = (id: string): string => (id === 'c' ? 'restart' : 'scale_up');
  const ends = { a: 1_500, b: 12_000, c: 20_500 };
  return {
    expected: new Map(names.map((id) => [id, { policy: 'busy', key: id, at: begin }])),
    decisions: names.map((id) => ({
      id,
      policy: 'busy',
      key: id,
      at: begin,
      outcome: id === 'd' ? 'refused' : 'admitted',
      gate: id === 'd' ? 'budget' : null,
      actions: [
        { name: action(id), target: 'web' },
        { name: 'notify', target: null },
      ],
    })),
    intents: Object.entries(ends).flatMap(([decisionId, endMs]) => [
      {
        decisionId,
        ordinal: 0,
        action: action(decisionId),
        target: 'web',
        state: 'succeeded',
        changedAt: begin + endMs,
      },
      { decisionId, ordinal: 1, action: 'notify', target: null, state: 'succeeded', changedAt: begin + endMs },
    ]),
    calls: [
      call('a', 1, {}),
      call('b', 10, { from: 11, to: 12, membersBefore: 11, membersAfter: 12, status: 0 }),
      call('b', 11, { from: 11, to: 12, membersBefore: 12, membersAfter: 12, appliedAt: null }),
      call('c', 20, { action: 'restart', from: null, to: null, membersBefore: 12, membersAfter: 12, restarted: 2 }),
    ],
    told: new Set(['a-1', 'b-1', 'c-1']),
    initial: new Map([['web', 10]]),
    budget: { share: 0.2, perMs: 300_000 },
  };
}

test('a sound history breaks no promise', () => {
  expect(brokenPromises(sound())).toEqual([]);
});

const ways: readonly (readonly [string, (draft: Draft) => void, RegExp])[] = [
  ['a decision is missing', ({ decisions }) => decisions.pop(), /^decision d .* is missing$/],
  ['one is there twice', ({ decisions }) => decisions.push(decisions[3]), /^decision d is in the audit 2 times$/],
  ['one was not expected', ({ expected }) => expected.delete('d'), /^decision d .* was not expected$/],
  ['an intent is missing', ({ intents }) => intents.pop(), /^decision c was admitted and has no intent 1$/],
  ['an intent is there twice', ({ intents }) => intents.push(intents[0]), /^intent a-0 is there 2 times$/],
  [
    'a refused decision has an intent',
    ({ intents }) => intents.push({ ...intents[0], decisionId: 'd', state: 'expired' }),
    /^decision d was refused and has intent 0$/,
  ],
  ...['admitted', 'executing', 'unknown'].map(
    (state) =>
      [
        `an intent stays ${state}`,
        ({ intents }: Draft) => {
          intents[0].state = state;
        },
        new RegExp(`^intent a-0 was left ${state}$`),
      ] as const,
  ),
  [
    'a call has no intent',
    ({ calls }) => calls.push(call('e', 40, { appliedAt: null, status: 412 })),
    /^call e-0 has no intent$/,
  ],
  [
    'a call is for another fleet than its intent',
    ({ intents }) => {
      intents[0].target = 'shop';
    },
    /^call a-0 is scale_up of web for a, its intent scale_up of shop$/,
  ],
  [
    'a repetition asks for something else',
    ({ calls }) => {
      calls[2] = { ...calls[2], body: '{}' };
    },
    /^calls b-0 ask for different things$/,
  ],
  [
    'one key is done twice',
    ({ calls }) => {
      calls[2].appliedAt = calls[2].arrivedAt;
    },
    /^call b-0 was done 2 times$/,
  ],
  [
    'one action is done under two keys',
    ({ calls }) =>
      calls.push(
        call('c', 25, {
          idempotencyKey: 'c-again',
          action: 'restart',
          from: null,
          to: null,
          membersBefore: 12,
          membersAfter: 12,
        }),
      ),
    /^restart of web for c was done 2 times$/,
  ],
  [
    'the ledger says succeeded, and it was not done',
    ({ calls }) => {
      calls[3].appliedAt = null;
    },
    /^intent c-0 succeeded, and nothing was done$/,
  ],
  [
    'the ledger says failed, and it was done',
    ({ intents }) => {
      intents[0].state = 'failed';
    },
    /^intent a-0 failed, and it was done$/,
  ],
  ['nobody is told', ({ told }) => told.delete('c-1'), /^nobody was told that intent c-1 says so$/],
  [
    'people are told what was not decided',
    ({ told }) => told.add('e-1'),
    /^people were told e-1, for which there is no reason$/,
  ],
  [
    'nobody is told that gates could not be asked',
    ({ decisions }) => {
      decisions[3].gate = 'unavailable';
    },
    /^nobody was told that decision d was refused by unavailable$/,
  ],
  [
    'nobody is told that an action was not done',
    ({ intents }) => {
      intents[2].state = 'expired';
    },
    /^nobody was told that intent b-0 is expired$/,
  ],
  [
    'a call comes after its intent has ended',
    ({ intents }) => {
      intents[2].changedAt = begin + 3_000;
    },
    /^call b-0 came 7000 ms after its intent was succeeded$/,
  ],
  [
    'two decisions have one fleet in hand',
    ({ calls }) => {
      calls[0].appliedAt = begin + 10_010;
    },
    /^decisions a and b had web in hand at once$/,
  ],
  [
    'a change begins from a size that the fleet has not',
    ({ calls }) => {
      calls.splice(1, 1, { ...calls[1], from: 10, to: 12, membersBefore: 10 });
    },
    /^call b-0 went from 10 while web had 11$/,
  ],
];

describe('found and told:', () => {
  test.each(ways)('%s', (_, spoil, sentence) => {
    const draft = sound();
    spoil(draft);
    expect(brokenPromises(draft)).toContainEqual(expect.stringMatching(sentence));
  });
});

describe('the rolling budget', () => {
  /** Ten members; one more at each of these seconds. */
  function growing(seconds: readonly number[]): History {
    const calls = seconds.map((second, index) => {
      const change = { from: 10 + index, to: 11 + index, membersBefore: 10 + index, membersAfter: 11 + index };
      return call(`g${index}`, second, change);
    });
    return { ...sound(), calls, intents: [], decisions: [], expected: new Map(), told: new Set() };
  }
  const budgetSentences = (history: History): readonly string[] =>
    brokenPromises(history).filter((sentence) => sentence.includes('are allowed'));

  test('two in five minutes are a fifth of ten; so are two more once five minutes have passed since the first', () => {
    expect(budgetSentences(growing([0, 299, 301, 600]))).toEqual([]);
  });

  test('three across the boundary of two counted stretches are too many: it rolls', () => {
    expect(budgetSentences(growing([0, 298, 299, 301]))).toEqual([
      'web grew by 3 of 10 members within 300 s; 2 are allowed',
    ]);
    expect(budgetSentences(growing([0, 290, 310, 320]))).toEqual([
      'web grew by 3 of 11 members within 300 s; 2 are allowed',
    ]);
  });

  test('counts what shrinks and what is restarted as well', () => {
    const draft = sound();
    draft.calls[3].restarted = 3;
    expect(brokenPromises(draft)).toEqual(['web shrank by 3 of 10 members within 300 s; 2 are allowed']);
    draft.calls = [call('a', 1, { action: 'scale_down', from: 10, to: 7, membersAfter: 7 })];
    expect(budgetSentences(draft)).toEqual(['web shrank by 3 of 10 members within 300 s; 2 are allowed']);
  });
});
