// Kafka as a source, on the broker in memory: the same decisions as from a file, whatever is delivered twice, in which
// order partitions come and who joins and leaves meanwhile; commits, warm-up, dead letters, backpressure, stalls.

import { afterEach, describe, expect, test } from 'vitest';
import { Session } from '../../runtime/evaluate/session.ts';
import { manualClock } from '../../runtime/ports/clock.ts';
import { manualTimers, systemTimers } from '../../runtime/ports/timers.ts';
import { DeadLetterTopic } from '../../runtime/sources/kafka/dead-letters.ts';
import { lookBackMsOf } from '../../runtime/sources/kafka/look-back-marks.ts';
import { PartitionLane } from '../../runtime/sources/kafka/partition-lane.ts';
import { PartitionSnapshots } from '../../runtime/sources/kafka/partition-snapshots.ts';
import { Chance } from '../fuzz/chance.ts';
import { FakeKafka, type FakeKafkaOptions } from '../support/fake-kafka.ts';
import { compileEvaluator, decisionsOfFile, KafkaReader, TestLedger } from '../support/kafka-reader.ts';
import { otlpProtobuf } from '../support/otlp-protobuf.ts';
import { type ShopEvent, shopEvents, shopProgram } from '../support/shop-events.ts';
import { until } from '../support/until.ts';

const evaluator = compileEvaluator(shopProgram);
const running: KafkaReader[] = [];

afterEach(async () => {
  for (const reader of running.splice(0)) await reader.source.stop();
});

async function start(kafka: FakeKafka, ledger = new TestLedger(), more: Parameters<KafkaReader['start']>[2] = {}) {
  const reader = await new KafkaReader(ledger).start(evaluator, kafka.port(), more);
  running.push(reader);
  return reader;
}

async function stop(reader: KafkaReader): Promise<void> {
  running.splice(running.indexOf(reader), 1);
  await reader.source.stop();
}

function createKafka(partitions: number, options: FakeKafkaOptions = {}): FakeKafka {
  const kafka = new FakeKafka(options);
  kafka.createTopic('events', partitions);
  return kafka;
}

function append(kafka: FakeKafka, events: readonly ShopEvent[]): void {
  for (const { key, line } of events) kafka.append('events', { key, value: line });
}

const lines = (events: readonly ShopEvent[]): string[] => events.map(({ line }) => line);

async function committed(kafka: FakeKafka): Promise<number> {
  const commits = await kafka.port().committed('engines', ['events']);
  return commits.reduce((sum, { offset }) => sum + (offset ?? 0), 0);
}

describe('decisions', () => {
  test('are those of a file with the same events, and everything is committed', async () => {
    const events = shopEvents(20, 300, 1);
    const expected = decisionsOfFile(evaluator, lines(events));
    expect(expected.size).toBeGreaterThan(50);
    const kafka = createKafka(4);
    append(kafka, events);
    const reader = await start(kafka);
    await until(() => reader.ledger.names.size === expected.size, 'all decisions');
    await until(async () => (await committed(kafka)) === events.length, 'all offsets');
    expect([...reader.ledger.names].sort()).toEqual([...expected].sort());
    expect(reader.ledger.repeated).toBe(0);
    expect(reader.troubles).toEqual([]);
    expect(reader.source.metrics()).toMatchObject({ lag: 0, messages: events.length, poison: 0, rebalances: 1 });
  });

  test.each([1, 2])(
    'nothing is lost or decided twice over ten joins and leaves, redeliveries and gaps of order (%i)',
    async (seed) => {
      const events = shopEvents(24, 250, seed);
      const expected = decisionsOfFile(evaluator, lines(events));
      const drawn = new Chance(seed);
      const chance = (): number => drawn.below(1_000_000) / 1_000_000;
      const kafka = createKafka(12, { batchMax: 37, chance, redelivery: 0.3 });
      const ledger = new TestLedger();
      const readers = [await start(kafka, ledger)];
      const each = Math.ceil(events.length / 10);
      for (let change = 0; change < 10; change++) {
        append(kafka, events.slice(change * each, (change + 1) * each));
        await new Promise((resolve) => setTimeout(resolve, 5 + chance() * 40));
        if (readers.length > 1 && chance() < 0.5) {
          const [leaving] = readers.splice(Math.floor(chance() * readers.length), 1);
          await stop(leaving);
        } else readers.push(await start(kafka, ledger));
      }
      await until(async () => (await committed(kafka)) === events.length, 'all offsets');
      // The last events are judged when nothing new has come for a moment, however often the old is brought again.
      await until(() => ledger.names.size >= expected.size, 'all decisions');
      expect([...ledger.names].sort()).toEqual([...expected].sort());
      for (const { troubles } of readers) expect(troubles).toEqual([]);
    },
  );

  test('a member that the group has forgotten and that comes back decides nothing else', async () => {
    const events = shopEvents(12, 300, 5);
    const expected = decisionsOfFile(evaluator, lines(events));
    const kafka = createKafka(6, { batchMax: 50 });
    const ledger = new TestLedger();
    const members: Parameters<FakeKafka['expire']>[0][] = [];
    const port = kafka.port();
    const noting = {
      ...port,
      join: async (...args: Parameters<typeof port.join>) => {
        const member = await port.join(...args);
        members.push(member);
        return member;
      },
    };
    const zombie = await new KafkaReader(ledger).start(evaluator, noting, {});
    running.push(zombie);
    append(kafka, events.slice(0, 1200));
    await start(kafka, ledger);
    await until(async () => (await committed(kafka)) > 300, 'some offsets');
    await kafka.expire(members[0]);
    append(kafka, events.slice(1200));
    await until(async () => (await committed(kafka)) === events.length, 'all offsets');
    await until(() => ledger.names.size >= expected.size, 'all decisions');
    expect([...ledger.names].sort()).toEqual([...expected].sort());
  });
});

describe('commits and warm-up', () => {
  test('an offset is committed when what arose before it is durable, and not before', async () => {
    const events = shopEvents(4, 120, 1);
    const kafka = createKafka(2);
    const reader = new KafkaReader();
    reader.stuck = true;
    await reader.start(evaluator, kafka.port(), {});
    running.push(reader);
    append(kafka, events);
    await until(() => reader.waiting.length > 3 && reader.caughtUp, 'decisions');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await committed(kafka)).toBe(0);
    reader.stuck = false;
    reader.flush();
    await until(async () => (await committed(kafka)) === events.length, 'all offsets');
  });

  test('who takes over goes on with the same state and decides nothing that was decided', async () => {
    const events = shopEvents(8, 600, 3);
    const half = events.length / 2;
    const expected = decisionsOfFile(evaluator, lines(events));
    const kafka = createKafka(3);
    const ledger = new TestLedger();
    const first = await start(kafka, ledger);
    append(kafka, events.slice(0, half));
    await until(async () => (await committed(kafka)) === half, 'the first half');
    await stop(first);
    const second = await start(kafka, ledger);
    await until(() => second.caughtUp, 'the state of before');
    const { warmups, messages } = second.source.metrics();
    expect(warmups).toBe(3);
    // As far back as its policies look, and not the whole log.
    expect(messages).toBeGreaterThan((lookBackMsOf(evaluator.meta) / 1000) * 8);
    expect(messages).toBeLessThan(half / 4);
    append(kafka, events.slice(half));
    await until(async () => (await committed(kafka)) === events.length, 'the second half');
    await until(() => ledger.names.size >= expected.size, 'all decisions');
    expect([...ledger.names].sort()).toEqual([...expected].sort());
    // But what the very last events gave: of them the first could only tell because it was quiet.
    expect(ledger.repeated).toBeLessThanOrEqual(8);
  });

  test('with snapshots, who takes over has exactly the state of before, however far back its causes lie', async () => {
    // Fires again so long after it fired first: what lies before the look-back decides.
    const chained = compileEvaluator(shopProgram.replaceAll('cooldown 1s', 'cooldown 45s'));
    const events = shopEvents(8, 900, 6);
    const expected = decisionsOfFile(chained, lines(events));
    const kafka = createKafka(2);
    const ledger = new TestLedger();
    const shelf = new Map<string, { offset: number; bytes: Uint8Array }>();
    const snapshots = new PartitionSnapshots({
      group: 'engines',
      bundleHash: () => 'bundle',
      shelf: {
        put: async ({ topic, partition, bundleHash, offset, bytes }) => {
          shelf.set(`${topic} ${partition} ${bundleHash}`, { offset, bytes });
        },
        newest: async ({ topic, partition, bundleHash }) => shelf.get(`${topic} ${partition} ${bundleHash}`) ?? null,
      },
    });
    const startOne = async () => {
      const reader = await new KafkaReader(ledger).start(chained, kafka.port(), { snapshots, snapshotEveryMs: 50 });
      running.push(reader);
      return reader;
    };
    let read = 0;
    for (let part = 0; part < 6; part++) {
      const reader = await startOne();
      append(kafka, events.slice((part * events.length) / 6, ((part + 1) * events.length) / 6));
      await until(async () => (await committed(kafka)) === ((part + 1) * events.length) / 6, 'a part');
      await until(() => shelf.size === 2, 'snapshots');
      read += reader.source.metrics().messages;
      await stop(reader);
    }
    const last = await startOne();
    await until(() => last.caughtUp && ledger.names.size >= expected.size, 'all decisions');
    expect([...ledger.names].sort()).toEqual([...expected].sort());
    // Hardly anything was read twice.
    expect(read).toBeLessThan(events.length * 1.1);
    // One that is damaged is told of, and the log is read instead.
    await stop(last);
    for (const each of shelf.values()) each.bytes = each.bytes.map((byte, at) => (at > 100 ? byte ^ 1 : byte));
    const other = await startOne();
    await until(() => other.caughtUp, 'the state');
    expect(other.troubles.join('\n')).toMatch(
      /the state kept for partition \d of events can’t be used: .*the log is read instead/,
    );
    expect([...ledger.names].sort()).toEqual([...expected].sort());
  });

  test('a snapshot that is older than any look-back is still where the next one begins', async () => {
    const chained = compileEvaluator(shopProgram.replaceAll('cooldown 1s', 'cooldown 45s'));
    const events = shopEvents(8, 900, 9);
    const expected = decisionsOfFile(chained, lines(events));
    const kafka = createKafka(2);
    const ledger = new TestLedger();
    const shelf = new Map<string, { offset: number; bytes: Uint8Array }>();
    let full = false;
    const snapshots = new PartitionSnapshots({
      group: 'engines',
      bundleHash: () => 'bundle',
      shelf: {
        put: async ({ partition, offset, bytes }) => {
          if (full) throw new Error('no room');
          shelf.set(String(partition), { offset, bytes });
        },
        newest: async ({ partition }) => shelf.get(String(partition)) ?? null,
      },
    });
    const startOne = async () => {
      const reader = await new KafkaReader(ledger).start(chained, kafka.port(), { snapshots, snapshotEveryMs: 50 });
      running.push(reader);
      return reader;
    };
    const third = events.length / 3;
    for (let part = 0; part < 2; part++) {
      const reader = await startOne();
      append(kafka, events.slice(part * third, (part + 1) * third));
      await until(async () => (await committed(kafka)) === (part + 1) * third, 'a part');
      await until(() => shelf.size === 2, 'snapshots');
      full ||= part === 0;
      await stop(reader);
    }
    const last = await startOne();
    append(kafka, events.slice(2 * third));
    await until(() => last.caughtUp && ledger.names.size >= expected.size, 'all decisions');
    expect([...ledger.names].sort()).toEqual([...expected].sort());
  });

  test('a new group that begins at the end reads what is there for its state alone', async () => {
    const events = shopEvents(6, 400, 4, Date.now() - 400_000);
    const half = events.length / 2;
    const kafka = createKafka(2);
    append(kafka, events.slice(0, half));
    const expected = decisionsOfFile(evaluator, lines(events));
    // What the last event of the first half gives arises when time goes on behind it.
    const before = decisionsOfFile(evaluator, lines(events.slice(0, half - 6)));
    const certain = decisionsOfFile(evaluator, lines(events.slice(0, half + 6)));
    const reader = await start(kafka, new TestLedger(), { startFrom: 'end' });
    await until(() => reader.caughtUp, 'the state');
    const early = [...reader.ledger.names].filter((name) => before.has(name));
    expect(early).toEqual([]);
    append(kafka, events.slice(half));
    await until(async () => (await committed(kafka)) === events.length, 'all offsets');
    const later = [...expected].filter((name) => !certain.has(name));
    await until(() => later.every((name) => reader.ledger.names.has(name)), 'all decisions');
    expect([...reader.ledger.names].filter((name) => !expected.has(name) || before.has(name))).toEqual([]);
  });
});

describe('what Kafka may do to a log', () => {
  test('a partition that is added to the topic is decided on from its beginning, though the group began at the end', async () => {
    const events = shopEvents(4, 100, 8, Date.now() - 100_000);
    const kafka = createKafka(1);
    append(kafka, events);
    const first = await start(kafka, new TestLedger(), { startFrom: 'end' });
    await until(async () => (await committed(kafka)) === events.length, 'the first commit');
    await stop(first);
    kafka.logs.get('events')?.push([]);
    for (const { line } of events) kafka.append('events', { key: null, value: line, partition: 1 });
    const second = await start(kafka, new TestLedger(), { startFrom: 'end' });
    const expected = decisionsOfFile(evaluator, lines(events));
    await until(() => second.ledger.names.size >= expected.size, 'all decisions');
    expect([...second.ledger.names].sort()).toEqual([...expected].sort());
  });

  test('a topic that was made anew is read from its beginning', async () => {
    const events = shopEvents(4, 100, 9);
    const kafka = createKafka(1);
    append(kafka, events);
    await stop(await caughtUp(kafka, events.length));
    kafka.logs.delete('events');
    kafka.createTopic('events', 1);
    append(kafka, events.slice(0, 200));
    const again = await start(kafka);
    const expected = decisionsOfFile(evaluator, lines(events.slice(0, 200)));
    await until(() => again.ledger.names.size >= expected.size, 'all decisions');
    expect([...again.ledger.names].sort()).toEqual([...expected].sort());
  });

  test('events that were written twice change no decision', async () => {
    const events = shopEvents(10, 200, 10);
    const chance = new Chance(10);
    const kafka = createKafka(3);
    const twice: ShopEvent[] = [];
    for (const event of events) {
      append(kafka, [event]);
      if (chance.below(4) === 0) twice.push(event);
      // A sender that heard no answer sends again, a moment later.
      if (twice.length > 5) append(kafka, twice.splice(0));
    }
    const expected = decisionsOfFile(evaluator, lines(events));
    const reader = await start(kafka);
    await until(() => reader.caughtUp && reader.ledger.names.size >= expected.size, 'all decisions');
    expect([...reader.ledger.names].sort()).toEqual([...expected].sort());
    expect(reader.ledger.repeated).toBe(0);
  });

  test('events that overtook one another within the lateness give the decisions of their order', async () => {
    const patient = compileEvaluator(shopProgram.replace('every 1s', 'every 1s\n  lateness 5s'));
    const events = shopEvents(10, 200, 15);
    const chance = new Chance(15);
    const at = new Map(events.map((event) => [event, JSON.parse(event.line).timestamp + chance.below(4_000)]));
    const shuffled = [...events].sort((a, b) => (at.get(a) ?? 0) - (at.get(b) ?? 0));
    const last = {
      key: 'last',
      line: JSON.stringify({
        id: 'last',
        timestamp: 1_767_225_700_000 + 300_000,
        metrics: { errors: 0, requests: 0 },
        tags: { 'service.name': 'last' },
      }),
    };
    const expected = decisionsOfFile(patient, lines([...events, last]));
    const kafka = createKafka(1, { batchMax: 23 });
    append(kafka, [...shuffled, last]);
    const reader = await new KafkaReader().start(patient, kafka.port(), {});
    running.push(reader);
    await until(() => reader.ledger.names.size >= expected.size, 'all decisions');
    expect([...reader.ledger.names].sort()).toEqual([...expected].sort());
    expect(reader.late).toEqual([]);
  });

  async function caughtUp(kafka: FakeKafka, offsets: number): Promise<KafkaReader> {
    const reader = await start(kafka);
    await until(async () => (await committed(kafka)) === offsets, 'all offsets');
    return reader;
  }
});

describe('messages of no use', () => {
  test('go to the dead-letter topic with the reason and their place, once, and hold nothing up', async () => {
    const events = shopEvents(2, 30, 1);
    const kafka = createKafka(1);
    append(kafka, events.slice(0, 10));
    kafka.append('events', { key: 'k', value: 'no telemetry', headers: { trace: 'abc' } });
    kafka.append('events', { key: null, value: Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2]) });
    kafka.append('events', { key: null, value: '{"resourceMetrics": 7}' });
    kafka.append('events', { key: null, value: '{"timestamp": 1, "metrics": {}, "tags": {}}' });
    kafka.append('events', { key: 'gone', value: null });
    append(kafka, events.slice(10));
    const reader = await start(kafka, new TestLedger(), { deadLetterTopic: 'dead' });
    await until(async () => (await committed(kafka)) === events.length + 5, 'all offsets');
    const letters = kafka.log({ topic: 'dead', partition: 0 });
    const header = (index: number, name: string) =>
      Buffer.from(letters[index].headers?.[name] as Uint8Array).toString();
    expect(letters.map((_, index) => header(index, 'ddl-reason'))).toEqual([
      'not-json',
      'bad-otlp',
      'bad-otlp',
      'no-key',
    ]);
    expect(letters.map((_, index) => header(index, 'ddl-offset'))).toEqual(['10', '11', '12', '13']);
    expect(header(0, 'ddl-topic')).toBe('events');
    expect(header(0, 'ddl-partition')).toBe('0');
    expect(header(0, 'ddl-message')).toMatch(/the line is not JSON/);
    expect(header(0, 'trace')).toBe('abc');
    expect(letters[0].value?.toString()).toBe('no telemetry');
    expect(reader.source.metrics()).toMatchObject({ poison: 4, deadLetters: 4 });
    // What is read again for its state is no dead letter a second time.
    await stop(reader);
    const next = await start(kafka, new TestLedger(), { deadLetterTopic: 'dead' });
    await until(() => next.caughtUp, 'the state');
    expect(kafka.log({ topic: 'dead', partition: 0 })).toHaveLength(4);
  });

  test('no offset behind one is committed while the dead-letter topic can’t be written', async () => {
    const kafka = createKafka(1);
    kafka.createTopic('dead', 1);
    kafka.refusing = 'dead';
    kafka.append('events', { key: 'k', value: 'no telemetry' });
    append(kafka, shopEvents(2, 30, 1));
    const reader = await start(kafka, new TestLedger(), { deadLetterTopic: 'dead' });
    await until(() => reader.caughtUp, 'the end');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await committed(kafka)).toBe(0);
    expect(reader.troubles.join()).toMatch(/dead letters can’t be written: .* no offset behind them is committed/);
    kafka.refusing = null;
    await until(async () => (await committed(kafka)) === 61, 'all offsets');
    expect(kafka.log({ topic: 'dead', partition: 0 })).toHaveLength(1);
  });

  test('one that is too large for the topic goes without what it is about', async () => {
    const sent: { value: unknown; headers: unknown }[] = [];
    const letters = new DeadLetterTopic({
      topic: 'dead',
      producer: {
        send: async (_, records) => {
          const { KafkaRefused } = await import('../../runtime/ports/kafka-port.ts');
          if (records.some(({ value }) => (value?.length ?? 0) > 10))
            throw new KafkaRefused('too large', { tooLarge: true });
          for (const { value, headers } of records) sent.push({ value, headers });
        },
        close: async () => {},
      },
      timers: systemTimers,
      onTrouble: () => {},
    });
    const letter = { reason: 'not-json', message: 'm', where: 'w', excerpt: 'e' } as const;
    for (const value of ['small', 'larger than it may be', 'tiny']) {
      letters.add(
        { topic: 't', partition: 0 },
        { key: null, value: Buffer.from(value), offset: '1', timestamp: '0' },
        letter,
      );
    }
    await letters.settled();
    expect(sent.map(({ value }) => (value === null ? null : String(value)))).toEqual(['small', null, 'tiny']);
    expect(sent[1].headers).toMatchObject({ 'ddl-without-value': 'true' });
  });
});

describe('when things are not as they should be', () => {
  test('nothing is judged while the engine takes nothing, and it goes on afterwards', async () => {
    const kafka = createKafka(2);
    const reader = new KafkaReader();
    reader.accepting = false;
    await reader.start(evaluator, kafka.port(), {});
    running.push(reader);
    append(kafka, shopEvents(4, 60, 1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(reader.source.metrics().messages).toBe(0);
    reader.accepting = true;
    await until(() => reader.source.metrics().messages === 240, 'all messages');
  });

  test('a key on two partitions is told, once for each of a few', async () => {
    const kafka = createKafka(2);
    for (const [index, { key, line }] of shopEvents(8, 10, 1).entries()) {
      kafka.append('events', { key, value: line, partition: Math.floor(index / 8) % 2 });
    }
    const reader = await start(kafka);
    await until(() => reader.source.metrics().splitKeys === 8, 'the keys');
    expect(reader.troubles).toHaveLength(5);
    expect(reader.troubles[0]).toMatch(
      /the key `shop-\d` of schema `shop` comes on partition [01] of events and partition [01] of events: .*sources\.kafka\.rekey/,
    );
  });

  test('messages that were deleted before they were read are told, and it goes on behind them', async () => {
    const kafka = createKafka(1);
    const reader = new KafkaReader();
    reader.accepting = false;
    append(kafka, shopEvents(4, 60, 1));
    await reader.start(evaluator, kafka.port(), { times: { watchEveryMs: 20 } });
    running.push(reader);
    await until(() => reader.source.metrics().partitions[0]?.phase === 'live', 'the partition');
    kafka.deletedBefore.set('events', 100);
    await until(() => reader.troubles.length > 0, 'a word');
    reader.accepting = true;
    expect(reader.troubles).toEqual([
      expect.stringMatching(
        /^100 messages of events\/0 were deleted before they were read, from offset 0 on: .*retention/,
      ),
    ]);
    await until(async () => (await committed(kafka)) === 240, 'all offsets');
    expect(reader.source.metrics().messages).toBe(140);
  });

  test('a connection that brings nothing though there is more is made anew', async () => {
    const kafka = createKafka(2);
    const port = kafka.port();
    let joins = 0;
    const deaf = {
      ...port,
      join: async (options: Parameters<typeof port.join>[0], handlers: Parameters<typeof port.join>[1]) => {
        joins++;
        if (joins > 1) return port.join(options, handlers);
        const batch = async () => 0;
        return port.join(options, { ...handlers, batch });
      },
    };
    const reader = await new KafkaReader().start(evaluator, deaf, { times: { stallMs: 100, watchEveryMs: 20 } });
    running.push(reader);
    append(kafka, shopEvents(4, 60, 1));
    await until(() => reader.source.metrics().messages === 240, 'all messages');
    expect(reader.source.metrics().reconnects).toBeGreaterThan(0);
    expect(reader.troubles[0]).toMatch(
      /^\d of 2 partitions bring nothing for 100 ms though they have more to read: .*made anew$/,
    );
  });
});

describe('one partition', () => {
  const begin = 1_767_225_600_000;
  const partition = { topic: 'events', partition: 0 };

  /** A clock that goes on by `stepMs` whenever it is asked. */
  function createLane(stepMs: number, program = evaluator) {
    const clock = manualClock(begin);
    const timers = manualTimers((ms) => clock.advance(ms));
    const ledger = new TestLedger();
    const late: string[] = [];
    const lane = new PartitionLane(partition, {
      clock: {
        now: clock.now,
        monotonicMs: () => {
          clock.advance(stepMs);
          return clock.monotonicMs();
        },
      },
      timers,
      decoding: { encoding: 'auto', schema: null, now: () => begin + 86_400_000 },
      sessions: {
        open: (wrap) =>
          new Session(
            program,
            wrap({
              propose: (proposal) => ledger.record(proposal),
              rearm() {},
              skip() {},
              late: () => late.push('late'),
              deadLetter() {},
            }),
          ),
        hold() {},
        letGo() {},
        begin() {},
        end() {},
      },
      lookBackMs: () => lookBackMsOf(program.meta),
      keepsSnapshots: false,
      accepting: () => true,
      poison() {},
      decoded() {},
    });
    return { lane, ledger, timers, late, clock };
  }

  function batchOf(values: readonly (string | Buffer)[], from = 0) {
    const messages = values.map((value, index) => ({
      key: null,
      value: Buffer.from(value),
      offset: String(from + index),
      timestamp: '0',
    }));
    const end = from + values.length;
    return { ...partition, messages, end, highWatermark: end };
  }

  function largeRequest(bytes: number): Buffer {
    const dataPoints = Array.from({ length: Math.floor(bytes / 71) }, (_, index) => ({
      timeUnixNano: `${begin + index * 100}000000`,
      asDouble: index % 3000 > 2000 ? 70 : 10,
      attributes: [{ key: 'what', value: { stringValue: 'an attribute that nobody reads' } }],
    }));
    const requests = { name: 'requests', gauge: { dataPoints: [] } };
    const metrics = [{ name: 'errors', gauge: { dataPoints } }, requests];
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'large' } }] };
    return otlpProtobuf({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
  }

  test('a message of 900 KB is read in steps, with a turn for everybody else between them', async () => {
    const value = largeRequest(900_000);
    expect(value.length).toBeGreaterThan(850_000);
    const { lane, ledger } = createLane(1);
    lane.begin(0, 0, 0);
    let within = 0;
    const next = await lane.take(batchOf([value]), {
      breathe: async () => {
        // A swap of programs waits until the message is read.
        if (!lane.atRest && !lane.replace((old) => old)) within++;
        return true;
      },
    });
    expect(next).toBe(1);
    expect(within).toBeGreaterThan(5);
    expect(lane.atRest).toBe(true);
    expect(ledger.names.size).toBeGreaterThan(0);
  });

  test('one that is given up within is read again from its beginning, and nothing of it counts twice', async () => {
    const value = largeRequest(900_000);
    const events = lines(shopEvents(2, 30, 1)).map((line) => Buffer.from(line));
    const whole = createLane(0);
    whole.lane.begin(0, 0, 0);
    await whole.lane.take(batchOf([...events, value, ...events]), { breathe: async () => true });
    const { lane, ledger } = createLane(1);
    lane.begin(0, 0, 0);
    let left = 3;
    const stopped = await lane.take(batchOf([...events, value, ...events]), { breathe: async () => left-- > 0 });
    expect(stopped).toBe(events.length);
    expect(lane.atRest).toBe(true);
    await lane.take(batchOf([value, ...events], events.length), { breathe: async () => true });
    expect([...ledger.names].sort()).toEqual([...whole.ledger.names].sort());
    expect(ledger.repeated).toBe(0);
  });

  test('time goes on for a partition that has come to its end and fallen silent, and not for one that lags', async () => {
    const silence = compileEvaluator(`
schema shop {
  key service from "service.name"
  metric errors: number
  every 1s
}
policy silent {
  title "Silent"
  owner "shop"
  runbook "https://runbooks.example/silent"
  on shop
  when missing(errors) for 1m
  do notify("silent")
}
`);
    const { lane, ledger, timers, clock } = createLane(0, silence);
    const event = { id: '1', timestamp: begin, metrics: { errors: 1 }, tags: { 'service.name': 'pay' } };
    lane.begin(0, 0, 0);
    await lane.take({ ...batchOf([JSON.stringify(event)]), highWatermark: 5 }, { breathe: async () => true });
    timers.advance(600_000);
    lane.passTime();
    expect(ledger.names.size).toBe(0);
    await lane.take(batchOf([JSON.stringify({ ...event, timestamp: begin + 1000 })], 4), { breathe: async () => true });
    timers.advance(60_000);
    lane.told(5, clock.monotonicMs());
    lane.passTime();
    expect(ledger.names.size).toBe(0);
    timers.advance(60_000);
    // Nobody has said that there was nothing: it may have been frozen itself.
    lane.passTime();
    expect(ledger.names.size).toBe(0);
    lane.told(5, clock.monotonicMs());
    lane.passTime();
    expect([...ledger.names]).toEqual([expect.stringMatching(/^silent pay 2026-01-01T00:01:.* condition$/)]);
  });

  test('what is read before the committed offset is judged for its state alone, cut at the very message', async () => {
    const events = lines(shopEvents(4, 100, 2));
    const all = decisionsOfFile(evaluator, events);
    const before = new Set<string>();
    const probe = createLane(0);
    probe.lane.begin(0, 0, 0);
    await probe.lane.take(batchOf(events.slice(0, 150)), { breathe: async () => true });
    for (const name of probe.ledger.names) before.add(name);
    const { lane, ledger, timers } = createLane(0);
    lane.begin(0, 0, 150);
    expect(lane.phase).toBe('warming');
    await lane.take(batchOf(events), { breathe: async () => true });
    expect(lane.phase).toBe('live');
    timers.advance(100);
    expect([...ledger.names].sort()).toEqual([...all].filter((name) => !before.has(name)).sort());
  });
});
