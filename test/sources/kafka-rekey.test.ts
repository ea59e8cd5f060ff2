// Telemetry that came without a key, given one; and dead letters that are sent back.

import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../runtime/ports/clock.ts';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import type { KafkaPort } from '../../runtime/ports/kafka-port.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { redrive } from '../../runtime/sources/kafka/redrive.ts';
import { Rekey, type RekeyOptions } from '../../runtime/sources/kafka/rekey.ts';
import { splitTelemetry } from '../../runtime/sources/kafka/split-telemetry.ts';
import { ownName, sharedKafka } from '../services/shared.ts';
import { FakeKafka } from '../support/fake-kafka.ts';
import { compileEvaluator, decisionsOfFile, KafkaReader } from '../support/kafka-reader.ts';
import { type OtlpRequest, otlpProtobuf } from '../support/otlp-protobuf.ts';
import { tagMeta } from '../support/program-meta.ts';
import { type ShopEvent, shopEvents, shopProgram } from '../support/shop-events.ts';
import { until } from '../support/until.ts';

const evaluator = compileEvaluator(shopProgram);
const key = tagMeta('service', { from: 'service.name' });
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function resourceOf(attributes: Readonly<Record<string, string>>, events: readonly ShopEvent[]) {
  const parsed = events.map(({ line }) => JSON.parse(line));
  const time = (timestamp: number) => `${timestamp}000000`;
  const errors = parsed.map(({ timestamp, metrics }) => ({ timeUnixNano: time(timestamp), asDouble: metrics.errors }));
  const requests = parsed.map(({ timestamp, metrics }) => ({
    timeUnixNano: time(timestamp),
    asInt: String(metrics.requests),
  }));
  return {
    resource: {
      attributes: Object.entries(attributes).map(([name, stringValue]) => ({ key: name, value: { stringValue } })),
    },
    scopeMetrics: [
      {
        metrics: [
          { name: 'errors', gauge: { dataPoints: errors } },
          { name: 'requests', sum: { dataPoints: requests, aggregationTemporality: 2, isMonotonic: true } },
        ],
      },
    ],
  };
}

/** What a Collector's exporter writes: all services of a second in one request, without a key. */
function requestsOf(events: readonly ShopEvent[], services: number): OtlpRequest[] {
  return Array.from({ length: events.length / services }, (_, second) => ({
    resourceMetrics: events
      .slice(second * services, (second + 1) * services)
      .map((event) => resourceOf({ 'service.name': event.key, host: 'h' }, [event])),
  }));
}

describe('splitting', () => {
  const events = shopEvents(3, 1, 1);
  const request: OtlpRequest = {
    resourceMetrics: [
      resourceOf({ 'service.name': 'a', host: '1' }, [events[0]]),
      resourceOf({ 'service.name': 'b' }, [events[1]]),
      resourceOf({ 'service.name': 'a', host: '2' }, [events[2]]),
      resourceOf({ host: '3' }, [events[0]]),
    ],
  };
  const part = (...indexes: number[]): OtlpRequest => ({
    resourceMetrics: indexes.map((index) => request.resourceMetrics[index]),
  });

  test('protobuf is cut by resource, byte for byte', () => {
    expect(
      splitTelemetry(otlpProtobuf(request), key).map(({ key: found, value }) => [found, Buffer.from(value)]),
    ).toEqual([
      ['a', otlpProtobuf(part(0, 2))],
      ['b', otlpProtobuf(part(1))],
      [null, otlpProtobuf(part(3))],
    ]);
  });

  test('JSON is cut by resource', () => {
    const parts = splitTelemetry(Buffer.from(JSON.stringify(request)), key);
    expect(parts.map(({ key: found, value }) => [found, JSON.parse(Buffer.from(value).toString())])).toEqual([
      ['a', part(0, 2)],
      ['b', part(1)],
      [null, part(3)],
    ]);
  });

  test('a plain event and a request of one key stay as they are', () => {
    const plain = Buffer.from(events[0].line);
    expect(splitTelemetry(plain, key)).toEqual([{ key: 'shop-0', value: plain }]);
    const one = Buffer.from(JSON.stringify(part(0, 2)));
    expect(splitTelemetry(one, key)).toEqual([{ key: 'a', value: one }]);
  });

  test('a key may be made of several attributes', () => {
    const composed = tagMeta('id', { source: { kind: 'names', names: ['service.name', 'host'] } });
    expect(splitTelemetry(otlpProtobuf(request), composed).map((each) => each.key)).toEqual(['a/1', 'b/', 'a/2', '/3']);
  });

  test.each([['nothing'], ['{"resourceMetrics": '], ['7']])('%s is refused', (text) => {
    expect(() => splitTelemetry(Buffer.from(text), key)).toThrow();
  });

  test('a cut protobuf is refused', () => {
    const whole = otlpProtobuf(request);
    expect(() => splitTelemetry(whole.subarray(0, whole.length - 3), key)).toThrow('truncated');
  });
});

async function startRekey(
  port: KafkaPort,
  more: Partial<RekeyOptions> = {},
): Promise<{ rekey: Rekey; troubles: string[] }> {
  const troubles: string[] = [];
  const rekey = await Rekey.start({
    port,
    group: 'rekey',
    from: 'otlp_metrics',
    to: 'events',
    partitions: 6,
    startFrom: 'beginning',
    key: () => key,
    deadLetterTopic: 'dead',
    clock: systemClock,
    timers: systemTimers,
    onTrouble: (message) => troubles.push(message),
    ...more,
    times: { fetchWaitMs: 20, heartbeatMs: 100 },
  });
  closing.push(() => rekey.stop());
  return { rekey, troubles };
}

async function startReader(port: KafkaPort, more: Parameters<KafkaReader['start']>[2] = {}): Promise<KafkaReader> {
  const reader = await new KafkaReader().start(evaluator, port, more);
  closing.push(() => reader.source.stop());
  return reader;
}

describe('a topic without keys', () => {
  test('gives the decisions of a file once it has them, whoever reads, through joins and leaves', async () => {
    const events = shopEvents(8, 200, 21);
    const expected = decisionsOfFile(
      evaluator,
      events.map(({ line }) => line),
    );
    const kafka = new FakeKafka({ batchMax: 20 });
    // One partition: nothing else keeps the order of what has no key.
    kafka.createTopic('otlp_metrics', 1);
    const requests = requestsOf(events, 8);
    const { rekey } = await startRekey(kafka.port());
    const reader = await startReader(kafka.port());
    for (const [index, request] of requests.entries()) {
      const value = index % 2 === 0 ? otlpProtobuf(request) : JSON.stringify(request);
      kafka.append('otlp_metrics', { key: null, value });
      if (index === 100) await startRekey(kafka.port());
    }
    await until(() => reader.ledger.names.size >= expected.size, 'all decisions');
    expect([...reader.ledger.names].sort()).toEqual([...expected].sort());
    expect(reader.source.metrics().splitKeys).toBe(0);
    await rekey.stop();
    const [committed] = await kafka.port().committed('rekey', ['otlp_metrics']);
    expect(committed.offset).toBe(requests.length);
  });

  test('what is no telemetry is a dead letter, and what has no key goes on without one and is told once', async () => {
    const kafka = new FakeKafka();
    kafka.createTopic('otlp_metrics', 1);
    const [event] = shopEvents(1, 1, 1);
    const keyless = otlpProtobuf({ resourceMetrics: [resourceOf({ host: 'h' }, [event])] });
    for (const value of ['nonsense', keyless, keyless, event.line]) kafka.append('otlp_metrics', { key: null, value });
    const { rekey, troubles } = await startRekey(kafka.port());
    await until(() => rekey.counts.messages === 4, 'all messages');
    await until(() => kafka.log({ topic: 'dead', partition: 0 }).length === 1, 'the dead letter');
    expect(rekey.counts).toEqual({ messages: 4, parts: 3, keyless: 2, poison: 1 });
    expect(troubles).toEqual([expect.stringMatching(/resources in otlp_metrics come without `service\.name`/)]);
  });

  test('nothing is committed that is not written', async () => {
    const kafka = new FakeKafka();
    kafka.createTopic('otlp_metrics', 1);
    kafka.createTopic('events', 2);
    kafka.refusing = 'events';
    kafka.append('otlp_metrics', { key: null, value: shopEvents(1, 1, 1)[0].line });
    const { troubles } = await startRekey(kafka.port());
    await until(() => troubles.length > 0, 'a word');
    expect(troubles[0]).toMatch(/events can’t be written: .*tried again/);
    expect((await kafka.port().committed('rekey', ['otlp_metrics']))[0].offset).toBe(null);
    kafka.refusing = null;
    await until(async () => (await kafka.port().committed('rekey', ['otlp_metrics']))[0].offset === 1, 'the offset');
  });

  test('on a real broker', async () => {
    const address = await sharedKafka();
    const [from, to] = [ownName('otlp'), ownName('keyed')];
    const port = await connectKafka({ brokers: address.split(','), clientId: 'test' });
    closing.push(() => port.close());
    await port.ensureTopic(from, 1);
    await port.ensureTopic(to, 4);
    const events = shopEvents(6, 100, 22);
    const expected = decisionsOfFile(
      evaluator,
      events.map(({ line }) => line),
    );
    const producer = await port.producer();
    await producer.send(
      from,
      requestsOf(events, 6).map((request) => ({ key: null, value: otlpProtobuf(request) })),
    );
    await producer.close();
    const { troubles } = await startRekey(port, { group: `rekey-${to}`, from, to, deadLetterTopic: null });
    const reader = await startReader(port, { group: `group-${to}`, topics: [to] });
    await until(() => reader.ledger.names.size >= expected.size, 'all decisions');
    expect([...reader.ledger.names].sort()).toEqual([...expected].sort());
    expect(reader.source.metrics().splitKeys).toBe(0);
    expect([...troubles, ...reader.troubles]).toEqual([]);
  });
});

describe('dead letters', () => {
  test('go back to their partition with what they had, so often as it may help, and each time from where it ended', async () => {
    const kafka = new FakeKafka();
    kafka.createTopic('events', 3);
    const [good] = shopEvents(1, 1, 1);
    kafka.append('events', { key: 'k', value: 'poison', partition: 2, headers: { trace: 'abc' }, timestampMs: 5 });
    kafka.append('events', { key: 'k', value: good.line, partition: 2 });
    const reader = await startReader(kafka.port(), { deadLetterTopic: 'dead' });
    const letters = (): number => kafka.log({ topic: 'dead', partition: 0 }).length;
    const options = { port: kafka.port(), deadLetterTopic: 'dead', group: 'redrive', timers: systemTimers };
    for (let times = 1; times <= 3; times++) {
      await until(() => letters() === times, 'the letter');
      expect(await redrive(options)).toEqual({ sent: 1, withoutValue: 0, givenUp: 0 });
    }
    const log = kafka.log({ topic: 'events', partition: 2 });
    expect(log).toHaveLength(5);
    const back = log[2];
    expect([back.key?.toString(), back.value?.toString(), back.timestamp]).toEqual(['k', 'poison', '5']);
    expect(back.headers).toEqual({ trace: Buffer.from('abc'), 'ddl-redriven': Buffer.from('1') });
    await until(() => letters() === 4, 'the last letter');
    expect(await redrive(options)).toEqual({ sent: 0, withoutValue: 0, givenUp: 1 });
    expect(await redrive(options)).toEqual({ sent: 0, withoutValue: 0, givenUp: 0 });
    expect(reader.source.metrics().poison).toBe(4);
  });
});
