// Kafka messages to rows: plain events, OTLP in protobuf, OTLP in JSON, told apart by how they begin. Plain events are
// gathered into one run of lines and take the short way of files; a message of which nothing can be used is told of.

import type { DeadLetter, Intake } from '../../evaluate/intake.ts';
import type { KafkaMessage } from '../../ports/kafka-port.ts';
import { JsonEventDecoder } from '../json-events.ts';
import { OtlpJsonDecoder } from '../otlp-json.ts';
import { OtlpProtobufDecoder } from '../otlp-protobuf.ts';
import { OtlpRows, type OtlpSteps } from '../otlp-rows.ts';

export type KafkaEncoding = 'auto' | 'json' | 'otlp-protobuf' | 'otlp-json';

export interface MessageDecoderOptions {
  readonly encoding: KafkaEncoding;
  /** Schema of plain events that don't name one. */
  readonly schema: string | null;
  /** What a dead letter calls the source, before `:NUMBER`. */
  readonly where: string;
  readonly now: () => number;
}

const runBytesMax = 256 * 1024;
const lineFeed = 10;
const space = 32;
const brace = 0x7b;
const protobufStart = 0x0a;
const otlpStart = Buffer.from('"resourceMetrics"');
const otlpStartSnake = Buffer.from('"resource_metrics"');

export class MessageDecoder {
  readonly #options: MessageDecoderOptions;
  readonly #lines: JsonEventDecoder;
  readonly #rows: OtlpRows;
  readonly #protobuf: OtlpProtobufDecoder;
  readonly #json: OtlpJsonDecoder;
  #run = Buffer.allocUnsafe(runBytesMax);
  /** Of the run at hand: its first message, and lines that were decoded before it. */
  #first = 0;
  #linesBefore = 0;
  #running = false;

  /** Errors: a schema that is not declared. */
  constructor(intake: Intake, options: MessageDecoderOptions) {
    this.#options = options;
    this.#lines = new JsonEventDecoder(intake, options);
    this.#rows = new OtlpRows(intake, options);
    this.#protobuf = new OtlpProtobufDecoder(intake, options, this.#rows);
    this.#json = new OtlpJsonDecoder(intake, options, this.#rows);
  }

  /**
   * Decodes plain events from `messages[at]` on, before `end`, and returns where it stopped: `end`, or a message that is
   * not plain. Messages without a value are passed over.
   */
  plain(messages: readonly KafkaMessage[], at: number, end: number): number {
    let index = at;
    let length = 0;
    this.#first = at;
    for (; index < end; index++) {
      const { value } = messages[index];
      if (value !== null && !this.#isPlain(value)) break;
      const size = value === null ? 0 : trimmedLength(value);
      if (length + size + 1 > this.#run.length) {
        this.#decode(length);
        this.#first = index;
        length = 0;
        if (size >= this.#run.length) this.#run = Buffer.allocUnsafe(size + 1);
      }
      // One line for each message, so that a line's number tells its message.
      if (value !== null) length = this.#append(value, size, length);
      this.#run[length++] = lineFeed;
    }
    this.#decode(length);
    if (this.#run.length > runBytesMax) this.#run = Buffer.allocUnsafe(runBytesMax);
    return index;
  }

  #decode(length: number): void {
    if (length === 0) return;
    this.#linesBefore = this.#lines.lines;
    this.#running = true;
    this.#lines.decode(this.#run.subarray(0, length));
    this.#running = false;
  }

  #append(value: Uint8Array, size: number, at: number): number {
    const run = this.#run;
    run.set(size === value.length ? value : value.subarray(0, size), at);
    // Within JSON a line feed can stand only where a space can.
    if (value.includes(lineFeed)) {
      for (let p = at; p < at + size; p++) if (run[p] === lineFeed) run[p] = space;
    }
    return at + size;
  }

  /** Decodes one message that is not plain, in steps. */
  otlp(value: Uint8Array): OtlpSteps {
    return (this.#isOtlpJson(value) ? this.#json : this.#protobuf).steps(value);
  }

  /** The message that a dead letter is about, when it is of no use as a whole; −1 for a letter about a part of one. */
  poisoned(letter: DeadLetter, current: number): number {
    if (this.#running) return this.#first + this.#lines.lines - this.#linesBefore - 1;
    return letter.reason === 'bad-otlp' ? current : -1;
  }

  /** OTLP metrics that came and are declared nowhere, with how often. */
  get unmatchedMetrics(): ReadonlyMap<string, number> {
    return this.#rows.unmatchedMetrics;
  }

  /** Metric names of plain events that are declared nowhere in the schema. */
  undeclared(schema: number): readonly string[] {
    return this.#lines.undeclared(schema);
  }

  #isPlain(value: Uint8Array): boolean {
    const { encoding } = this.#options;
    if (encoding !== 'auto') return encoding === 'json';
    return value[0] !== protobufStart && value.length > 0 && !this.#isOtlpJson(value);
  }

  #isOtlpJson(value: Uint8Array): boolean {
    const { encoding } = this.#options;
    if (encoding !== 'auto') return encoding === 'otlp-json';
    let at = 0;
    while (value[at] <= space) at++;
    if (value[at++] !== brace) return false;
    while (value[at] <= space) at++;
    return begins(value, at, otlpStart) || begins(value, at, otlpStartSnake);
  }
}

function begins(value: Uint8Array, at: number, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (value[at + i] !== start[i]) return false;
  return true;
}

function trimmedLength(value: Uint8Array): number {
  let length = value.length;
  while (length > 0 && value[length - 1] <= space) length--;
  return length;
}
