// This machine as a source of telemetry: one event a second for the schema `host`, on the same way as any plain event.
// A probe that fails makes its metric unknown and is logged once; it stops nothing.
//
//   schema host {
//     key host                                   // the machine's name
//     metric cpu_usage:        ratio             // busy share of all processors, 0..1
//     metric memory_usage:     ratio             // share not available to new work, 0..1
//     metric load_per_cpu:     number            // load average over 1 min ÷ processors
//     metric disk_usage:       ratio             // fullest writable file system, 0..1, every 10 s
//     metric disk_free:        bytes             // bytes left on it
//     metric event_loop_delay: duration in ms    // 99th percentile of the last two seconds, this process
//     every 1s   stale after 10s
//   }

import type { Intake } from '../evaluate/intake.ts';
import type { Clock } from '../ports/clock.ts';
import type { DiskSpace, HostProbe } from '../ports/host.ts';
import type { Timers } from '../ports/timers.ts';
import { JsonEventDecoder } from './json-events.ts';
import { SourceError } from './source-error.ts';

const diskEveryMs = 10_000;
/** A disk reading serves so long while newer ones fail or hang. */
const diskServesMs = 30_000;

export interface HostSourceOptions {
  /** Asked with every sample: another program may run since the one before. */
  readonly intake: () => Intake;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly probe: HostProbe;
  /** Called after a row was appended, in the same turn. */
  readonly onRow: () => void;
  /** Told once per metric when its probe begins to fail. */
  readonly onProblem: (message: string) => void;
  /** `host` by default. */
  readonly schema?: string;
  /** 1,000 by default. */
  readonly everyMs?: number;
}

export interface HostSource {
  /** Stops; a sample under way is dropped. */
  close(): void;
}

/** Starts sampling. Throws when the program doesn't declare the schema. */
export function startHostSource(options: HostSourceOptions): HostSource {
  const schema = options.schema ?? 'host';
  if (options.intake().schema(schema) === undefined) {
    throw new SourceError(
      `the host source needs a schema \`${schema}\`, which the program does not declare: declare it with the key \`host\`, or turn the source off`,
    );
  }
  const sampler = new HostSampler(options, schema);
  const cancel = options.timers.every(options.everyMs ?? 1000, () => void sampler.sample());
  return {
    close() {
      cancel();
      sampler.closed = true;
      options.probe.close();
    },
  };
}

class HostSampler {
  closed = false;
  readonly #options: HostSourceOptions;
  readonly #schema: string;
  #decoder: JsonEventDecoder;
  #intake: Intake;
  readonly #failing = new Set<string>();
  #busy = false;
  #samples = 0;
  #disk: DiskSpace | null = null;
  #diskReadMs = Number.NEGATIVE_INFINITY;
  #diskAskedMs = Number.NEGATIVE_INFINITY;
  #diskBusy = false;

  constructor(options: HostSourceOptions, schema: string) {
    this.#options = options;
    this.#schema = schema;
    this.#intake = options.intake();
    this.#decoder = this.#decoderFor(this.#intake);
  }

  #decoderFor(intake: Intake): JsonEventDecoder {
    return new JsonEventDecoder(intake, { schema: this.#schema, where: 'host', now: this.#options.clock.now });
  }

  async sample(): Promise<void> {
    // A machine under load answers late: skip rather than pile up.
    if (this.#busy) return;
    this.#busy = true;
    try {
      const { probe, clock } = this.#options;
      void this.#readDisk();
      const [cpu, memory] = await Promise.all([
        this.#try('cpu_usage', () => probe.cpuUsage()),
        this.#try('memory_usage', () => probe.memoryUsage()),
      ]);
      const load = await this.#try('load_per_cpu', probe.loadPerCpu);
      const delay = await this.#try('event_loop_delay', probe.eventLoopDelayMs);
      const disk = clock.monotonicMs() - this.#diskReadMs <= diskServesMs ? this.#disk : null;
      if (this.closed) return;
      this.#emit({
        cpu_usage: cpu,
        memory_usage: memory,
        load_per_cpu: load,
        disk_usage: disk?.usage ?? null,
        disk_free: disk?.freeBytes ?? null,
        event_loop_delay: delay,
      });
    } finally {
      this.#busy = false;
    }
  }

  #emit(metrics: Readonly<Record<string, number | null>>): void {
    const { probe, clock, onRow } = this.#options;
    const event = {
      id: `host-${this.#samples++}`,
      timestamp: clock.now(),
      schema: this.#schema,
      metrics,
      tags: { host: probe.hostname },
    };
    const intake = this.#options.intake();
    if (intake !== this.#intake) {
      this.#intake = intake;
      this.#decoder = this.#decoderFor(intake);
    }
    // A program that no longer declares the schema has no use for its rows.
    if (intake.schema(this.#schema) === undefined) return;
    // JSON has no NaN: stringify writes null, which is what an unknown value is.
    this.#decoder.decode(Buffer.from(`${JSON.stringify(event)}\n`));
    onRow();
  }

  async #readDisk(): Promise<void> {
    const { probe, clock } = this.#options;
    if (this.#diskBusy || clock.monotonicMs() - this.#diskAskedMs < diskEveryMs) return;
    this.#diskBusy = true;
    this.#diskAskedMs = clock.monotonicMs();
    const disk = await this.#try('disk_usage', () => probe.disk());
    this.#diskBusy = false;
    if (disk === null) return;
    this.#disk = disk;
    this.#diskReadMs = clock.monotonicMs();
  }

  async #try<T>(metric: string, read: () => T | Promise<T>): Promise<T | null> {
    try {
      const value = await read();
      this.#failing.delete(metric);
      return value;
    } catch (error) {
      if (!this.#failing.has(metric)) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#options.onProblem(`the host's \`${metric}\` can't be read and is unknown until it can: ${reason}`);
      }
      this.#failing.add(metric);
      return null;
    }
  }
}
