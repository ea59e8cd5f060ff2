// Whatever an executor does, its intent ends; nothing is begun without the ledger's word.

import { describe, expect, it } from 'vitest';
import { Dispatcher } from '../../runtime/actions/dispatcher.ts';
import type { ActionCall, ActionResult, Executor } from '../../runtime/actions/executor.ts';
import type { PlannedAction } from '../../runtime/decision.ts';
import type { Ledger } from '../../runtime/ledger/ledger.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { manualTimers } from '../../runtime/ports/timers.ts';
import { decision, start } from '../ledger/fixtures.ts';
import { intentBook, lines } from './fixtures.ts';

type Step = ActionResult | 'throw' | 'hang' | 'obey';

const failed = (detail: string, retriable = true): ActionResult => ({ state: 'failed', detail, retriable });
const succeeded: ActionResult = { state: 'succeeded', detail: 'done' };

/** Goes through its steps, one per call; records the calls. */
function scripted(name: string, steps: readonly Step[]): Executor & { readonly calls: ActionCall[] } {
  const calls: ActionCall[] = [];
  return {
    name,
    calls,
    handles: (action) => action.name === name,
    providerOf: () => null,
    execute(call) {
      const step = steps[calls.length] ?? succeeded;
      calls.push(call);
      if (step === 'throw') throw new Error('boom');
      if (step === 'hang') return new Promise(() => {});
      if (step !== 'obey') return Promise.resolve(step);
      return new Promise((resolve) => {
        const detail = 'cut off; it may have arrived';
        call.signal.addEventListener('abort', () => resolve({ state: 'unknown', detail, retriable: true }));
      });
    },
  };
}

const act = (name: string, retry = 0): PlannedAction => ({
  name,
  target: null,
  args: {},
  timeoutMs: 1_000,
  retry,
  endpoint: null,
  change: null,
});

function bench(executors: readonly Executor[], ledger: Pick<Ledger, 'transition'> = intentBook(), concurrency = 8) {
  const clock = manualClock(start);
  const timers = manualTimers((ms) => clock.advance(ms));
  const log = lines();
  const random = { next: () => 1 };
  const dispatcher = new Dispatcher({ ledger, executors, clock, timers, random, log, concurrency });
  return { clock, timers, log, dispatcher };
}

/** Lets promises run, then time pass, in turns. */
async function pass(timers: { advance(ms: number): void }, ms: number): Promise<void> {
  for (let step = 0; step < ms; step += 50) {
    await new Promise((resolve) => setImmediate(resolve));
    timers.advance(50);
  }
  await new Promise((resolve) => setImmediate(resolve));
}

describe('how an intent ends', () => {
  const cases: readonly (readonly [string, readonly Step[], number, readonly string[], RegExp, number])[] = [
    ['at once', [succeeded], 3, ['0 executing', '0 succeeded'], /^done$/, 1],
    ['after a retry', [failed('refused'), succeeded], 3, ['0 executing', '0 succeeded'], /^done$/, 2],
    ['after all retries', [failed('a'), failed('b'), failed('c')], 2, ['0 executing', '0 failed'], /^c$/, 3],
    ['without a retry when it can’t help', [failed('no', false)], 3, ['0 executing', '0 failed'], /^no$/, 1],
    ['when the executor throws', ['throw'], 3, ['0 executing', '0 failed'], /executor of act broke: boom/, 1],
    [
      'when the executor hangs',
      ['hang'],
      3,
      ['0 executing', '0 unknown', '0 expired'],
      /no answer within 1000 ms; it may have been done; the outcome can’t be read back/,
      1,
    ],
    [
      'when it times out each time',
      ['obey', 'obey'],
      1,
      ['0 executing', '0 unknown', '0 expired'],
      /may have arrived/,
      2,
    ],
    ['when it times out once', ['obey', succeeded], 1, ['0 executing', '0 succeeded'], /^done$/, 2],
    [
      'when it is in doubt and then refused',
      ['obey', failed('refused')],
      1,
      ['0 executing', '0 unknown', '0 expired'],
      /may have arrived; then refused/,
      2,
    ],
  ];
  it.each(cases)('%s', async (_name, steps, retry, changes, detail, attempts) => {
    const executor = scripted('act', steps);
    const book = intentBook();
    const { dispatcher, timers } = bench([executor], book);
    dispatcher.dispatch(decision({ actions: [act('act', retry)] }));
    await pass(timers, 6_000);
    expect(book.changes).toEqual(changes);
    expect(book.last(0)?.detail).toMatch(detail);
    expect(book.last(0)?.attempts).toBe(attempts);
    expect(executor.calls.map((call) => call.attempt)).toEqual(
      Array.from({ length: attempts }, (_, index) => index + 1),
    );
    expect(new Set(executor.calls.map((call) => call.idempotencyKey)).size).toBe(1);
    expect(dispatcher.pending).toBe(0);
    expect(timers.pending).toBe(0);
  });

  it('as recorded only when there is no executor', async () => {
    const book = intentBook();
    const { dispatcher, timers } = bench([], book);
    dispatcher.dispatch(decision());
    await pass(timers, 50);
    expect(book.changes).toEqual(['0 executing', '0 succeeded', '1 executing', '1 succeeded']);
    expect(book.last(1)?.detail).toBe('recorded only: no provider in this build');
  });

  it('as expired when its turn comes too late', async () => {
    const executor = scripted('act', []);
    const book = intentBook();
    const { dispatcher, timers, clock } = bench([executor], book);
    clock.advance(60_001);
    dispatcher.dispatch(decision({ actions: [act('act')] }));
    await pass(timers, 50);
    expect(book.changes).toEqual(['0 expired']);
    expect(executor.calls).toEqual([]);
  });
});

describe('what is carried out', () => {
  it('only admitted decisions, and only once the ledger says so', async () => {
    const executor = scripted('act', []);
    const others = bench([executor], { transition: async () => ({ outcome: 'others', holder: null }) });
    others.dispatcher.dispatch(decision({ actions: [act('act')] }));
    const broken = bench([executor], { transition: () => Promise.reject(new Error('no ledger')) });
    broken.dispatcher.dispatch(decision({ actions: [act('act')] }));
    for (const outcome of ['refused', 'shadowed', 'awaiting_approval'] as const) {
      others.dispatcher.dispatch(decision({ outcome, actions: [act('act')] }));
    }
    await pass(others.timers, 50);
    expect(executor.calls).toEqual([]);
    expect(broken.log.written).toEqual(['error action not recorded: no ledger']);
  });

  it('the actions of a decision in order, also after a failure; no more decisions at once than allowed', async () => {
    const executor = scripted('act', [failed('no', false)]);
    const slow = scripted('slow', ['obey', 'obey', 'obey']);
    const first = bench([executor]);
    first.dispatcher.dispatch(decision({ actions: [act('act'), act('act')] }));
    await pass(first.timers, 50);
    expect(executor.calls.map((call) => call.ordinal)).toEqual([0, 1]);
    const second = bench([slow], intentBook(), 2);
    for (const number of [1, 2, 3]) second.dispatcher.dispatch(decision({ number, actions: [act('slow')] }));
    await pass(second.timers, 500);
    expect([slow.calls.length, second.dispatcher.pending]).toEqual([2, 3]);
    await pass(second.timers, 2_000);
    expect([slow.calls.length, second.dispatcher.pending]).toEqual([3, 0]);
  });

  it('what an earlier run left, action by action', async () => {
    const executor = scripted('act', []);
    const { dispatcher, timers } = bench([executor]);
    const left = decision({ actions: [act('act'), act('act'), act('act')] });
    dispatcher.resume(
      [1, 2].map((ordinal) => ({ decision: left, ordinal, state: 'admitted' as const, attempts: 0, detail: null })),
    );
    await pass(timers, 50);
    expect(executor.calls.map((call) => call.ordinal)).toEqual([1, 2]);
  });
});

describe('shutdown', () => {
  it('waits for what is under way and begins nothing more', async () => {
    const executor = scripted('act', ['obey']);
    const book = intentBook();
    const { dispatcher, timers } = bench([executor], book, 1);
    dispatcher.dispatch(decision({ actions: [act('act'), act('act')] }));
    dispatcher.dispatch(decision({ number: 1, actions: [act('act')] }));
    await pass(timers, 100);
    const drained = dispatcher.drain(5_000);
    await pass(timers, 1_500);
    expect(await drained).toEqual({ cutOff: 0, left: 2, unended: 0 });
    expect(book.changes).toEqual(['0 executing', '0 unknown', '0 expired']);
    dispatcher.dispatch(decision({ number: 2, actions: [act('act')] }));
    expect(executor.calls).toHaveLength(1);
    expect(timers.pending).toBe(0);
  });

  it('cuts off what takes longer than it may', async () => {
    const executor = scripted('act', ['obey', 'hang', failed('later')]);
    const book = intentBook();
    const { dispatcher, timers } = bench([executor], book);
    for (const number of [1, 2, 3]) {
      const action = { ...act('act', 9), timeoutMs: 60_000 };
      dispatcher.dispatch(decision({ number, actions: [action] }));
    }
    await pass(timers, 50);
    const drained = dispatcher.drain(100);
    await pass(timers, 1_000);
    expect(await drained).toEqual({ cutOff: 3, left: 0, unended: 0 });
    expect(book.changes.toSorted()).toEqual([
      '0 executing',
      '0 executing',
      '0 executing',
      '0 expired',
      '0 expired',
      '0 failed',
      '0 unknown',
      '0 unknown',
    ]);
  });

  it('ends also when the ledger takes nothing any more', async () => {
    const { dispatcher, timers } = bench([], { transition: () => new Promise(() => {}) });
    dispatcher.dispatch(decision());
    await pass(timers, 50);
    const drained = dispatcher.drain(100);
    await pass(timers, 2_000);
    expect(await drained).toEqual({ cutOff: 0, left: 0, unended: 1 });
  });
});
