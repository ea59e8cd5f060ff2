// What a scrape answers: the design's names, bounded labels, readings taken when asked. What a trace backend gets.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import type { Decision } from '../../runtime/decision.ts';
import { traceAction, traceDecision } from '../../runtime/observe/decision-trace.ts';
import { EngineMetrics, type EngineReadings, readingMetrics } from '../../runtime/observe/engine-metrics.ts';
import { metricsRoute } from '../../runtime/observe/metrics-route.ts';
import { createMeter } from '../../runtime/ports/prometheus.ts';
import { openTracing } from '../../runtime/ports/tracing.ts';

const readings: EngineReadings = {
  events: () => ({ events: 1200, late: 3 }),
  cpuUsage: () => 0.25,
  memoryBytes: () => 1e8,
  proposalsWaiting: () => 2,
  actionsPending: () => 1,
  ledger: () => ({ healthy: true, waiting: 4 }),
  admissionHealthy: () => false,
  shedPolicies: () => 0,
  bundle: () => ({ serial: 7, hash: 'abcdef0123456789', policies: 3 }),
  partitions: () => [
    { topic: 'events', partition: 0, lag: 12, behindMs: 1500 },
    { topic: 'events', partition: 1, lag: 0, behindMs: Number.NaN },
  ],
};

test('a scrape tells the design’s metrics by their names', async () => {
  const meter = createMeter();
  const metrics = new EngineMetrics(meter);
  readingMetrics(meter, readings);
  metrics.fired('busy', 4);
  metrics.decided({ outcome: 'admitted', gate: null }, 9);
  metrics.decided({ outcome: 'refused', gate: 'cooldown' }, 9);
  metrics.actionEnded('scale_up', 'succeeded', 1);
  metrics.actionEnded('scale_up', 'reconciled', 3);
  metrics.actionEnded('scale_up', 'expired', 1);
  metrics.actionEnded('scale_up', 'expired', 0);
  const app = fastify();
  metricsRoute(app, meter);
  const answer = await app.inject({ url: '/metrics' });
  expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  const text = answer.body;
  for (const line of [
    'policy_matches_total{policy="busy"} 1',
    'decision_latency_seconds_bucket{le="0.01"} 2',
    'decision_latency_seconds_bucket{le="0.0075"} 0',
    'ddl_gate_refusals_total{gate="cooldown"} 1',
    `action_success_ratio{action="scale_up"} ${2 / 3}`,
    'ddl_actions_total{action="scale_up",result="expired"} 2',
    'engine_cpu_usage 0.25',
    'ddl_admission_healthy 0',
    'ddl_bundle_info{serial="7",hash="abcdef012345"} 1',
    'ddl_kafka_lag{topic="events",partition="0"} 12',
    'ddl_watermark_behind_seconds{topic="events",partition="0"} 1.5',
  ]) {
    expect(text.split('\n')).toContain(line);
  }
  expect(text).not.toContain('ddl_watermark_behind_seconds{topic="events",partition="1"}');
});

test('a label takes two thousand values, and one more for all others', async () => {
  const meter = createMeter();
  const metrics = new EngineMetrics(meter);
  for (let policy = 0; policy < 5000; policy++) metrics.overBudget(`p${policy}`);
  metrics.overBudget('p1');
  const lines = (await meter.text()).split('\n').filter((line) => line.startsWith('ddl_budget_exceeded_total{'));
  expect(lines).toHaveLength(2001);
  expect(lines).toContain('ddl_budget_exceeded_total{policy="p1"} 2');
  expect(lines).toContain('ddl_budget_exceeded_total{policy="(other)"} 3000');
});

const decision: Decision = {
  id: '0123456789abcdef0123456789abcdef',
  policy: 'busy',
  policyHash: 'h',
  key: 'shop',
  at: 1_700_000_000_000,
  cause: 'condition',
  outcome: 'refused',
  gate: 'cooldown',
  reason: 'acted a minute ago',
  mode: 'enforce',
  actions: [],
  values: {},
  source: 'shop.ddl:3',
};

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly status: { readonly code?: number; readonly message?: string };
}

test('a decision’s trace has its id, and a span for each station and action', async () => {
  const spans: SentSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
      const sent = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] };
      for (const { scopeSpans } of sent.resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const tracing = openTracing({
    url: `http://127.0.0.1:${port}/v1/traces`,
    headers: {},
    instance: 'engine-1',
    version: '0',
  });
  traceDecision(tracing, decision, { receivedMs: 1000, proposedMs: 1002, judgedMs: 1003.5, recordedMs: 1009 });
  const action = { name: 'scale_up', target: 'shop' };
  const ended = { ordinal: 0, action, result: 'failed', attempts: 3, detail: 'the provider said no' };
  traceAction(tracing, decision, ended, { startMs: 1010, endMs: 1100 });
  await tracing.close();
  await new Promise((resolve) => server.close(resolve));

  expect(spans.map(({ name }) => name)).toEqual(['decision busy', 'evaluate', 'gates', 'ledger', 'action scale_up']);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([decision.id]));
  const [root, ...others] = spans;
  for (const span of others.slice(0, 3)) expect(span.parentSpanId).toBe(root?.spanId);
  expect(spans.at(-1)?.status).toMatchObject({ message: 'the provider said no' });
});

test('a trace backend that is not there holds nobody up', async () => {
  const tracing = openTracing({ url: 'http://127.0.0.1:9/v1/traces', headers: {}, instance: 'engine-1', version: '0' });
  for (let index = 0; index < 10_000; index++) {
    traceDecision(tracing, decision, { receivedMs: 1, proposedMs: 2, judgedMs: 3, recordedMs: 4 });
  }
  await tracing.close();
});
