// `ddlc snapshot`: what recorded telemetry looks like, as a small file to commit, for `check --against`.

import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { telemetrySnapshotText } from '../../runtime/observe/telemetry-snapshot.ts';
import { defineKafkaOptions, type KafkaOptions, kafkaSampleOptions } from '../kafka-options.ts';
import { createProgress } from '../progress.ts';
import { type ReadTelemetry, readTelemetry, readTopic } from '../read-telemetry.ts';
import { plural } from '../summarize.ts';
import type { ExitCode, Terminal } from '../terminal.ts';
import { fileError } from '../usage-error.ts';
import { replaceFile } from '../write-file.ts';
import type { CliCommand } from './command.ts';

interface SnapshotOptions extends KafkaOptions {
  readonly events: string;
  readonly out?: string;
  readonly schema?: string;
  readonly samples: number;
}

/** Enough for most tags that a person writes policies about; more is no longer read in a review. */
const samplesDefault = 100;

export const snapshotCommand: CliCommand = {
  name: 'snapshot',
  summary: 'sum up recorded telemetry in a small file, for check --against',
  define(command: Command, run) {
    defineKafkaOptions(command, '--events')
      .requiredOption(
        '--events <file>',
        'recorded events or OTLP/JSON, a document a line, gzip or not; - for standard input, `kafka` for a topic',
      )
      .option('--out <file>', 'file to write, such as telemetry.snapshot.json; standard output without it')
      .option('--schema <name>', 'schema of events that name none')
      .option('--samples <count>', 'values of each tag that are named; 0 for none', parseCount, samplesDefault)
      .action(run((terminal, options: SnapshotOptions) => snapshot(terminal, options)));
  },
};

function parseCount(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number such as 20.');
  return Number(text);
}

async function snapshot(terminal: Terminal, options: SnapshotOptions): Promise<ExitCode> {
  const { events, out, schema = null, samples } = options;
  const progress = createProgress(terminal);
  let read: ReadTelemetry;
  try {
    const between = (count: number): void => progress.show(() => `${count.toLocaleString('en')} events`);
    const reading = { schema, samplesMax: samples, between };
    read =
      events === 'kafka' ? await readTopic(kafkaSampleOptions(options), reading) : await readTelemetry(events, reading);
  } finally {
    progress.done();
  }
  const text = telemetrySnapshotText(read.snapshot);
  if (out === undefined) terminal.out(text);
  else {
    try {
      replaceFile(resolve(terminal.folder, out), text);
    } catch (error) {
      throw fileError('write', out, error);
    }
    terminal.out(`${out}\n`);
  }
  if (read.unusable > 0) terminal.note(`warning: ${read.unusable} lines are neither an event nor OTLP/JSON\n`);
  const count = read.snapshot.streams.reduce((sum, stream) => sum + stream.metrics.length, 0);
  const streams = read.snapshot.streams.length;
  terminal.note(`${plural(count, 'metric', 'metrics')} of ${plural(streams, 'stream', 'streams')} summed up\n`);
  return 0;
}
