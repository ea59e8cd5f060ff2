// How fast events and OTLP points are decoded on this machine: `node test/bench/decode.ts`. Prints one JSON line per measurement.

import { defaultIntakeLimits, Intake } from '../../runtime/evaluate/intake.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { OtlpJsonDecoder } from '../../runtime/sources/otlp-json.ts';
import { OtlpProtobufDecoder } from '../../runtime/sources/otlp-protobuf.ts';
import { type OtlpRequest, otlpProtobuf } from '../support/otlp-protobuf.ts';
import {
  metricMeta,
  programMeta,
  schemaMeta,
  tagMeta,
  workloadLines,
  workloadSchema,
} from '../support/program-meta.ts';

const events = 200_000;
const rounds = 6;

function best(run: () => void): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = systemClock.monotonicMs();
    run();
    seconds = Math.min(seconds, (systemClock.monotonicMs() - start) / 1000);
  }
  return seconds;
}

function report(name: string, seconds: number, count: number, unit: string): void {
  console.log(
    JSON.stringify({ name, perSecond: Math.round(count / seconds), nsEach: Math.round((seconds * 1e9) / count), unit }),
  );
}

const lines = workloadLines(events);
const bytes = Buffer.from(`${lines.join('\n')}\n`);

function decodeAll(scan: boolean): void {
  const intake = new Intake(programMeta([workloadSchema]), defaultIntakeLimits, (letter) => {
    throw new Error(letter.message);
  });
  const decoder = new JsonEventDecoder(intake, { schema: null, where: 'bench', now: systemClock.now, scan });
  for (let chunk = 0; chunk < bytes.length; chunk += 1 << 18) {
    const part = bytes.subarray(chunk, chunk + (1 << 18));
    for (let at = 0; at < part.length; ) {
      at = decoder.decode(part, 256, at);
      intake.schemas[0].rows.clear();
    }
  }
  decoder.end();
  if (intake.seq !== events) throw new Error(`${intake.seq} rows of ${events}`);
}

let sum = 0;
report(
  'JSON.parse alone',
  best(() => {
    for (const line of lines) sum += JSON.parse(line).timestamp;
  }),
  events,
  'event',
);
report(
  'events by JSON.parse',
  best(() => decodeAll(false)),
  events,
  'event',
);
report(
  'events by scanner',
  best(() => decodeAll(true)),
  events,
  'event',
);
if (sum === 0) throw new Error('nothing was read');

// 50 points per request: 5 resources with 10 metrics each, of which `declared` are read; four attributes on every point.
const otlpRequests = 4000;
const pointsEach = 50;

function otlpRequest(): OtlpRequest {
  return {
    resourceMetrics: Array.from({ length: 5 }, (_, service) => ({
      resource: {
        attributes: ['service.name', 'cloud.region', 'host.name', 'telemetry.sdk.language', 'k8s.pod.name'].map(
          (key) => ({ key, value: { stringValue: `${key}-${service}` } }),
        ),
      },
      scopeMetrics: [
        {
          scope: { name: 'io.opentelemetry.runtime' },
          metrics: Array.from({ length: 10 }, (_, metric) => ({
            name: `service.metric.number_${metric}`,
            gauge: {
              dataPoints: [
                {
                  timeUnixNano: '1700000000000000000',
                  asDouble: service * 1.25 + metric,
                  attributes: ['http.route', 'http.method', 'http.status', 'peer'].map((key) => ({
                    key,
                    value: { stringValue: `${key}-value` },
                  })),
                },
              ],
            },
          })),
        },
      ],
    })),
  };
}

function otlpRun(format: 'protobuf' | 'json', declared: number): () => void {
  const program = programMeta([
    schemaMeta('service', {
      key: tagMeta('service_id', { from: 'service.name' }),
      tags: [tagMeta('region', { from: 'cloud.region' })],
      metrics: Array.from({ length: declared }, (_, metric) =>
        metricMeta(`metric_${metric}`, { from: `service.metric.number_${metric}` }),
      ),
    }),
  ]);
  const intake = new Intake(program, defaultIntakeLimits, (letter) => {
    throw new Error(letter.message);
  });
  const options = { now: systemClock.now };
  const decoder = format === 'json' ? new OtlpJsonDecoder(intake, options) : new OtlpProtobufDecoder(intake, options);
  const request = otlpRequest();
  const body = format === 'json' ? Buffer.from(JSON.stringify(request)) : otlpProtobuf(request);
  return () => {
    for (let i = 0; i < otlpRequests; i++) {
      const result = decoder.decode(body);
      if ('error' in result || result.rows !== 5) throw new Error(JSON.stringify(result));
      intake.schemas[0].rows.clear();
    }
  };
}

for (const declared of [10, 2]) {
  for (const format of ['protobuf', 'json'] as const) {
    report(
      `OTLP ${format}, ${declared} of 10 metrics declared`,
      best(otlpRun(format, declared)),
      otlpRequests * pointsEach,
      'point',
    );
  }
}
const otlpJson = JSON.stringify(otlpRequest());
report(
  'OTLP JSON.parse alone',
  best(() => {
    for (let i = 0; i < otlpRequests; i++) sum += JSON.parse(otlpJson).resourceMetrics.length;
  }),
  otlpRequests * pointsEach,
  'point',
);
