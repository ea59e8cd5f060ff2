// The door to Kafka: settings in, a port out. The client behind it is loaded when it is asked for: most commands never
// speak to Kafka.

import type { KafkaPort, KafkaSettings } from './kafka-port.ts';

/** Connects. Errors: `KafkaUnreachable`. */
export async function connectKafka(settings: KafkaSettings): Promise<KafkaPort> {
  const { connectClient } = await import('./kafka-client.ts');
  return connectClient(settings);
}
