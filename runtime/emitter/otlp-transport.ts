// Events as OTLP/HTTP in JSON: a metric per name, a data point per event, the event's tags as attributes. The message is
// written in slices, so that the service in whose process this runs is not held up.

import type { Clock } from '../ports/clock.ts';
import { type Fetch, FetchFailed } from '../ports/fetch.ts';
import { pause, type Timers } from '../ports/timers.ts';
import { EmitRejected, type EmittedEvent, type EmitterTransport } from './emitter-options.ts';

export interface OtlpTransportOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly service: string;
  readonly counters: readonly string[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** One stretch of work; then others have their turn. */
const sliceMs = 0.2;
const answerBytesMax = 4_096;
const retriable = new Set([408, 425, 429]);

export function otlpTransport(options: OtlpTransportOptions): EmitterTransport {
  const { url, headers = {}, fetch, clock } = options;
  const counters = new Set(options.counters);
  const startedAt = clock.now();
  return {
    async send(events, signal) {
      const body = await bodyOf(events, counters, startedAt, options, signal);
      const { status } = await fetch({
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': 'application/json' },
        body,
        signal,
        answerBytesMax,
      }).catch((error: unknown) => {
        throw error instanceof FetchFailed ? new Error(error.message) : error;
      });
      if (status >= 200 && status < 300) return;
      const host = new URL(url).host;
      if (retriable.has(status) || status >= 500) throw new Error(`${host} answered ${status}`);
      throw new EmitRejected(`${host} answered ${status}: it does not take these events`);
    },
  };
}

async function bodyOf(
  events: readonly EmittedEvent[],
  counters: ReadonlySet<string>,
  startedAt: number,
  { service, clock, timers }: OtlpTransportOptions,
  signal: AbortSignal,
): Promise<string> {
  const points = new Map<string, string[]>();
  let begunMs = clock.monotonicMs();
  for (const event of events) {
    const { timestamp, metrics, tags } = event;
    const attributes = attributesOf(Object.entries(tags).filter(([name]) => name !== 'service.name'));
    for (const [name, value] of Object.entries(metrics)) {
      const point = `{"startTimeUnixNano":"${startedAt}000000","timeUnixNano":"${timestamp}000000","asDouble":${value},"attributes":${attributes}}`;
      const list = points.get(name);
      if (list === undefined) points.set(name, [point]);
      else list.push(point);
    }
    if (clock.monotonicMs() - begunMs < sliceMs) continue;
    await pause(timers, 0, signal);
    begunMs = clock.monotonicMs();
  }
  const metrics = [...points].map(([name, list]) => {
    const data = `"dataPoints":[${list.join(',')}]`;
    const kind = counters.has(name)
      ? `"sum":{"aggregationTemporality":2,"isMonotonic":true,${data}}`
      : `"gauge":{${data}}`;
    return `{"name":${JSON.stringify(name)},${kind}}`;
  });
  const resource = `{"attributes":${attributesOf([['service.name', service]])}}`;
  return `{"resourceMetrics":[{"resource":${resource},"scopeMetrics":[{"scope":{"name":"ddl/emitter"},"metrics":[${metrics.join(',')}]}]}]}`;
}

function attributesOf(tags: readonly (readonly [string, string])[]): string {
  const list = tags.map(
    ([key, value]) => `{"key":${JSON.stringify(key)},"value":{"stringValue":${JSON.stringify(value)}}}`,
  );
  return `[${list.join(',')}]`;
}
