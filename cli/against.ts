// Where `check --against` gets its telemetry from: a file, standard input, a Kafka topic, or a running engine.

import type { Telemetry } from '../compiler/drift/telemetry.ts';
import { isTelemetrySnapshot, readTelemetrySnapshot } from '../runtime/observe/telemetry-snapshot.ts';
import { FetchFailed, systemFetch } from '../runtime/ports/fetch.ts';
import { type KafkaOptions, kafkaSampleOptions } from './kafka-options.ts';
import { createProgress } from './progress.ts';
import { readTelemetry, readTopic } from './read-telemetry.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** Where an engine listens unless it was told otherwise. */
export const engineDefault = 'http://127.0.0.1:4318';

const answerBytesMax = 64 * 1024 * 1024;
const answerMsMax = 10_000;
/** Values of each tag that are looked at when nothing needs to be reviewed or committed. */
const samplesMax = 10_000;

export interface AgainstOptions extends KafkaOptions {
  readonly against: string;
  readonly engine: string;
  /** Schema of events that name none. */
  readonly schema: string | null;
}

/** @throws UsageError, SourceError when there is nothing to compare with. */
export async function telemetryAgainst(options: AgainstOptions, terminal: Terminal): Promise<Telemetry> {
  const { against, engine, schema } = options;
  if (against === 'kafka') return withSchema(await fromKafka(options, terminal), schema);
  return withSchema(against === 'engine' ? await fromEngine(engine) : await fromFile(against, terminal), schema);
}

async function fromKafka(options: KafkaOptions, terminal: Terminal): Promise<Telemetry> {
  const { snapshot, unusable } = await readTopic(kafkaSampleOptions(options), { schema: null, samplesMax });
  if (unusable > 0) terminal.note(`warning: ${unusable} messages are neither an event nor OTLP\n`);
  return snapshot;
}

async function fromFile(path: string, terminal: Terminal): Promise<Telemetry> {
  const progress = createProgress(terminal);
  try {
    const between = (count: number): void => progress.show(() => `${count.toLocaleString('en')} events`);
    const { snapshot, unusable } = await readTelemetry(path, { schema: null, samplesMax, between });
    if (unusable > 0) terminal.note(`warning: ${unusable} lines are neither an event nor OTLP/JSON\n`);
    return snapshot;
  } finally {
    progress.done();
  }
}

async function fromEngine(engine: string): Promise<Telemetry> {
  const what = `can't read telemetry from the engine at ${engine}`;
  if (!URL.canParse(engine) || !/^https?:$/.test(new URL(engine).protocol))
    throw new UsageError(`${what}: that is no address; give one such as ${engineDefault}`);
  let body: string;
  try {
    const url = new URL('/api/telemetry', engine).href;
    const signal = AbortSignal.timeout(answerMsMax);
    const answer = await systemFetch({ method: 'GET', url, headers: {}, body: null, signal, answerBytesMax });
    if (answer.status !== 200) throw new UsageError(`${what}: it answers ${answer.status}; is it an engine of ddl?`);
    body = answer.body;
  } catch (error) {
    if (error instanceof FetchFailed)
      throw new UsageError(`${what}: ${error.message}; is it running?`, { cause: error });
    if (error instanceof DOMException) throw new UsageError(`${what}: it does not answer`, { cause: error });
    throw error;
  }
  const document = parsed(body);
  const read = isTelemetrySnapshot(document) ? readTelemetrySnapshot(document) : { problem: 'it is no snapshot' };
  if ('problem' in read) throw new UsageError(`${what}: its answer can't be read: ${read.problem}`);
  return read;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

function withSchema(telemetry: Telemetry, schema: string | null): Telemetry {
  if (schema === null) return telemetry;
  const streams = telemetry.streams.map((stream) =>
    stream.schema === null && stream.source === 'events' ? { ...stream, schema } : stream,
  );
  return { streams };
}

/** What the names of the program's schemas tell about the telemetry. @throws UsageError when nobody can tell the schema. */
export function refuseNamelessEvents({ streams }: Telemetry, schema: string | null, declared: readonly string[]): void {
  if (schema !== null && !declared.includes(schema))
    throw new UsageError(
      `--schema ${schema}: the program declares no such schema; it has ${declared.join(', ') || 'none'}`,
    );
  const nameless = streams.some((stream) => stream.schema === null && stream.source === 'events' && stream.events > 0);
  if (nameless && declared.length > 1)
    throw new UsageError(
      `the events name no schema, and the program has ${declared.length}: say which one with --schema: ${declared.join(', ')}`,
    );
}
