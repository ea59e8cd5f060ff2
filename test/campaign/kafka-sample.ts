// `npm run test:kafka`: `check --against kafka` and `snapshot --events kafka` against a real broker that it starts.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { startKafka } from '../services/kafka-broker.ts';
import { otlpProtobuf } from '../support/otlp-protobuf.ts';
import { runDdlc } from '../support/run-ddlc.ts';

const program = `schema shop {
  key service_id from "service.name"
  metric http_requests_total: counter
  metric queue_depth: number
  every 10s
}

policy quiet {
  title "No requests"
  owner "shop"
  on shop
  when rate(http_requests_total over 1m) < 1/s for 1m and queue_depth > 10
  do notify("no requests")
}
`;

const begin = 1_767_225_600_000;

function request(second: number) {
  const timeUnixNano = `${begin + second * 1000}000000`;
  const attribute = { key: 'service.name', value: { stringValue: `shop-${second % 4}` } };
  const sum = { dataPoints: [{ timeUnixNano, asInt: String(second) }], aggregationTemporality: 2, isMonotonic: true };
  const gauge = { dataPoints: [{ timeUnixNano, asDouble: second % 7 }] };
  const metrics = [
    { name: 'http_requests_count', sum },
    { name: 'queue_depth', gauge },
  ];
  return { resourceMetrics: [{ resource: { attributes: [attribute] }, scopeMetrics: [{ metrics }] }] };
}

const broker = await startKafka();
const folder = mkdtempSync(join(tmpdir(), 'ddl-kafka-sample-'));
try {
  const kafka = new Kafka({ clientId: 'test', brokers: [broker.address], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const messages = Array.from({ length: 300 }, (_, second) => ({
    value: second % 2 === 0 ? otlpProtobuf(request(second)) : Buffer.from(JSON.stringify(request(second))),
  }));
  await producer.send({ topic: 'otlp_metrics', messages: [...messages, { value: Buffer.from('no telemetry') }] });
  const event = (second: number) => ({
    id: String(second),
    timestamp: begin + second * 1000,
    metrics: { http_requests_total: second, queue_depth: 1 },
    tags: { 'service.name': 'shop' },
  });
  const plain = Array.from({ length: 50 }, (_, second) => ({ value: JSON.stringify(event(second)) }));
  await producer.send({ topic: 'events', messages: plain });
  await producer.disconnect();
  writeFileSync(join(folder, 'shop.ddl'), program);
  const kafkaArgs = ['--brokers', broker.address];
  const check = (...args: string[]) =>
    runDdlc(['check', 'shop.ddl', '--against', 'kafka', ...kafkaArgs, ...args], { folder });

  const renamed = check();
  assert.equal(renamed.code, 1, renamed.note + renamed.out);
  assert.match(renamed.out, /http_requests_total/);
  assert.match(renamed.out, /did you mean `http_requests_count`|http_requests_count/);
  assert.match(renamed.note, /1 messages are neither an event nor OTLP/);

  const same = check('--topic', 'events');
  assert.equal(same.code, 0, same.note + same.out);

  const snapshot = runDdlc(['snapshot', '--events', 'kafka', ...kafkaArgs, '--messages', '5'], { folder });
  assert.equal(snapshot.code, 0, snapshot.note);
  const [stream] = JSON.parse(snapshot.out).streams;
  assert.ok(stream.events <= 3 * 5 * 2, 'at most so many messages of each partition');
  assert.deepEqual(
    stream.metrics.map(({ name }: { name: string }) => name),
    ['http_requests_count', 'queue_depth'],
  );

  const nowhere = check('--topic', 'nowhere');
  assert.equal(nowhere.code, 2);
  assert.match(nowhere.note, /it has no topic nowhere; it has events, otlp_metrics/);

  const admin = kafka.admin();
  await admin.connect();
  assert.deepEqual((await admin.listGroups()).groups, [], 'no consumer group is left behind');
  await admin.disconnect();
  process.stdout.write('check and snapshot read a real topic: renamed metric found, nothing left behind\n');
} finally {
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
}
const gone = runDdlc(['check', join(import.meta.dirname, '../../policies'), '--against', 'kafka'], {
  env: { DDL_KAFKA_BROKERS: broker.address },
});
assert.equal(gone.code, 2, gone.note);
process.stdout.write(`${gone.note}`);
