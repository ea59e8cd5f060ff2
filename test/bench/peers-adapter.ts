// Enters ddl into the peers' benchmark: `ADAPTER=test/bench/peers-adapter.ts node run-all.js --engines ddl,ddl-slots …`.
// The policies are written as `.ddl` text, compiled and loaded by the public path; every fire is emitted.

import { systemClock } from '../../runtime/ports/clock.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import type { EventColumns, PeerPolicy, PeerWorkload } from './peers-workload.ts';
import { peerMetrics } from './peers-workload.ts';
import { compileWorkload, type Emit, WorkloadRun } from './workload-run.ts';

interface CreateOptions {
  readonly workload: PeerWorkload;
  readonly emit: Emit;
  /** The benchmark's columns: metrics row-major, service numbers, epoch ms. */
  readonly slots: {
    readonly M: Float64Array;
    readonly S: Uint8Array;
    readonly T: Float64Array;
    readonly n: number;
  } | null;
}

interface PeerEvent {
  readonly timestamp: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
}

interface PeerRunner {
  reset(): void;
  runSlots?(count: number): void;
  step?(event: never, index: number): void;
}

interface PeerEngine {
  readonly input?: 'slots' | 'json';
  create(policies: readonly PeerPolicy[], options: CreateOptions): PeerRunner;
}

/** Rows judged at once from columns; `DDL_BENCH_BATCH` sets another size. */
const slotsBatch = Number(process.env.DDL_BENCH_BATCH ?? 4096);

// biome-ignore lint/style/noDefaultExport: the benchmark reads the default export
export default function peersAdapter(name: string): PeerEngine {
  switch (name) {
    case 'ddl-slots':
      return { input: 'slots', create: createSlots };
    case 'ddl':
      return { create: createObjects };
    case 'ddl-json':
      return { input: 'json', create: createJson };
    default:
      throw new Error(`no engine ${name}: it is ddl-slots, ddl or ddl-json`);
  }
}

/** Columns of typed values, a batch at a time. */
function createSlots(policies: readonly PeerPolicy[], { workload, emit, slots }: CreateOptions): PeerRunner {
  if (slots === null) throw new Error('ddl-slots reads columns');
  const evaluator = compileWorkload(policies, workload);
  const columns: EventColumns = { time: slots.T, service: slots.S, values: slots.M, count: slots.n };
  let run = new WorkloadRun(evaluator, policies, emit);
  return {
    reset: () => {
      run = new WorkloadRun(evaluator, policies, emit);
    },
    runSlots: (count) => run.run(columns, count, slotsBatch),
  };
}

/** One event at a time, judged before the next comes: a live source that is as slow as it can be. */
function createObjects(policies: readonly PeerPolicy[], { workload, emit }: CreateOptions): PeerRunner {
  const evaluator = compileWorkload(policies, workload);
  let run = new WorkloadRun(evaluator, policies, emit);
  return {
    reset: () => {
      run = new WorkloadRun(evaluator, policies, emit);
    },
    step: (event: PeerEvent, index: number) => {
      const { schema, partition } = run;
      const { rows } = schema;
      const row = rows.append(event.timestamp, schema.keys.intern(event.tags.service_id), index);
      const { metrics } = event;
      const base = row * peerMetrics.length;
      const { values } = rows;
      values[base] = metrics.error_rate;
      values[base + 1] = metrics.latency_p50;
      values[base + 2] = metrics.latency_p99;
      values[base + 3] = metrics.request_rate;
      values[base + 4] = metrics.cpu_usage;
      values[base + 5] = metrics.memory_usage;
      values[base + 6] = metrics.queue_depth;
      values[base + 7] = metrics.disk_usage;
      values[base + 8] = metrics.gc_pause_ms;
      values[base + 9] = metrics.connections;
      values[base + 10] = metrics.saturation;
      values[base + 11] = metrics.retry_rate;
      partition.drain();
      partition.punctuate();
    },
  };
}

/** One line of JSON at a time, through the product's own decoder. */
function createJson(policies: readonly PeerPolicy[], { workload, emit }: CreateOptions): PeerRunner {
  const evaluator = compileWorkload(policies, workload);
  const begin = (): { run: WorkloadRun; decoder: JsonEventDecoder } => {
    const run = new WorkloadRun(evaluator, policies, emit);
    const options = { schema: null, where: 'peers', now: systemClock.now };
    return { run, decoder: new JsonEventDecoder(run.intake, options) };
  };
  let { run, decoder } = begin();
  return {
    reset: () => {
      ({ run, decoder } = begin());
    },
    step: (line: string) => {
      decoder.decode(Buffer.from(`${line}\n`));
      run.partition.drain();
      run.partition.punctuate();
    },
  };
}
