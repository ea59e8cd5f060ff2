// Traces to an OpenTelemetry backend: the only file that imports its SDK. Spans are handed over when they have ended;
// nothing waits for the backend, and what it does not take in time is dropped.

import { type Attributes, context, type SpanContext, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider } from '@opentelemetry/sdk-trace';

/** A span that has ended. */
export interface EndedSpan {
  /** 32 hexadecimal digits: the trace that it is part of. */
  readonly traceId: string;
  /** What it is part of, as `record` returned it; `null` for a trace's first. */
  readonly parent: string | null;
  readonly name: string;
  /** Epoch milliseconds; may have a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Attributes;
  /** What went wrong; `null` when nothing did. */
  readonly error: string | null;
}

export interface Tracing {
  /** Takes a span in; returns its id, 16 hexadecimal digits. Never throws, never waits. */
  record(span: EndedSpan): string;
  /** Sends what waits, as far as the backend takes it within some seconds. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Address of an OTLP/HTTP receiver: `http://127.0.0.1:4318/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `service.instance.id`: which engine it was. */
  readonly instance: string;
  readonly version: string;
}

/** Where no backend is configured. */
export const noTracing: Tracing = { record: () => '', close: async () => {} };

export function openTracing({ url, headers, instance, version }: TracingOptions): Tracing {
  const random = new RandomIdGenerator();
  let traceId = '';
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'ddl',
      'service.version': version,
      'service.instance.id': instance,
    }),
    // A decision's id is its trace's: whoever has the one finds the other.
    idGenerator: { generateTraceId: () => traceId, generateSpanId: () => random.generateSpanId() },
    spanLimits: { attributeValueLengthLimit: 1_000, attributeCountLimit: 64 },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url, headers: { ...headers }, timeoutMillis: 5_000 }),
        scheduledDelayMillis: 1_000,
        exportTimeoutMillis: 5_000,
      }),
    ],
  });
  const tracer = provider.getTracer('ddl', version);
  return {
    record(span) {
      traceId = span.traceId;
      const started = tracer.startSpan(
        span.name,
        { startTime: span.startMs, attributes: span.attributes, root: span.parent === null },
        span.parent === null
          ? context.active()
          : trace.setSpanContext(context.active(), parentContext(span.traceId, span.parent)),
      );
      if (span.error !== null) started.setStatus({ code: SpanStatusCode.ERROR, message: span.error });
      started.end(span.endMs);
      return started.spanContext().spanId;
    },
    // A backend that does not answer must not keep the engine from ending.
    close: () => provider.shutdown().catch(() => {}),
  };
}

function parentContext(traceId: string, spanId: string): SpanContext {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
}
