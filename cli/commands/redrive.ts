// `ddlc redrive`: sends the messages of the dead-letter topic back to where they came from, once what made them useless has
// been put right.

import { env } from 'node:process';
import { type Command, Option } from 'commander';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { type KafkaPort, KafkaRefused, KafkaUnreachable } from '../../runtime/ports/kafka-port.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { lettersWaiting, redrive, redriveGroup } from '../../runtime/sources/kafka/redrive.ts';
import { engineConfig } from '../engine-config.ts';
import { kafkaSettings } from '../kafka-settings.ts';
import { plural } from '../summarize.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import type { CliCommand } from './command.ts';

interface RedriveCommandOptions {
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly format: 'text' | 'json';
}

export const redriveCommand: CliCommand = {
  name: 'redrive',
  summary: 'send the messages of the dead-letter topic of Kafka back',
  define(command: Command, run) {
    command
      .option('--config <file>', 'the engine’s configuration; ddl.config.json or ddl.config.yaml without it')
      .option('--dry-run', 'count them alone')
      .addOption(new Option('--format <format>', 'how it is told').choices(['text', 'json']).default('text'))
      .action(run((terminal, options: RedriveCommandOptions) => sendBack(terminal, options)));
  },
};

async function sendBack(terminal: Terminal, options: RedriveCommandOptions): Promise<ExitCode> {
  const { kafka } = engineConfig(options.config ?? null, terminal.folder, env).sources;
  const { brokers, deadLetterTopic } = kafka;
  if (brokers.length === 0) throw new UsageError('no Kafka is set: name its brokers in `sources.kafka.brokers`');
  if (deadLetterTopic === null) throw new UsageError('no dead-letter topic is set: `sources.kafka.deadLetterTopic`');
  const settings = kafkaSettings(kafka, terminal.folder);
  const group = redriveGroup(kafka.group);
  let port: KafkaPort | null = null;
  try {
    port = await connectKafka(settings);
    if (options.dryRun === true) {
      const waiting = await lettersWaiting({ port, deadLetterTopic, group });
      terminal.out(
        options.format === 'json'
          ? `${JSON.stringify({ waiting })}\n`
          : `${plural(waiting, 'message waits', 'messages wait')} in ${deadLetterTopic}\n`,
      );
      return 0;
    }
    const report = await redrive({ port, deadLetterTopic, group, timers: systemTimers });
    const { sent, withoutValue, givenUp } = report;
    if (options.format === 'json') terminal.out(`${JSON.stringify(report)}\n`);
    else terminal.out(`${plural(sent, 'message', 'messages')} of ${deadLetterTopic} sent back\n`);
    if (withoutValue > 0)
      terminal.note(`${withoutValue} were too large to be kept; they are still in their own topic\n`);
    if (givenUp > 0) terminal.note(`${givenUp} came back three times and were left: put right what sends them\n`);
    return 0;
  } catch (error) {
    if (error instanceof KafkaUnreachable || error instanceof KafkaRefused) {
      throw new UsageError(error.message, { cause: error });
    }
    throw error;
  } finally {
    await port?.close();
  }
}
