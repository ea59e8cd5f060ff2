// What says which topic of which Kafka is looked into: one set of options for every command that takes a sample.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { KafkaSampleOptions } from '../runtime/ports/kafka-sample.ts';
import { UsageError } from './usage-error.ts';

export interface KafkaOptions {
  /** `host:port`, with commas between. */
  readonly brokers: string;
  readonly topic: string;
  /** Newest messages of each partition that are read at most. */
  readonly messages: number;
}

/** Nothing new for so long: the newest messages have been read. */
const quietMs = 10_000;

export function defineKafkaOptions(command: Command, asked: string): Command {
  return command
    .addOption(
      new Option('--brokers <addresses>', `the Kafka brokers that \`${asked} kafka\` asks: host:port, with commas`)
        .env('DDL_KAFKA_BROKERS')
        .default('localhost:9092'),
    )
    .option('--topic <name>', `the topic that \`${asked} kafka\` looks into`, 'otlp_metrics')
    .option('--messages <count>', 'its newest messages of each partition, at most', parseMessages, 10_000);
}

function parseMessages(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('It is a whole number such as 1000.');
  return Number(text);
}

/** @throws UsageError when a broker's address is none. */
export function kafkaSampleOptions({ brokers, topic, messages }: KafkaOptions): KafkaSampleOptions {
  const addresses = brokers.split(',').map((address) => address.trim());
  const wrong = addresses.find((address) => !/^[^\s:/]+:\d{1,5}$|^\[[\da-fA-F:]+\]:\d{1,5}$/.test(address));
  if (wrong !== undefined)
    throw new UsageError(
      `\`${wrong}\` is no address of a Kafka broker; give \`--brokers HOST:PORT[,HOST:PORT]\` or DDL_KAFKA_BROKERS, such as localhost:9092`,
    );
  return { brokers: addresses, topic, messagesMax: messages, quietMs };
}
