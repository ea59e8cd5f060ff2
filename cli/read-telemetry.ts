// Telemetry to compare a program with, from wherever a person has it: plain events or OTLP/JSON, a document a line, gzip
// or not; one OTLP/JSON document; or a snapshot that was written before.

import { otlpDocument } from '../runtime/observe/otlp-document.ts';
import { summarizeEvent } from '../runtime/observe/summarize-event.ts';
import { summarizeOtlp } from '../runtime/observe/summarize-otlp.ts';
import {
  isTelemetrySnapshot,
  readTelemetrySnapshot,
  type TelemetrySnapshot,
} from '../runtime/observe/telemetry-snapshot.ts';
import { TelemetrySummary } from '../runtime/observe/telemetry-summary.ts';
import { type KafkaSampleOptions, KafkaUnreachable, sampleTopic } from '../runtime/ports/kafka-sample.ts';
import { fileChunks } from '../runtime/sources/file.ts';
import { MalformedBody } from '../runtime/sources/protobuf-reader.ts';
import { UsageError } from './usage-error.ts';

export interface ReadTelemetry {
  readonly snapshot: TelemetrySnapshot;
  /** Lines that are neither an event nor a metrics request. */
  readonly unusable: number;
  /** It was a snapshot already. */
  readonly summarized: boolean;
}

export interface ReadTelemetryOptions {
  /** Schema of events that name none. */
  readonly schema: string | null;
  /** Values of each tag that are named. */
  readonly samplesMax: number;
  /** Called and awaited between chunks: events so far. */
  readonly between?: (events: number) => Promise<void> | void;
}

/** A document over several lines, and one line of many: no person's telemetry is wider. */
const documentBytesMax = 64 * 1024 * 1024;

/**
 * Reads `path`, `-` being standard input.
 * @throws SourceError when it can't be read, UsageError when there is nothing in it to compare with.
 */
export async function readTelemetry(path: string, options: ReadTelemetryOptions): Promise<ReadTelemetry> {
  const reader = new TelemetryReader(path === '-' ? 'standard input' : path, options);
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of fileChunks({ path })) {
    reader.text(decoder.decode(chunk, { stream: true }));
    await options.between?.(reader.documents);
  }
  reader.text(decoder.decode());
  return reader.end();
}

/**
 * The same for the newest messages of a Kafka topic: plain events or OTLP, in JSON or protobuf.
 * @throws UsageError when Kafka can't be asked or there is nothing to compare with.
 */
export async function readTopic(options: KafkaSampleOptions, reading: ReadTelemetryOptions): Promise<ReadTelemetry> {
  const where = `topic ${options.topic} at ${options.brokers.join(', ')}`;
  const reader = new TelemetryReader(where, reading);
  try {
    await sampleTopic(options, (message) => reader.message(message));
  } catch (error) {
    if (!(error instanceof KafkaUnreachable)) throw error;
    throw new UsageError(
      `can't read ${where}: ${error.message}; --brokers and --topic, or DDL_KAFKA_BROKERS, say where telemetry is`,
      { cause: error },
    );
  }
  return reader.end();
}

/** The same for a text at hand. */
export function telemetryOf(text: string, where: string, samplesMax = 1_000): TelemetrySnapshot {
  const reader = new TelemetryReader(where, { schema: null, samplesMax });
  reader.text(text);
  return reader.end().snapshot;
}

class TelemetryReader {
  readonly #where: string;
  readonly #options: ReadTelemetryOptions;
  readonly #summary = new TelemetrySummary();
  #snapshot: TelemetrySnapshot | null = null;
  /** What is not a whole line yet; the whole text once its first line has proved to be a part of a document. */
  #rest = '';
  #oneDocument = false;
  #unusable = 0;
  documents = 0;

  constructor(where: string, options: ReadTelemetryOptions) {
    this.#where = where;
    this.#options = options;
  }

  text(text: string): void {
    this.#rest += text;
    if (this.#rest.length > documentBytesMax) {
      throw new UsageError(
        `${this.#where}: a line or document is longer than ${documentBytesMax / 1024 / 1024} MiB; telemetry is one JSON document a line`,
      );
    }
    if (this.#oneDocument) return;
    let start = 0;
    for (let end = this.#rest.indexOf('\n', start); end >= 0; end = this.#rest.indexOf('\n', start)) {
      if (!this.#line(this.#rest.slice(start, end))) {
        this.#rest = this.#rest.slice(start);
        this.#oneDocument = true;
        return;
      }
      start = end + 1;
    }
    this.#rest = this.#rest.slice(start);
  }

  /** One message: by its first byte a request in protobuf, else a document in JSON. */
  message(bytes: Buffer): void {
    if (bytes[0] !== 0x0a) {
      this.#line(bytes.toString('utf8'));
      return;
    }
    try {
      this.#document(otlpDocument(bytes));
    } catch (error) {
      if (!(error instanceof MalformedBody)) throw error;
      this.#unusable++;
    }
  }

  end(): ReadTelemetry {
    if (this.#oneDocument) this.#wholeDocument();
    else this.#line(this.#rest);
    const summarized = this.#snapshot !== null;
    if (this.documents === 0) {
      const found = this.#unusable === 0 ? 'it is empty' : `none of its ${this.#unusable} lines is one`;
      throw new UsageError(
        `${this.#where} holds no telemetry: ${found}; give events (one JSON object a line), OTLP/JSON, or what \`ddlc snapshot\` wrote`,
      );
    }
    const snapshot = this.#snapshot ?? this.#summary.snapshot(this.#options.samplesMax);
    return { snapshot, unusable: this.#unusable, summarized };
  }

  /** `false` when the line is the beginning of a document over several lines. */
  #line(line: string): boolean {
    const trimmed = line.trim().replace(/^\uFEFF/, '');
    if (trimmed === '') return true;
    let document: unknown;
    try {
      document = JSON.parse(trimmed);
    } catch {
      if (this.documents === 0 && this.#unusable === 0 && /^[{[][^}\]]*$/.test(trimmed)) return false;
      this.#unusable++;
      return true;
    }
    this.#document(document);
    return true;
  }

  #wholeDocument(): void {
    try {
      this.#document(JSON.parse(this.#rest.trim().replace(/^\uFEFF/, '')));
    } catch (error) {
      if (error instanceof UsageError) throw error;
      this.#unusable = this.#rest.trimEnd().split('\n').length;
    }
  }

  #document(document: unknown): void {
    if (isTelemetrySnapshot(document)) {
      const read = readTelemetrySnapshot(document);
      if ('problem' in read) {
        throw new UsageError(
          `${this.#where} is a snapshot that can't be read: ${read.problem}; write it anew with \`ddlc snapshot\``,
        );
      }
      this.#snapshot = read;
    } else if (
      !summarizeOtlp(document, this.#summary) &&
      !summarizeEvent(document, this.#options.schema, this.#summary)
    ) {
      this.#unusable++;
      return;
    }
    this.documents++;
  }
}
