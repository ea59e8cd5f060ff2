// `ddl/emitter`: how a service sends its telemetry to the engine without ever waiting for it.

import { systemClock } from '../ports/clock.ts';
import { systemFetch } from '../ports/fetch.ts';
import { systemRandom } from '../ports/random.ts';
import { backgroundTimers, systemTimers } from '../ports/timers.ts';
import { BackgroundEmitter } from './background-emitter.ts';
import type { Emitter, EmitterOptions, EmitterTransport } from './emitter-options.ts';
import { kafkaTransport } from './kafka-transport.ts';
import { otlpTransport } from './otlp-transport.ts';

export * from './emitter-options.ts';

/**
 * Connects to nobody yet. What the target does later never reaches the caller; `counts()` tells of it.
 * @throws TypeError for options that can't be meant: an address that is none, no room for an event.
 */
export function createEmitter(options: EmitterOptions): Emitter {
  const { service, capacity = 10_000, batch = 100, flushMs = 1_000 } = options;
  if (service === '') throw new TypeError('`service` is empty: name the service, such as "payment"');
  for (const [name, value] of Object.entries({ capacity, batch, flushMs }))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new TypeError(`\`${name}\` is ${value}: give a whole number from 1`);
  return new BackgroundEmitter({
    ...options,
    transport: transportOf(options),
    clock: systemClock,
    timers: backgroundTimers,
    keepAlive: systemTimers,
    random: systemRandom,
  });
}

function transportOf({ target, service, counters = [] }: EmitterOptions): EmitterTransport {
  if (target.kind === 'custom') return target.transport;
  if (target.kind === 'otlp-http') {
    const { url, headers } = target;
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new TypeError('`target.url` is no address: give one such as "http://127.0.0.1:4318/v1/metrics"');
    const ports = { fetch: systemFetch, clock: systemClock, timers: backgroundTimers };
    return otlpTransport({ url, service, counters, ...ports, ...(headers === undefined ? {} : { headers }) });
  }
  const { brokers, topic, ssl = false, sasl = null } = target;
  if (brokers.length === 0 || topic === '')
    throw new TypeError('`target` names no broker or no topic: give `brokers: ["localhost:9092"]` and `topic`');
  const connect = async () => {
    // A service that does not use Kafka does not load its client.
    const { connectKafka } = await import('../ports/kafka.ts');
    return await connectKafka({ brokers, clientId: `ddl-emitter-${service}`, ssl, sasl });
  };
  return kafkaTransport({ topic, service, connect });
}
