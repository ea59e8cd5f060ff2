// The OTLP/HTTP receiver, spoken to by the OpenTelemetry SDK and by senders of nonsense.

import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { afterEach, describe, expect, test } from 'vitest';
import { type OtlpReceiver, type OtlpReceiverOptions, startOtlpReceiver } from '../../runtime/sources/otlp-receiver.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { otlpProtobuf } from '../support/otlp-protobuf.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const program = programMeta([
  schemaMeta('service', {
    key: tagMeta('service_id', { from: 'service.name' }),
    tags: [tagMeta('region', { from: 'cloud.region' })],
    metrics: [
      metricMeta('requests', { from: 'http.requests', counter: true }),
      metricMeta('cpu', { divide: 100 }),
      metricMeta('queue', { optional: true }),
    ],
  }),
]);

const open: OtlpReceiver[] = [];
afterEach(async () => {
  for (const receiver of open.splice(0)) await receiver.close();
});

async function start(more: Partial<OtlpReceiverOptions> = {}) {
  const probe = intakeProbe(program);
  const batches: number[] = [];
  const receiver = await startOtlpReceiver({
    port: 0,
    intake: () => probe.intake,
    now: Date.now,
    accept: () => true,
    onBatch: (accepted) => {
      batches.push(accepted.rows);
    },
    ...more,
  });
  open.push(receiver);
  const post = async (
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => {
    const response = await fetch(`${receiver.url}/v1/metrics`, { method: 'POST', body, headers });
    const bytes = Buffer.from(await response.arrayBuffer());
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      retryAfter: response.headers.get('retry-after'),
      bytes,
      text: bytes.toString(),
    };
  };
  return { ...probe, receiver, batches, post };
}

const nowNs = (): string => `${Date.now()}000000`;
const body = (timeUnixNano = nowNs()) => ({
  resourceMetrics: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'pay' } }] },
      scopeMetrics: [{ metrics: [{ name: 'cpu', gauge: { dataPoints: [{ timeUnixNano, asDouble: 50 }] } }] }],
    },
  ],
});
const protobufType = { 'content-type': 'application/x-protobuf' };
const jsonType = { 'content-type': 'application/json; charset=utf-8' };

describe.each([
  ['protobuf', ProtobufExporter, 'none'],
  ['protobuf with gzip', ProtobufExporter, 'gzip'],
  ['json', JsonExporter, 'none'],
  ['json with gzip', JsonExporter, 'gzip'],
] as const)('the SDK sending %s', (_name, Exporter, compression) => {
  test.each([
    ['cumulative', AggregationTemporality.CUMULATIVE],
    ['delta', AggregationTemporality.DELTA],
  ] as const)('%s', async (_temporality, temporalityPreference) => {
    const it = await start();
    const exporter = new Exporter({
      url: `${it.receiver.url}/v1/metrics`,
      compression: compression as never,
      temporalityPreference,
    });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const provider = new MeterProvider({
      resource: resourceFromAttributes({ 'service.name': 'pay', 'cloud.region': 'eu' }),
      readers: [reader],
    });
    const meter = provider.getMeter('test');
    const requests = meter.createCounter('http.requests');
    meter.createObservableGauge('cpu').addCallback((result) => result.observe(62.5));
    meter.createHistogram('duration').record(5);
    const queue = meter.createUpDownCounter('queue');
    for (const [count, change] of [
      [3, 5],
      [4, -2],
    ]) {
      requests.add(count, { 'http.route': '/a' });
      requests.add(1, { 'http.route': '/b' });
      queue.add(change);
      await reader.forceFlush();
    }
    await provider.shutdown();
    const rows = it.rows();
    expect(it.letters).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(2);
    expect(rows.slice(0, 2).map((row) => row.values)).toEqual([
      { requests: 4, cpu: 0.625, queue: 5 },
      { requests: 9, cpu: 0.625, queue: 3 },
    ]);
    expect(rows[0]).toMatchObject({ key: 'pay', tags: { region: 'eu' }, lacks: 0 });
    expect(Math.abs(rows[0].time - Date.now())).toBeLessThan(10_000);
  });
});

describe('answers', () => {
  test('success in the encoding of the request', async () => {
    const it = await start();
    const json = await it.post(JSON.stringify(body()), jsonType);
    expect(json).toMatchObject({ status: 200, text: '{}' });
    expect(json.type).toContain('application/json');
    const protobuf = await it.post(otlpProtobuf(body()), protobufType);
    expect(protobuf).toMatchObject({ status: 200, type: 'application/x-protobuf', text: '' });
    expect(
      await it.post(gzipSync(otlpProtobuf(body())), { ...protobufType, 'content-encoding': 'gzip' }),
    ).toMatchObject({ status: 200 });
    expect(await it.post('{}', jsonType)).toMatchObject({ status: 200, text: '{}' });
    expect(it.batches).toEqual([1, 1, 1, 0]);
  });

  test('partial success when points were rejected', async () => {
    const it = await start();
    const json = await it.post(JSON.stringify(body('0')), jsonType);
    expect(JSON.parse(json.text)).toEqual({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringContaining('without `timeUnixNano`') },
    });
    const protobuf = await it.post(otlpProtobuf(body('0')), protobufType);
    // Field 1, its length in one byte or two, then field 1 of it: one point.
    expect(protobuf.bytes[0]).toBe(0x0a);
    expect([...protobuf.bytes.subarray(protobuf.bytes[1] < 128 ? 2 : 3)].slice(0, 3)).toEqual([0x08, 1, 0x12]);
    expect(protobuf.text).toContain('without `timeUnixNano`');
  });

  test('the reply waits for onBatch, and its failure is "later"', async () => {
    let release = (): void => {};
    const it = await start({
      onBatch: () =>
        new Promise((resolve) => {
          release = resolve;
        }),
    });
    let replied = false;
    const reply = it.post(JSON.stringify(body()), jsonType).then((response) => {
      replied = true;
      return response;
    });
    await expect.poll(() => it.rows().length).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(replied).toBe(false);
    release();
    expect(await reply).toMatchObject({ status: 200 });
    const failing = await start({ onBatch: () => Promise.reject(new Error('disk full')) });
    expect(await failing.post(JSON.stringify(body()), jsonType)).toMatchObject({ status: 503, retryAfter: '5' });
  });
});

describe('problems', () => {
  const problem = (status: number, detail: string) => ({
    status,
    type: 'application/problem+json',
    text: expect.stringContaining(detail),
  });

  test('truncated, not gzip, gzip cut off', async () => {
    const it = await start();
    const whole = otlpProtobuf(body());
    expect(await it.post(whole.subarray(0, 40), protobufType)).toEqual(
      expect.objectContaining(problem(400, 'truncated')),
    );
    expect(await it.post('{"resourceMetrics":[', jsonType)).toEqual(expect.objectContaining(problem(400, 'not JSON')));
    expect(await it.post(whole, { ...protobufType, 'content-encoding': 'gzip' })).toEqual(
      expect.objectContaining(problem(400, 'not gzip')),
    );
    expect(await it.post(gzipSync(whole).subarray(0, 30), { ...protobufType, 'content-encoding': 'gzip' })).toEqual(
      expect.objectContaining(problem(400, 'gzip body is truncated')),
    );
    const answer = JSON.parse((await it.post(whole.subarray(0, 40), protobufType)).text);
    expect(answer).toMatchObject({
      type: 'about:blank',
      title: 'Bad request',
      status: 400,
      instance: 'POST /v1/metrics',
    });
    expect(it.rows()).toEqual([]);
    expect(it.batches).toEqual([]);
  });

  test('50 MB, and 50 MB that come as 50 kB', async () => {
    const it = await start();
    expect(await it.post(gzipSync(Buffer.alloc(50_000_000)), { ...protobufType, 'content-encoding': 'gzip' })).toEqual(
      expect.objectContaining(problem(413, 'larger than 16 MiB')),
    );
    for (const chunked of [false, true]) {
      const status = await new Promise<number>((resolve, reject) => {
        const request = httpRequest(
          `${it.receiver.url}/v1/metrics`,
          { method: 'POST', headers: chunked ? protobufType : { ...protobufType, 'content-length': 50_000_000 } },
          (response) => {
            resolve(response.statusCode ?? 0);
            response.resume();
            request.destroy();
          },
        );
        request.on('error', reject);
        const piece = Buffer.alloc(1_000_000);
        for (let i = 0; i < 50; i++) request.write(piece);
        request.end();
      });
      expect(status).toBe(413);
    }
    expect(await it.post(JSON.stringify(body()), jsonType)).toMatchObject({ status: 200 });
  });

  test('wrong types and encodings, unknown paths', async () => {
    const it = await start();
    expect(await it.post('x', { 'content-type': 'text/plain' })).toEqual(
      expect.objectContaining(problem(415, 'send application/x-protobuf or application/json')),
    );
    expect(await it.post(Buffer.from('x'), {})).toEqual(expect.objectContaining(problem(415, 'no Content-Type')));
    expect(await it.post('x', { ...jsonType, 'content-encoding': 'br' })).toEqual(
      expect.objectContaining(problem(415, '`br` is not known')),
    );
    const unknown = await fetch(`${it.receiver.url}/v1/traces`, { method: 'POST', body: '{}' });
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toBe('application/problem+json');
  });

  test('pausing', async () => {
    const it = await start({ accept: () => false, retryAfterSeconds: 7 });
    expect(await it.post(JSON.stringify(body()), jsonType)).toEqual(
      expect.objectContaining({ ...problem(503, 'takes no telemetry'), retryAfter: '7' }),
    );
    expect((await fetch(`${it.receiver.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${it.receiver.url}/healthz`)).status).toBe(200);
    expect(it.rows()).toEqual([]);
  });

  test('health and readiness ask the engine', async () => {
    const it = await start({ healthy: () => false, notReady: () => 'the ledger is being opened' });
    expect((await fetch(`${it.receiver.url}/healthz`)).status).toBe(503);
    const ready = await fetch(`${it.receiver.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain('the ledger is being opened');
    const fine = await start({ notReady: () => null });
    expect(await (await fetch(`${fine.receiver.url}/readyz`)).json()).toEqual({ status: 'ready' });
  });

  test('a port in use, an address of another machine', async () => {
    const it = await start();
    const port = Number(new URL(it.receiver.url).port);
    await expect(start({ port })).rejects.toThrow(`127.0.0.1:${port}: the port is in use`);
    await expect(start({ host: '203.0.113.1' })).rejects.toThrow('no such address');
  });
});
