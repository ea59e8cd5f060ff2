// The engine on live telemetry: real OpenTelemetry SDK exporters over the network, this machine's own load, and what is
// in the ledger afterwards.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader, type PushMetricExporter } from '@opentelemetry/sdk-metrics';
import { afterEach, expect, test } from 'vitest';
import { openEmbeddedLedger } from '../../runtime/ledger/embedded-ledger.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { type EngineProcess, projectFolder, startEngine } from './engine-process.ts';

const shop = `
/// What the shop's services report.
schema shop {
  key service from "service.name"
  metric error_rate: ratio from "shop.error.ratio"
  metric requests: counter from "shop.requests"
  every 1s   stale after 10s
}

policy errors {
  title   "Too many errors"
  owner   "shop"
  runbook "https://runbooks.example/errors"

  on shop
  when error_rate > 5% for 1s

  do notify(message: "too many errors")
  cooldown 1m
}
`;

const started: EngineProcess[] = [];

afterEach(async () => {
  for (const engine of started.splice(0)) await engine.end('SIGKILL');
});

function start(...args: Parameters<typeof startEngine>): EngineProcess {
  const engine = startEngine(...args);
  started.push(engine);
  return engine;
}

/** Reports an error rate of 7% every 250 ms through a real SDK. */
function startService(name: string, exporter: PushMetricExporter): MeterProvider {
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': name }),
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 250, exportTimeoutMillis: 250 })],
  });
  const meter = provider.getMeter('shop');
  meter.createObservableGauge('shop.error.ratio').addCallback((result) => result.observe(0.07));
  const requests = meter.createCounter('shop.requests');
  requests.add(1);
  return provider;
}

test('OpenTelemetry SDKs, protobuf and JSON, to a decision in the ledger', { timeout: 60_000 }, async () => {
  const engine = start(projectFolder({ 'shop.ddl': shop }), ['.']);
  const [, address] = await engine.says(/OpenTelemetry metrics at (\S+)/, 30_000);
  const services = [
    startService('by-protobuf', new ProtobufExporter({ url: address })),
    startService('by-json', new JsonExporter({ url: address })),
  ];
  try {
    for (const key of ['by-protobuf', 'by-json']) {
      const decision = await engine.decision((candidate) => candidate.key === key, 20_000);
      expect(decision).toMatchObject({ policy: 'errors', values: { 'error_rate > 5% for 1s': 0.07 } });
    }
  } finally {
    await Promise.all(services.map((service) => service.shutdown()));
  }
  expect(await engine.end('SIGTERM')).toBe(0);
  expect(engine.errors()).toContain('0 records unwritten');

  const { ledger } = await openEmbeddedLedger({
    folder: join(engine.folder, '.ddl'),
    clock: systemClock,
    timers: systemTimers,
  });
  try {
    const recorded = await ledger.recentDecisions(100);
    expect(recorded.map(({ id }) => id).sort()).toEqual(engine.decisions.map(({ id }) => id).sort());
    expect(new Set(recorded.map(({ key }) => key))).toEqual(new Set(['by-protobuf', 'by-json']));
    for (const decision of recorded.filter(({ outcome }) => outcome === 'admitted')) {
      expect(await ledger.intentsOf(decision.id)).toMatchObject([{ state: 'succeeded' }]);
    }
  } finally {
    await ledger.close(5_000);
  }
});

test('loading this machine makes the host policy fire', { timeout: 120_000 }, async () => {
  const engine = start(projectFolder({}), [resolve(import.meta.dirname, '../../policies')]);
  await engine.says('watching', 30_000);
  const busy = Array.from({ length: availableParallelism() }, () =>
    spawn(process.execPath, ['-e', 'const end = Date.now() + 100000; while (Date.now() < end);']),
  );
  try {
    const decision = await engine.decision((candidate) => candidate.policy === 'host_saturated', 100_000);
    expect(Object.values(decision.values)[0]).toBeGreaterThan(0.5);
  } finally {
    for (const child of busy) child.kill();
  }
  expect(await engine.end('SIGTERM')).toBe(0);
});

test('silence is noticed although nobody else reports', { timeout: 90_000 }, async () => {
  const silence = `${shop}
policy silent {
  title   "The service has fallen silent"
  owner   "shop"
  runbook "https://runbooks.example/silent"

  on shop
  when missing(error_rate) for 3s

  do notify(message: "silent")
}
`;
  const engine = start(projectFolder({ 'shop.ddl': silence }), ['.']);
  const [, address] = await engine.says(/OpenTelemetry metrics at (\S+)/, 30_000);
  const service = startService('lonely', new ProtobufExporter({ url: address }));
  await engine.decision((candidate) => candidate.policy === 'errors', 20_000);
  await service.shutdown();
  await engine.decision((candidate) => candidate.policy === 'silent' && candidate.key === 'lonely', 40_000);
  expect(await engine.end('SIGTERM')).toBe(0);
});
