// What an engine tells Prometheus: one list of all its metrics, by the names that dashboards rely on. Counting happens
// where something rare happens; what belongs to every event is read at the scrape from counters that exist anyway.

import type { Decision } from '../decision.ts';
import type { CountMetric, Meter, ReadGauge, TimeMetric } from '../ports/prometheus.ts';

/** Seconds: fine around the 12 ms and 50 ms that the engine promises. */
const latencyBuckets = [0.001, 0.0025, 0.005, 0.0075, 0.01, 0.012, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 1, 5];
const pauseBuckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];

/** What is read when somebody asks. */
export interface EngineReadings {
  readonly events: () => { readonly events: number; readonly late: number };
  /** Share of one processor that this process used since the last scrape. */
  readonly cpuUsage: () => number;
  readonly memoryBytes: () => number;
  readonly proposalsWaiting: () => number;
  readonly actionsPending: () => number;
  readonly ledger: () => { readonly healthy: boolean; readonly waiting: number };
  readonly admissionHealthy: () => boolean;
  readonly shedPolicies: () => number;
  readonly bundle: () => { readonly serial: number; readonly hash: string; readonly policies: number };
  /** Of each partition that this engine owns; none for embedded sources. */
  readonly partitions: () => Iterable<{
    readonly topic: string;
    readonly partition: number;
    readonly lag: number;
    /** How far the newest event time lies behind the clock; NaN before the first event. */
    readonly behindMs: number;
  }>;
}

export type ActionResultName = 'succeeded' | 'failed' | 'reconciled' | 'expired';

export class EngineMetrics {
  readonly #matches: CountMetric;
  readonly #decisions: CountMetric;
  readonly #refusals: CountMetric;
  readonly #decisionLatency: TimeMetric;
  readonly #proposalLatency: TimeMetric;
  readonly #overBudget: CountMetric;
  readonly #actions: CountMetric;
  readonly #skipped: CountMetric;
  readonly #deadLetters: CountMetric;
  readonly #reloads: CountMetric;
  readonly #reloadPause: TimeMetric;
  readonly #endings = new Map<string, { succeeded: number; all: number }>();

  constructor(meter: Meter) {
    this.#matches = meter.counter('policy_matches_total', 'Times that a policy fired.', ['policy']);
    this.#decisions = meter.counter('ddl_decisions_total', 'Decisions written to the ledger.', ['outcome']);
    this.#refusals = meter.counter('ddl_gate_refusals_total', 'Decisions that a gate refused.', ['gate']);
    this.#decisionLatency = meter.histogram(
      'decision_latency_seconds',
      'From an event’s receipt to its decision in the ledger.',
      latencyBuckets,
    );
    this.#proposalLatency = meter.histogram(
      'ddl_proposal_latency_seconds',
      'From an event’s receipt to its proposal; the budget is 0.05.',
      latencyBuckets,
    );
    this.#overBudget = meter.counter('ddl_budget_exceeded_total', 'Proposals later than the budget.', ['policy']);
    this.#actions = meter.counter('ddl_actions_total', 'Actions that ended.', ['action', 'result']);
    this.#skipped = meter.counter('ddl_policy_skipped_total', 'Rows that lacked a metric which the policy requires.', [
      'policy',
    ]);
    this.#deadLetters = meter.counter('ddl_dead_letters_total', 'Events and messages that can’t be used.', ['reason']);
    this.#reloads = meter.counter('ddl_bundle_reloads_total', 'Bundles that were applied or refused.', ['result']);
    this.#reloadPause = meter.histogram('ddl_reload_pause_seconds', 'How long a reload held up events.', pauseBuckets);
    meter.gauge(
      'action_success_ratio',
      'Share of the ended actions that succeeded, since the start.',
      ['action'],
      (set) => this.#readRatios(set),
    );
  }

  fired(policy: string, latencyMs: number): void {
    this.#matches.add(1, { policy });
    this.#proposalLatency.observe(latencyMs / 1000);
  }

  overBudget(policy: string): void {
    this.#overBudget.add(1, { policy });
  }

  decided({ outcome, gate }: Pick<Decision, 'outcome' | 'gate'>, latencyMs: number): void {
    this.#decisions.add(1, { outcome });
    if (gate !== null) this.#refusals.add(1, { gate });
    this.#decisionLatency.observe(latencyMs / 1000);
  }

  /** `attempts`: an action that was never called says nothing of its provider. */
  actionEnded(action: string, result: ActionResultName, attempts: number): void {
    this.#actions.add(1, { action, result });
    if (attempts === 0) return;
    const endings = this.#endings.get(action) ?? { succeeded: 0, all: 0 };
    endings.all++;
    if (result === 'succeeded' || result === 'reconciled') endings.succeeded++;
    this.#endings.set(action, endings);
  }

  skipped(policy: string): void {
    this.#skipped.add(1, { policy });
  }

  deadLetter(reason: string): void {
    this.#deadLetters.add(1, { reason });
  }

  reloaded(result: 'applied' | 'refused', pauseMs: number): void {
    this.#reloads.add(1, { result });
    if (result === 'applied') this.#reloadPause.observe(pauseMs / 1000);
  }

  #readRatios(set: Parameters<ReadGauge>[0]): void {
    for (const [action, { succeeded, all }] of this.#endings) set(succeeded / all, { action });
  }
}

/** Adds what is read at the scrape. */
export function readingMetrics(meter: Meter, readings: EngineReadings): void {
  const plain = (name: string, help: string, read: () => number): void =>
    meter.gauge(name, help, [], (set) => set(read()));
  plain('ddl_events', 'Events taken since the start.', () => readings.events().events);
  plain(
    'ddl_events_late',
    'Events that came behind the watermark and were not judged, since the start.',
    () => readings.events().late,
  );
  plain(
    'engine_cpu_usage',
    'Processors that the engine’s process keeps busy, since the last scrape.',
    readings.cpuUsage,
  );
  plain('ddl_memory_bytes', 'Memory that the engine’s process holds.', readings.memoryBytes);
  plain('ddl_proposals_waiting', 'Proposals that wait for admission or the ledger.', readings.proposalsWaiting);
  plain('ddl_actions_pending', 'Decisions whose actions wait or are under way.', readings.actionsPending);
  plain('ddl_ledger_healthy', '1 while the ledger can be written.', () => Number(readings.ledger().healthy));
  plain('ddl_ledger_waiting', 'Rows that wait to be written.', () => readings.ledger().waiting);
  plain('ddl_admission_healthy', '1 while admission can be asked.', () => Number(readings.admissionHealthy()));
  plain('ddl_policies_shed', 'Policies that are not judged because the engine is overloaded.', readings.shedPolicies);
  meter.gauge('ddl_bundle_info', 'The bundle that runs: 1.', ['serial', 'hash'], (set) => {
    const { serial, hash } = readings.bundle();
    set(1, { serial: String(serial), hash: hash.slice(0, 12) });
  });
  plain('ddl_policies', 'Policies of the bundle that runs.', () => readings.bundle().policies);
  const partitionLabels = ['topic', 'partition'];
  meter.gauge(
    'ddl_kafka_lag',
    'Messages between the position and the end of the partition.',
    partitionLabels,
    (set) => {
      for (const { topic, partition, lag } of readings.partitions()) set(lag, { topic, partition: String(partition) });
    },
  );
  meter.gauge('ddl_watermark_behind_seconds', 'Age of the newest event time.', partitionLabels, (set) => {
    for (const { topic, partition, behindMs } of readings.partitions())
      if (!Number.isNaN(behindMs)) set(behindMs / 1000, { topic, partition: String(partition) });
  });
}
