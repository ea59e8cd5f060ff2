// The same events bring the same decisions, letter by letter, whichever way they come: a file that is replayed, a file
// that the engine reads, OTLP over HTTP in both encodings, Kafka.

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { type EngineProcess, type PrintedDecision, projectFolder, startEngine } from '../engine/engine-process.ts';
import { ownDatabase, ownName, sharedKafka } from '../services/shared.ts';
import { otlpProtobuf } from '../support/otlp-protobuf.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { until } from '../support/until.ts';
import { compileText, expectedDecisions } from './expected-decisions.ts';
import { type ShopOptions, shopEvents, shopProgram } from './incident-log.ts';

const options: ShopOptions = {
  seed: 5,
  services: 60,
  fleets: 6,
  partitions: 1,
  beginMs: Date.now() - 300_000,
  lengthMs: 300_000,
  everyMs: 10_000,
};
/** Nobody is there: no fleet's size is known, and nothing can be changed. */
const program = shopProgram(options, 'http://127.0.0.1:1');
/** In order and once: what comes late or twice is another matter where there is no log. */
const events = [...new Map([...shopEvents(options)].map((event) => [event.json, event])).values()].sort(
  (left, right) => left.at - right.at,
);
const lines = events.map(({ json }) => json);

/** Everything of a decision but what depends on the moment at which it was made. */
type Seen = Pick<PrintedDecision, 'id' | 'policy' | 'key' | 'at' | 'cause' | 'values'>;

function sorted(decisions: readonly Seen[]): readonly Seen[] {
  return decisions
    .map(({ id, policy, key, at, cause, values }) => ({ id, policy, key, at, cause, values }))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
}

let expected: readonly Seen[] = [];
beforeAll(() => {
  const { decisions } = expectedDecisions(compileText('shop.ddl', program), [lines]);
  expected = sorted([...decisions.values()].map((each) => ({ ...each, at: new Date(each.at).toISOString() })));
  expect(expected.length).toBeGreaterThan(20);
});

/** An engine with an empty ledger of its own. */
async function start(words: readonly string[], sources: object = {}): Promise<EngineProcess> {
  const database = await ownDatabase();
  const folder = projectFolder({
    'shop.ddl': program,
    'events.jsonl': `${lines.join('\n')}\n`,
    'ddl.config.json': JSON.stringify({
      ledger: { postgres: { url: database.url } },
      sources: { host: { enabled: false }, ...sources },
      control: { port: 0 },
    }),
  });
  const engine = startEngine(folder, ['.', ...words]);
  onTestFinished(async () => {
    await engine.end('SIGKILL');
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });
  return engine;
}

test('a file that is replayed', () => {
  const folder = projectFolder({ 'shop.ddl': program });
  writeFileSync(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`);
  const ran = runDdlc(['backtest', '.', '--events', 'events.jsonl'], { folder });
  expect(ran.code, ran.note).toBe(0);
  const decisions = ran.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Seen);
  expect(sorted(decisions)).toEqual(expected);
});

test('a file that the engine reads', async () => {
  const engine = await start(['--events', 'events.jsonl']);
  expect(await engine.exit, engine.errors()).toBe(0);
  expect(sorted(engine.decisions)).toEqual(expected);
});

test('OTLP over HTTP, as JSON and as protobuf by turns', async () => {
  const engine = await start([]);
  const [, address] = await engine.says(/OpenTelemetry metrics at (\S+)/, 30_000);
  for (let at = 0; at < events.length; at += 100) {
    const asJson = (at / 100) % 2 === 0;
    const request = { resourceMetrics: events.slice(at, at + 100).map(({ json }) => resourceMetrics(json)) };
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': asJson ? 'application/json' : 'application/x-protobuf' },
      body: asJson ? JSON.stringify(request) : new Uint8Array(otlpProtobuf(request)),
    });
    expect(answer.status, await answer.text()).toBe(200);
  }
  expect(await engine.end('SIGTERM'), engine.errors()).toBe(0);
  expect(sorted(engine.decisions)).toEqual(expected);
});

test('a topic of Kafka with twelve partitions', async () => {
  const kafka = await sharedKafka();
  const topic = ownName('same');
  const port = await connectKafka({ brokers: kafka.split(','), clientId: 'test' });
  onTestFinished(() => port.close());
  await port.ensureTopic(topic, 12);
  const producer = await port.producer();
  await producer.send(
    topic,
    events.map(({ key, json }) => ({ key, value: json })),
  );
  await producer.close();
  const source = { brokers: kafka.split(','), topics: [topic], group: topic, startFrom: 'beginning' };
  const engine = await start([], { kafka: source, otlp: { enabled: false } });
  await until(() => engine.decisions.length >= expected.length, 'all decisions', 60_000);
  expect(await engine.end('SIGTERM'), engine.errors()).toBe(0);
  expect(sorted(engine.decisions)).toEqual(expected);
});

/** An event as an SDK would report it. */
function resourceMetrics(json: string) {
  const { timestamp, metrics, tags } = JSON.parse(json) as {
    timestamp: number;
    metrics: Record<string, number>;
    tags: Record<string, string>;
  };
  const point = (asDouble: number) => ({ dataPoints: [{ timeUnixNano: `${timestamp}000000`, asDouble }] });
  return {
    resource: { attributes: Object.entries(tags).map(([key, stringValue]) => ({ key, value: { stringValue } })) },
    scopeMetrics: [{ metrics: Object.entries(metrics).map(([name, value]) => ({ name, gauge: point(value) })) }],
  };
}
