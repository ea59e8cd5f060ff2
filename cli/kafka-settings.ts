// How a Kafka of the engine's configuration is connected to, with the files that the configuration names.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { KafkaSettings } from '../runtime/ports/kafka-port.ts';
import { clientSettings, type KafkaConfig } from '../runtime/sources/kafka/kafka-config.ts';
import { fileError } from './usage-error.ts';

/** Paths are relative to `folder`. @throws UsageError when a file can't be read. */
export function kafkaSettings(kafka: KafkaConfig, folder: string): KafkaSettings {
  return clientSettings(kafka, (path) => {
    try {
      return readFileSync(resolve(folder, path), 'utf8');
    } catch (error) {
      throw fileError('read', path, error);
    }
  });
}
