// What a service says and gets when it sends its telemetry: types alone, published with the package.

/** Numbers by name; `true` and `false` are 1 and 0. What is no finite number is left out. */
export type EmittedMetrics = Readonly<Record<string, number | boolean | undefined>>;

/** Texts by name; numbers and truth values are written as text. */
export type EmittedTags = Readonly<Record<string, string | number | boolean | undefined>>;

export interface EmitterOptions {
  readonly target: EmitterTarget;
  /** The service's name: the tag `service.name` of every event, and its key in Kafka. */
  readonly service: string;
  /** Tags that every event has. */
  readonly tags?: Readonly<Record<string, string>>;
  /** The schema that events are of; the engine finds it by itself where the program has one alone. */
  readonly schema?: string;
  /** Metrics that only ever grow: told as such to those who tell counters and gauges apart (`otlp-http`). */
  readonly counters?: readonly string[];
  /** Events kept while nothing can be sent, 10,000 unless told; then the oldest are dropped and counted. */
  readonly capacity?: number;
  /** Events sent at once, 100 unless told: making a message of them takes the service's own time. */
  readonly batch?: number;
  /** Time between two sendings, 1,000 unless told. */
  readonly flushMs?: number;
}

export type EmitterTarget =
  /** An OTLP/HTTP receiver, in JSON: the engine's own, a Collector's. */
  | {
      readonly kind: 'otlp-http';
      /** With its path: `http://127.0.0.1:4318/v1/metrics` */
      readonly url: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** A topic of Kafka, as JSON events. */
  | {
      readonly kind: 'kafka';
      /** `host:port` */
      readonly brokers: readonly string[];
      readonly topic: string;
      readonly ssl?: boolean;
      readonly sasl?: {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      };
    }
  | { readonly kind: 'custom'; readonly transport: EmitterTransport };

export interface EmittedEvent {
  readonly id: string;
  /** Epoch ms. */
  readonly timestamp: number;
  readonly schema?: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** The service's name is among them. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface EmitterTransport {
  /** Resolves once the events are taken. Rejects: they are sent again later, the same ones, unless `EmitRejected`. */
  send(events: readonly EmittedEvent[], signal: AbortSignal): Promise<void>;
  close?(): Promise<void>;
}

/** These events are never taken; sending them again is of no use. */
export class EmitRejected extends Error {
  override readonly name = 'EmitRejected';
}

export interface EmitterCounts {
  /** Events given to `emit`. */
  readonly emitted: number;
  readonly sent: number;
  /** For lack of room, after the end, or at the end for lack of time. */
  readonly dropped: number;
  /** Without a number, or with something that can't be read. */
  readonly invalid: number;
  /** Sent, and refused for good. */
  readonly rejected: number;
  readonly waiting: number;
  /** Why the last sending failed; `null` when it did not. */
  readonly problem: string | null;
}

export interface Emitter {
  /** Never waits and never throws; takes microseconds. What is given is copied. */
  emit(metrics: EmittedMetrics, tags?: EmittedTags): void;
  /** For the service's own health page. */
  counts(): EmitterCounts;
  /** Sends what waits, for `deadlineMs` (2,000 unless told) at most, and ends. Never rejects. */
  close(deadlineMs?: number): Promise<EmitterCounts>;
}
