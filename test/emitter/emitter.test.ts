// What a service sends arrives, and whatever becomes of it on the way, the service never waits and never hears of it.

import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { BackgroundEmitter, type BackgroundEmitterOptions } from '../../runtime/emitter/background-emitter.ts';
import {
  createEmitter,
  EmitRejected,
  type EmittedEvent,
  type EmitterOptions,
} from '../../runtime/emitter/create-emitter.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { manualTimers } from '../../runtime/ports/timers.ts';
import { startOtlpReceiver } from '../../runtime/sources/otlp-receiver.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** An emitter by hand: its time, and a transport that takes what it is told to. */
function byHand(options: Partial<BackgroundEmitterOptions> = {}) {
  const clock = manualClock(1_000_000);
  const timers = manualTimers((ms) => clock.advance(ms));
  const batches: (readonly EmittedEvent[])[] = [];
  const state: { fail: Error | 'hang' | null } = { fail: null };
  const transport = {
    async send(events: readonly EmittedEvent[]): Promise<void> {
      batches.push(events);
      if (state.fail === 'hang') return new Promise(() => {});
      if (state.fail !== null) throw state.fail;
    },
  };
  const emitter = new BackgroundEmitter({
    service: 'payment',
    transport,
    clock,
    timers,
    keepAlive: timers,
    random: { next: () => 0.5 },
    capacity: 10,
    batch: 4,
    ...options,
  });
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 100) {
      timers.advance(100);
      await turns(5);
    }
  };
  return { emitter, batches, state, pass, clock, timers };
}

const numbersOf = (batches: readonly (readonly EmittedEvent[])[]) =>
  batches.map((events) => events.map(({ metrics }) => metrics.n));

describe('events', () => {
  it('are copied with their time, the service’s name and the tags', async () => {
    const { emitter, batches, pass, clock } = byHand({ tags: { region: 'eu' }, schema: 'shop' });
    const metrics: Record<string, number | boolean | undefined> = { latency: 12.5, up: true, none: undefined };
    emitter.emit(metrics, { instance: 'a', port: 80, nothing: undefined });
    metrics.latency = 99;
    clock.advance(10);
    emitter.emit({ latency: 13 });
    await pass(1_000);
    const tags = { 'service.name': 'payment', region: 'eu' };
    const id = expect.stringMatching(/^[a-z0-9]+-\d$/);
    expect(batches).toEqual([
      [
        {
          id,
          timestamp: 1_000_000,
          schema: 'shop',
          metrics: { latency: 12.5, up: 1 },
          tags: { ...tags, instance: 'a', port: '80' },
        },
        { id, timestamp: 1_000_010, schema: 'shop', metrics: { latency: 13 }, tags },
      ],
    ]);
    expect(new Set(batches.flat().map((event) => event.id)).size).toBe(2);
    expect(emitter.counts()).toMatchObject({ emitted: 2, sent: 2, waiting: 0, problem: null });
  });

  it('go when there is a batch, or when it is time', async () => {
    const { emitter, batches, pass } = byHand();
    for (let n = 1; n <= 5; n++) emitter.emit({ n });
    await pass(100);
    expect(numbersOf(batches)).toEqual([[1, 2, 3, 4]]);
    await pass(1_000);
    expect(numbersOf(batches)).toEqual([[1, 2, 3, 4], [5]]);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['no numbers', { a: 'x', b: Number.NaN, c: Number.POSITIVE_INFINITY, d: null, e: {} }],
    ['a text', 'abc'],
    [
      'what throws',
      {
        get a(): number {
          throw new Error('boom');
        },
      },
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          ownKeys: () => {
            throw new Error('boom');
          },
        },
      ),
    ],
    ['a big integer', { a: 10n }],
  ])('that can’t be read are counted, and thrown at nobody: %s', async (_name, metrics) => {
    const { emitter, batches, pass } = byHand();
    emitter.emit(metrics as never);
    emitter.emit(
      { n: 1 },
      {
        get a(): string {
          throw new Error('boom');
        },
      },
    );
    emitter.emit({ n: 2 }, 7 as never);
    await pass(1_000);
    expect(emitter.counts()).toMatchObject({ emitted: 3, invalid: 2, sent: 1 });
    expect(numbersOf(batches)).toEqual([[2]]);
  });

  it('have no more names and no longer texts than one moment of a service needs', async () => {
    const { emitter, batches, pass } = byHand();
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`m${n}`, n]));
    emitter.emit(many, {
      long: 'x'.repeat(10_000),
      ...Object.fromEntries(Object.keys(many).map((name) => [name, 'y'])),
    });
    emitter.emit(JSON.parse('{"__proto__": 1, "constructor": 2}'));
    await pass(1_000);
    const [first, second] = batches[0] ?? [];
    expect(Object.keys(first?.metrics ?? {})).toHaveLength(256);
    expect(Object.keys(first?.tags ?? {})).toHaveLength(257);
    expect(first?.tags.long).toHaveLength(1_024);
    expect(second?.metrics).toEqual({ constructor: 2 });
    expect(Object.getPrototypeOf(second?.metrics)).toBe(Object.prototype);
  });
});

describe('while nobody takes them', () => {
  it('the oldest make room and are counted; the same batch is sent again, then the others', async () => {
    const { emitter, batches, state, pass } = byHand();
    state.fail = new Error('connection refused by 127.0.0.1:9');
    for (let n = 1; n <= 4; n++) emitter.emit({ n });
    await pass(100);
    for (let n = 5; n <= 20; n++) emitter.emit({ n });
    await pass(5_000);
    expect(new Set(numbersOf(batches).map(String))).toEqual(new Set(['1,2,3,4']));
    expect(batches.length).toBeGreaterThan(2);
    expect(emitter.counts()).toEqual({
      emitted: 20,
      sent: 0,
      dropped: 6,
      invalid: 0,
      rejected: 0,
      waiting: 14,
      problem: 'connection refused by 127.0.0.1:9',
    });
    state.fail = null;
    batches.length = 0;
    await pass(10_000);
    expect(numbersOf(batches)).toEqual([
      [1, 2, 3, 4],
      [11, 12, 13, 14],
      [15, 16, 17, 18],
      [19, 20],
    ]);
    expect(emitter.counts()).toMatchObject({ sent: 14, waiting: 0, problem: null });
  });

  it('they are not sent oftener than once in half a minute in the end', async () => {
    const { emitter, batches, state, pass } = byHand();
    state.fail = new Error('no');
    emitter.emit({ n: 1 });
    await pass(200_000);
    const before = batches.length;
    await pass(100_000);
    expect(batches.length - before).toBeLessThanOrEqual(5);
    expect(batches.length - before).toBeGreaterThanOrEqual(3);
  });

  it('what is refused for good is counted, and holds nothing up', async () => {
    const { emitter, state, pass } = byHand();
    state.fail = new EmitRejected('127.0.0.1 answered 400: it does not take these events');
    for (let n = 1; n <= 4; n++) emitter.emit({ n });
    await pass(100);
    state.fail = null;
    emitter.emit({ n: 5 });
    await pass(1_000);
    expect(emitter.counts()).toMatchObject({ rejected: 4, sent: 1 });
  });

  it('a transport that hangs is given up and asked again', async () => {
    const { emitter, batches, state, pass } = byHand();
    state.fail = 'hang';
    emitter.emit({ n: 1 });
    await pass(29_000);
    expect(batches).toHaveLength(1);
    state.fail = null;
    await pass(5_000);
    expect(emitter.counts()).toMatchObject({ sent: 1, waiting: 0 });
  });
});

describe('the end', () => {
  it('sends what waits', async () => {
    const { emitter, batches, pass, timers } = byHand();
    for (let n = 1; n <= 10; n++) emitter.emit({ n });
    const closing = emitter.close();
    await pass(200);
    expect(await closing).toMatchObject({ sent: 10, dropped: 0, waiting: 0 });
    expect(numbersOf(batches)).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10],
    ]);
    emitter.emit({ n: 11 });
    expect(emitter.counts()).toMatchObject({ emitted: 11, dropped: 1 });
    expect(timers.pending).toBe(0);
  });

  it.each(['hang', 'fail'] as const)('comes in time when the transport can only %s', async (way) => {
    const { emitter, state, pass, timers } = byHand();
    state.fail = way === 'hang' ? 'hang' : new Error('no');
    for (let n = 1; n <= 12; n++) emitter.emit({ n });
    await pass(100);
    const closing = emitter.close(1_500);
    await pass(1_600);
    expect(await closing).toMatchObject({ emitted: 12, sent: 0, dropped: 12, waiting: 0 });
    expect(timers.pending).toBe(0);
  });
});

const program = programMeta([
  schemaMeta('service', {
    key: tagMeta('service_id', { from: 'service.name' }),
    tags: [tagMeta('instance')],
    metrics: [metricMeta('requests', { counter: true }), metricMeta('cpu')],
  }),
]);

describe('over HTTP', () => {
  it('they arrive at the engine as they were', async () => {
    const probe = intakeProbe(program);
    const receiver = await startOtlpReceiver({
      port: 0,
      intake: () => probe.intake,
      now: Date.now,
      accept: () => true,
      onBatch: () => {},
    });
    closers.push(() => receiver.close());
    const target = { kind: 'otlp-http', url: `${receiver.url}/v1/metrics` } as const;
    const emitter = createEmitter({ service: 'pay "1"', target, counters: ['requests'], batch: 10 });
    const before = Date.now();
    for (let n = 0; n < 25; n++) {
      emitter.emit({ cpu: n / 1_000, requests: n }, { instance: `i${n}` });
      // What one key sends within a millisecond is one row.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(await emitter.close()).toMatchObject({ sent: 25, dropped: 0, rejected: 0, problem: null });
    expect(probe.letters).toEqual([]);
    const rows = probe.rows();
    expect(rows.map(({ values }) => values.cpu).sort((one, other) => one - other)).toEqual(
      Array.from({ length: 25 }, (_, n) => n / 1_000),
    );
    const [first] = rows;
    expect(first).toMatchObject({ key: 'pay "1"', tags: { instance: 'i0' }, values: { cpu: 0, requests: 0 } });
    expect(first?.time).toBeGreaterThanOrEqual(before);
  });

  it.each([
    [400, { rejected: 1, sent: 0 }],
    [302, { rejected: 1, sent: 0 }],
    [503, { rejected: 0, dropped: 1 }],
    [429, { rejected: 0, dropped: 1 }],
  ])('a receiver that answers %d', async (status, counts) => {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(status, { location: 'http://169.254.169.254/' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics`;
    const emitter = createEmitter({ service: 'pay', target: { kind: 'otlp-http', url } });
    emitter.emit({ cpu: 1 });
    const end = await emitter.close(300);
    expect(end).toMatchObject(counts);
    expect(end.problem).toMatch(new RegExp(`answered ${status}|service ends`));
  });

  it('a service that has no more to do ends, whatever waits to be sent', () => {
    const module = join(import.meta.dirname, '../../runtime/emitter/create-emitter.ts');
    const script = `
      import { createEmitter } from ${JSON.stringify(module)};
      const emitter = createEmitter({ service: 'pay', target: { kind: 'otlp-http', url: 'http://127.0.0.1:1/v1/metrics' } });
      for (let n = 0; n < 1000; n++) emitter.emit({ n });
      process.on('exit', () => console.log(JSON.stringify(emitter.counts())));
    `;
    const begun = performance.now();
    const args = ['--input-type=module-typescript', '--eval', script];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 20_000 });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ emitted: 1_000, sent: 0 });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

it.each([
  [{ service: '' }, /`service` is empty/],
  [{ capacity: 0 }, /`capacity` is 0/],
  [{ batch: 1.5 }, /`batch` is 1\.5/],
  [{ target: { kind: 'otlp-http', url: '127.0.0.1:4318' } }, /`target\.url` is no address/],
  [{ target: { kind: 'kafka', brokers: [], topic: 'x' } }, /names no broker/],
] as readonly (readonly [Partial<EmitterOptions>, RegExp])[])('%j can’t be meant', (options, message) => {
  const target = { kind: 'otlp-http', url: 'http://127.0.0.1:1/' } as const;
  expect(() => createEmitter({ service: 'pay', target, ...options })).toThrow(message);
});
