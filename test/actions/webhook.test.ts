// Actions carried out over HTTP by a provider that misbehaves in every way we know: what it is sent, what it does, what
// is written down in the end.

import { createHmac } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ActionEnding } from '../../runtime/actions/action-run.ts';
import { Dispatcher, type DispatcherOptions } from '../../runtime/actions/dispatcher.ts';
import { createHostGuard } from '../../runtime/actions/host-guard.ts';
import { ProviderLimits, type ProviderLimitsOptions } from '../../runtime/actions/provider-limits.ts';
import { webhook } from '../../runtime/actions/webhook.ts';
import type { Decision, PlannedAction } from '../../runtime/decision.ts';
import { WebhookInventory } from '../../runtime/inventory/webhook-inventory.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { createFetch, type Resolve } from '../../runtime/ports/fetch.ts';
import { systemRandom } from '../../runtime/ports/random.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision, start } from '../ledger/fixtures.ts';
import { type FleetServer, startFleetServer } from '../support/fleet-server.ts';
import { intentBook, lines } from './fixtures.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const secret = 'a-secret-of-16-or-more';

async function provider(): Promise<FleetServer> {
  const server = await startFleetServer({ payment: 4 });
  closers.push(() => server.stop());
  return server;
}

interface Setting {
  readonly allow?: readonly string[] | null;
  readonly resolve?: Resolve;
  readonly limits?: Partial<ProviderLimitsOptions>;
  readonly dispatcher?: Partial<DispatcherOptions>;
  /** The host by which the fleet's webhook goes. */
  readonly url?: (fleet: string) => string;
}

/** The whole frame around one provider, with real HTTP, clock and timers. */
function frame(server: FleetServer, setting: Setting = {}) {
  const { allow = ['127.0.0.1'], resolve = async () => ['127.0.0.1'], url = server.url } = setting;
  const fetch = createFetch(resolve);
  const guard = createHostGuard({ allow, isNamed: (host) => host !== 'elsewhere.example' });
  const shared = { fetch, clock: systemClock, timers: systemTimers };
  const inventory = new WebhookInventory({ ...shared, addressOf: url, guard, timeoutMs: 300 });
  const book = intentBook();
  const log = lines();
  const endings: ActionEnding[] = [];
  const finished: string[] = [];
  const limits = new ProviderLimits({ clock: systemClock, random: systemRandom, ...setting.limits });
  const dispatcher = new Dispatcher({
    ledger: book,
    executors: [webhook({ ...shared, guard, inventory, secrets: [secret, 'the-old-secret-of-16'] })],
    clock: systemClock,
    timers: systemTimers,
    random: { next: () => 0 },
    log,
    limits,
    onEnded: (ending) => endings.push(ending),
    finish: async ({ id }, done) => {
      finished.push(`${id} ${done}`);
    },
    ...setting.dispatcher,
  });
  const settle = async () => {
    while (dispatcher.pending > 0) await new Promise((resolved) => setTimeout(resolved, 5));
  };
  const run = async (action: PlannedAction, changes: Partial<Decision> = {}) => {
    dispatcher.dispatch(decision({ deadline: undefined, actions: [action], ...changes }));
    await settle();
    return endings.at(-1);
  };
  return { book, log, endings, finished, dispatcher, run, settle, inventory };
}

function scale(server: FleetServer, changes: Partial<PlannedAction> = {}): PlannedAction {
  return {
    name: 'scale_up',
    target: 'payment',
    args: { by: 2 },
    timeoutMs: 400,
    retry: 1,
    endpoint: server.url('payment'),
    change: { from: 4, to: 6 },
    ...changes,
  };
}

function drain(server: FleetServer, changes: Partial<PlannedAction> = {}): PlannedAction {
  return { ...scale(server), name: 'drain', args: { waitMs: 5_000 }, change: null, ...changes };
}

describe('a change of a fleet', () => {
  it('is sent whole, signed over its bytes and its time, once', async () => {
    const server = await provider();
    const { run, finished } = frame(server);
    // A busy machine may take long to answer.
    const ending = await run(scale(server, { timeoutMs: 20_000 }));
    expect(ending).toMatchObject({ state: 'succeeded', detail: 'webhook answered 200', attempts: 1, done: true });
    expect(server.members.get('payment')).toBe(6);
    expect(finished).toEqual([`${decision().id} true`]);
    const [got, ...more] = server.received;
    expect(more).toEqual([]);
    expect(got?.body).toEqual({
      decisionId: decision().id,
      policy: 'high_error_rate',
      key: 'payment-service',
      at: new Date(start).toISOString(),
      action: 'scale_up',
      fleet: 'payment',
      from: 4,
      to: 6,
      args: { by: 2 },
      values: decision().values,
      why: ['error_rate > 5% for 30s (0.07)', 'latency_p99 > 500ms for 30s (unknown)'],
    });
    expect(got?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': `${decision().id}-0`,
      host: server.host,
    });
    const [, seconds = '', digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(got?.headers['ddl-signature'])) ?? [];
    expect(createHmac('sha256', secret).update(`${seconds}.${got?.text}`).digest('hex')).toBe(digest);
    expect(Math.abs(Date.now() / 1_000 - Number(seconds))).toBeLessThan(5);
  });

  it('is not sent when the fleet is not as it was, or when nobody can tell', async () => {
    const server = await provider();
    server.members.set('payment', 5);
    const other = await frame(server).run(scale(server));
    expect(other).toMatchObject({ state: 'failed', done: false, attempts: 1 });
    expect(other?.detail).toBe('webhook: nothing sent: payment has 5 members, and this was decided when it had 4');
    server.sizes = { status: 500, body: '' };
    const unknown = await frame(server).run(scale(server));
    expect(unknown).toMatchObject({ state: 'failed', done: false, attempts: 2 });
    expect(unknown?.detail).toBe('webhook: nothing sent: the size of payment can’t be told: its webhook answered 500');
    server.sizes = null;
    server.members.set('payment', 6);
    expect(await frame(server).run(scale(server))).toMatchObject({
      state: 'succeeded',
      detail: 'payment has 6 members already',
    });
    expect(server.received).toEqual([]);
  });

  it.each([409, 412])('that the provider refuses with %d has failed, and is not tried again', async (status) => {
    const server = await provider();
    server.script.push({ status, body: 'it has 5' });
    const ending = await frame(server).run(scale(server));
    expect(ending).toMatchObject({ state: 'failed', attempts: 1, done: false });
    expect(ending?.detail).toBe(
      `webhook answered ${status}, the fleet is not as it was when this was decided: it has 5`,
    );
  });

  it('that was done without an answer is found to be done, and done once', async () => {
    const server = await provider();
    server.script.push('done-silent');
    const tried = frame(server);
    expect(await tried.run(scale(server))).toMatchObject({
      state: 'succeeded',
      detail: 'payment has 6 members already',
      attempts: 2,
    });
    expect(server.received).toHaveLength(1);
    server.members.set('payment', 4);
    server.script.push('done-silent');
    const last = frame(server);
    const ending = await last.run(scale(server, { retry: 0 }), { at: start + 1 });
    expect(ending).toMatchObject({ state: 'reconciled', done: true, attempts: 1 });
    expect(ending?.detail).toMatch(/no answer within 400 ms; it may have arrived; payment has 6 members: it was done$/);
    expect(last.book.changes).toEqual(['0 executing', '0 unknown', '0 reconciled']);
  });

  it('that got no answer and was not done is tried again with the same key', async () => {
    const server = await provider();
    server.script.push('silent', { status: 502 });
    const { run, book } = frame(server);
    expect(await run(scale(server, { retry: 2 }))).toMatchObject({ state: 'succeeded', attempts: 3 });
    expect(new Set(server.received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(book.changes).toEqual(['0 executing', '0 succeeded']);
    expect(server.members.get('payment')).toBe(6);
  });
});

describe('the outcome', () => {
  it('of what can not be read back is written down as such', async () => {
    const server = await provider();
    server.otherwise = 'silent';
    const { run, book, finished } = frame(server);
    const ending = await run(drain(server, { retry: 0, timeoutMs: 100 }));
    expect(ending).toMatchObject({ state: 'expired', done: true, attempts: 1 });
    expect(ending?.detail).toBe(
      'webhook: no answer within 100 ms; it may have arrived; the receiver can’t be asked whether it was done',
    );
    expect(book.changes).toEqual(['0 executing', '0 unknown', '0 expired']);
    expect(finished).toEqual([`${decision().id} true`]);
    // The server hears of it a moment after the caller has turned away.
    await vi.waitFor(() => expect(server.abandoned).toBe(1));
  });

  it('of a change that has not been seen is not taken for certain', { timeout: 30_000 }, async () => {
    const server = await provider();
    server.otherwise = 'silent';
    const { run, finished } = frame(server);
    const ending = await run(scale(server, { retry: 0, timeoutMs: 100 }));
    expect(ending).toMatchObject({ state: 'expired', done: true });
    expect(ending?.detail).toMatch(/it may have arrived; payment still has 4 members: not done so far$/);
    expect(finished).toEqual([`${decision().id} true`]);
    // Read at once, and again for some seconds.
    expect(server.reads).toBe(5);
  });

  it('of a gateway that lost sight of it is not “failed”', async () => {
    const server = await provider();
    server.otherwise = { status: 504 };
    expect(await frame(server).run(drain(server))).toMatchObject({ state: 'expired', attempts: 2, done: true });
    server.otherwise = { status: 503 };
    expect(await frame(server).run(drain(server))).toMatchObject({ state: 'failed', attempts: 2, done: false });
  });

  it('of what an engine began that is gone is read back', async () => {
    const server = await provider();
    server.members.set('payment', 6);
    const { dispatcher, settle, book, endings, finished } = frame(server);
    const left = decision({ deadline: undefined, actions: [scale(server)] });
    await book.transition({ decisionId: left.id, ordinal: 0, to: 'executing', attempts: 0, detail: null });
    await book.transition({ decisionId: left.id, ordinal: 0, to: 'unknown', attempts: 1, detail: null });
    dispatcher.reconcile([{ decision: left, ordinal: 0, state: 'unknown', attempts: 1, detail: 'its engine is gone' }]);
    await settle();
    expect(endings).toMatchObject([
      { state: 'reconciled', detail: 'its engine is gone; payment has 6 members: it was done', attempts: 1 },
    ]);
    expect(finished).toEqual([`${left.id} true`]);
    expect(server.received).toEqual([]);
  });
});

describe('an answer', () => {
  it('of 10 MB is not read', async () => {
    const server = await provider();
    server.script.push({ status: 200, body: Buffer.alloc(10_000_000, 'x') });
    expect(await frame(server).run(drain(server))).toMatchObject({ state: 'succeeded', attempts: 1 });
  });

  it('that leads to where a cloud keeps its credentials is not followed', async () => {
    const server = await provider();
    server.script.push({ status: 307, headers: { location: 'http://169.254.169.254/latest/meta-data/' } });
    const ending = await frame(server).run(drain(server));
    expect(ending).toMatchObject({ state: 'failed', attempts: 1 });
    expect(ending?.detail).toBe(
      'webhook answered 307, a redirect to 169.254.169.254; redirects are not followed, set the final address',
    );
  });

  it('that asks to come back later is heard, within bounds', async () => {
    const server = await provider();
    server.script.push({ status: 429, headers: { 'retry-after': '1' } });
    const begun = performance.now();
    expect(await frame(server).run(drain(server))).toMatchObject({ state: 'succeeded', attempts: 2 });
    expect(performance.now() - begun).toBeGreaterThan(990);
    server.script.push({ status: 429, headers: { 'retry-after': '3600' } });
    const long = await frame(server).run(drain(server), { at: start + 1 });
    expect(long).toMatchObject({ state: 'failed', attempts: 1 });
    expect(long?.detail).toMatch(/^webhook answered 429; not tried again: it asks to wait 3600000 ms/);
    const date = new Date(Date.now() + 30_000).toUTCString();
    server.script.push({ status: 503, headers: { 'retry-after': date } });
    const late = await frame(server).run(drain(server), { at: start + 2, deadline: Date.now() + 5_000 });
    expect(late?.detail).toBe('webhook answered 503; not tried again: too old by then');
  });
});

describe('who is called', () => {
  it('nobody but hosts that the program names', async () => {
    const server = await provider();
    const ending = await frame(server).run(drain(server, { endpoint: 'http://elsewhere.example/x' }));
    expect(ending).toMatchObject({ state: 'failed', attempts: 1, done: false });
    expect(ending?.detail).toBe('webhook: not called: the program that runs now does not name elsewhere.example');
  });

  it.each([
    ['127.0.0.1', 'an address of this very machine'],
    ['169.254.169.254', 'a link-local, metadata or otherwise reserved address'],
    ['10.0.0.1', 'a private address'],
  ])('no host whose name leads to %s, unless that is meant', async (address, word) => {
    const server = await provider();
    const endpoint = `http://hooks.test:${server.port}/x`;
    const { run } = frame(server, { allow: null, resolve: async () => [address] });
    const ending = await run(drain(server, { endpoint }));
    expect(ending).toMatchObject({ state: 'failed', attempts: 1 });
    expect(ending?.detail).toBe(
      `webhook: hooks.test:${server.port} is not called: ${address} is ${word}; list it in \`actions.webhook.allow\` if it is meant`,
    );
    expect(server.received).toEqual([]);
  });

  it('the address that was checked, whatever its name leads to a moment later', async () => {
    const server = await provider();
    let asked = 0;
    const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254']);
    const endpoint = `http://hooks.test:${server.port}/x`;
    const { run } = frame(server, { allow: ['127.0.0.1'], resolve });
    expect(await run(drain(server, { endpoint }))).toMatchObject({ state: 'succeeded', attempts: 1 });
    expect(asked).toBe(1);
    expect(server.received[0]?.headers.host).toBe(`hooks.test:${server.port}`);
    expect(await run(drain(server, { endpoint }), { at: start + 1 })).toMatchObject({ state: 'failed' });
    expect(server.received).toHaveLength(1);
  });

  it('of several addresses one that is admitted', async () => {
    const server = await provider();
    const endpoint = `http://hooks.test:${server.port}/x`;
    const { run } = frame(server, { resolve: async () => ['169.254.169.254', '127.0.0.1'] });
    expect(await run(drain(server, { endpoint }))).toMatchObject({ state: 'succeeded' });
  });

  it('by its name where TLS is spoken, and nobody who can’t prove it', async () => {
    const names: string[] = [];
    const listening = createServer({
      SNICallback: (name, done) => {
        names.push(name);
        done(null);
      },
    });
    listening.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    closers.push(() => void listening.close());
    const server = await provider();
    const endpoint = `https://hooks.test:${(listening.address() as AddressInfo).port}/x`;
    const ending = await frame(server).run(drain(server, { endpoint, retry: 0 }));
    expect(names).toEqual(['hooks.test']);
    expect(ending).toMatchObject({ state: 'failed', done: false });
  });

  it('nobody when the name leads nowhere', async () => {
    const server = await provider();
    const resolve = () => Promise.reject(Object.assign(new Error('queryA hooks.test'), { code: 'ENOTFOUND' }));
    const endpoint = 'http://hooks.test/x';
    const ending = await frame(server, { resolve }).run(drain(server, { endpoint, retry: 0 }));
    expect(ending).toMatchObject({ state: 'failed', detail: 'webhook: no address known for hooks.test' });
  });
});

describe('many at once', () => {
  it('no more calls side by side than a provider shall have', async () => {
    const server = await provider();
    server.delayMs = 20;
    const { dispatcher, settle, endings } = frame(server, { limits: { concurrency: 3 } });
    for (let number = 0; number < 20; number++)
      dispatcher.dispatch(decision({ number, deadline: undefined, actions: [drain(server)] }));
    await settle();
    expect(endings.map(({ state }) => state)).toEqual(Array(20).fill('succeeded'));
    expect(server.concurrencyMax).toBe(3);
  });

  it('a provider that fails is left alone, then tried by one', async () => {
    const server = await provider();
    server.otherwise = { status: 503 };
    const { run, dispatcher } = frame(server, { limits: { failuresMax: 3, openMs: 400 } });
    for (let number = 0; number < 3; number++) await run(drain(server, { retry: 0 }), { at: start + number });
    expect(server.received).toHaveLength(3);
    expect(dispatcher.providers).toMatchObject([{ provider: server.host, circuit: 'open' }]);
    const refused = await run(drain(server, { retry: 0 }), { at: start + 10 });
    expect(refused).toMatchObject({ state: 'expired', attempts: 0, done: false });
    expect(refused?.detail).toMatch(/was not called: it failed 3 times in a row and is tried again in \d+ ms$/);
    expect(server.received).toHaveLength(3);
    server.otherwise = 'do';
    expect(await run(drain(server, { retry: 3 }), { at: start + 11 })).toMatchObject({
      state: 'succeeded',
      attempts: 1,
    });
    expect(dispatcher.providers).toEqual([]);
  });

  it('what was never sent says nothing good of a provider that fails', async () => {
    const server = await provider();
    server.otherwise = { status: 503 };
    let asked = 0;
    const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254']);
    const { run, dispatcher } = frame(server, { resolve });
    const endpoint = `http://hooks.test:${server.port}/x`;
    for (const at of [start, start + 1]) await run(drain(server, { endpoint, retry: 0 }), { at });
    expect(asked).toBe(2);
    expect(dispatcher.providers).toMatchObject([{ failures: 1, circuit: 'closed' }]);
  });

  it('a provider that does not answer keeps nobody else waiting', async () => {
    const slow = await provider();
    const good = await provider();
    slow.otherwise = 'silent';
    const { dispatcher, settle, endings } = frame(slow, { limits: { concurrency: 2 } });
    for (let number = 0; number < 10; number++)
      dispatcher.dispatch(
        decision({ number, deadline: undefined, actions: [drain(slow, { retry: 0, timeoutMs: 100 })] }),
      );
    dispatcher.dispatch(decision({ number: 99, deadline: undefined, actions: [drain(good)] }));
    await settle();
    expect(endings[0]?.decision.id).toBe(decision({ number: 99 }).id);
  });
});

describe('at the moment of acting', () => {
  it('what people or the ledger no longer allow is not done', async () => {
    const server = await provider();
    const paused = frame(server, { dispatcher: { mayAct: ({ policy }) => `${policy} is paused by ann: release` } });
    const ending = await paused.run(scale(server));
    expect(ending).toMatchObject({ state: 'expired', attempts: 0, done: false });
    expect(ending?.detail).toBe('high_error_rate is paused by ann: release');
    expect(paused.finished).toEqual([`${decision().id} false`]);
    const transition = async () =>
      ({ outcome: 'refused', guard: 'fence', reason: 'a newer decision has the fleet' }) as const;
    const fenced = frame(server, { dispatcher: { ledger: { transition } } });
    expect(await fenced.run(scale(server))).toMatchObject({
      state: 'expired',
      detail: 'a newer decision has the fleet',
      done: false,
    });
    const taken = async () => ({ outcome: 'others', holder: null }) as const;
    const others = frame(server, { dispatcher: { ledger: { transition: taken } } });
    expect(await others.run(scale(server))).toBeUndefined();
    expect(others.finished).toEqual([]);
    expect(server.received).toEqual([]);
  });

  it('a pause that comes between two tries ends it', async () => {
    const server = await provider();
    server.otherwise = { status: 503 };
    const mayAct = () => (server.received.length > 0 ? 'all is paused by ann: incident' : null);
    const ending = await frame(server, { dispatcher: { mayAct } }).run(drain(server, { retry: 3 }));
    expect(ending).toMatchObject({
      state: 'failed',
      attempts: 1,
      detail: 'not tried again: all is paused by ann: incident',
    });
    expect(server.received).toHaveLength(1);
  });

  it('the end of the engine cuts a call off, and its connection', async () => {
    const server = await provider();
    server.otherwise = 'silent';
    const { dispatcher, book } = frame(server);
    dispatcher.dispatch(decision({ deadline: undefined, actions: [drain(server, { timeoutMs: 60_000 })] }));
    await expect.poll(() => server.received.length).toBe(1);
    const begun = performance.now();
    expect(await dispatcher.drain(50)).toEqual({ cutOff: 1, left: 0, unended: 0 });
    expect(performance.now() - begun).toBeLessThan(400);
    expect(book.changes).toEqual(['0 executing', '0 unknown', '0 expired']);
    await expect.poll(() => server.abandoned).toBe(1);
  });

  it('the end of the engine leaves a change that may be under way to be read back by who comes next', async () => {
    const server = await provider();
    server.otherwise = 'silent';
    const { dispatcher, book, finished } = frame(server);
    const about = decision({ deadline: undefined, actions: [scale(server, { timeoutMs: 60_000 })] });
    dispatcher.dispatch(about);
    await expect.poll(() => server.received.length).toBe(1);
    expect(await dispatcher.drain(50)).toEqual({ cutOff: 1, left: 0, unended: 0 });
    expect(book.changes).toEqual(['0 executing', '0 unknown']);
    expect(finished).toEqual([]);
    server.members.set('payment', 6);
    const next = frame(server, { dispatcher: { ledger: book } });
    next.dispatcher.reconcile([{ decision: about, ordinal: 0, state: 'unknown', attempts: 1, detail: 'cut off' }]);
    await next.settle();
    expect(book.changes).toEqual(['0 executing', '0 unknown', '0 reconciled']);
    expect(next.finished).toEqual([`${about.id} true`]);
  });

  it('fleets are freed even when that fails at first', async () => {
    const server = await provider();
    let asked = 0;
    const finish = async () => {
      if (asked++ === 0) throw new Error('no gates');
    };
    const { run, log } = frame(server, { dispatcher: { finish } });
    await run(scale(server));
    expect(asked).toBe(2);
    expect(log.written).toEqual(['warn its fleets are not free yet: no gates']);
  });
});
