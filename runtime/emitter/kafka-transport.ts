// Events as JSON messages of a Kafka topic, under the service's name as key. Connected when there is something to send,
// and anew after every failure.

import { type KafkaPort, type KafkaProducer, KafkaRefused } from '../ports/kafka-port.ts';
import { EmitRejected, type EmitterTransport } from './emitter-options.ts';

export interface KafkaTransportOptions {
  readonly topic: string;
  readonly service: string;
  readonly connect: () => Promise<KafkaPort>;
}

interface Connection {
  readonly port: KafkaPort;
  readonly producer: KafkaProducer;
}

export function kafkaTransport({ topic, service, connect }: KafkaTransportOptions): EmitterTransport {
  let connection: Connection | null = null;

  async function connected(): Promise<Connection> {
    if (connection !== null) return connection;
    const port = await connect();
    try {
      connection = { port, producer: await port.producer() };
      return connection;
    } catch (error) {
      await port.close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    const old = connection;
    connection = null;
    await old?.producer.close().catch(() => {});
    await old?.port.close();
  }

  return {
    async send(events, signal) {
      const { producer } = await connected();
      if (signal.aborted) throw signal.reason;
      const records = events.map((event) => ({
        key: service,
        value: JSON.stringify({ ...event, timestamp: new Date(event.timestamp).toISOString() }),
        timestampMs: event.timestamp,
      }));
      try {
        await producer.send(topic, records);
      } catch (error) {
        if (error instanceof KafkaRefused && error.tooLarge) throw new EmitRejected(error.message);
        await close();
        throw error;
      }
    },
    close,
  };
}
