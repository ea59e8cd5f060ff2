// The workloads of the peers' benchmark as `.ddl` programs: thresholds (W1, W4), `for 30s` (W2), windows (W3).

/** A policy as the peers' benchmark makes them. */
export interface PeerPolicy {
  readonly id: string;
  readonly index: number;
  /** `null`: it concerns every service. */
  readonly service: string | null;
  readonly conds: readonly PeerCondition[];
}

export interface PeerCondition {
  readonly metric: string;
  readonly op: '<' | '<=' | '>' | '>=';
  readonly thr: number;
  /** With `base`: a window over 60 s of that metric. */
  readonly agg?: 'avg' | 'max';
  readonly base?: string;
}

export type PeerWorkload = 'W1' | 'W2' | 'W3';

/** In the order of the benchmark's typed columns. */
export const peerMetrics = [
  'error_rate',
  'latency_p50',
  'latency_p99',
  'request_rate',
  'cpu_usage',
  'memory_usage',
  'queue_depth',
  'disk_usage',
  'gc_pause_ms',
  'connections',
  'saturation',
  'retry_rate',
] as const;

/** In the order of the ids in the benchmark's typed columns. */
export const peerServices: readonly string[] = Array.from(
  { length: 50 },
  (_, index) => `service-${String(index).padStart(3, '0')}`,
);

/** A file holds so many policies at most, as a project would cut them. */
const policiesPerFile = 1000;

/** Files of one program; the policies stand in the order given. W1 fires for every event, W2 once per rise. */
export function workloadProgram(
  policies: readonly PeerPolicy[],
  workload: PeerWorkload,
): readonly { readonly file: string; readonly text: string }[] {
  const files = [{ file: '000-schema.ddl', text: schemaText() }];
  for (let first = 0; first < policies.length; first += policiesPerFile) {
    const some = policies.slice(first, first + policiesPerFile);
    const number = String(first / policiesPerFile + 1).padStart(3, '0');
    files.push({ file: `${number}-policies.ddl`, text: some.map((policy) => policyText(policy, workload)).join('\n') });
  }
  return files;
}

function schemaText(): string {
  const metrics = peerMetrics.map((name) => `  metric ${name}: number`);
  return ['schema service_health {', '  key service_id', ...metrics, '', '  every 1s', '}', ''].join('\n');
}

function policyText(policy: PeerPolicy, workload: PeerWorkload): string {
  const where = policy.service === null ? '' : ` where service_id == "${policy.service}"`;
  // A repeat would be a second answer to the same rise.
  const cooldown = workload === 'W2' ? '365d' : '0s';
  return [
    `policy ${policy.id} {`,
    '  owner "bench"',
    '  runbook "https://runbooks.example/bench"',
    `  on service_health${where}`,
    `  when ${policy.conds.map((condition) => conditionText(condition, workload)).join('\n   and ')}`,
    `  do notify("fires")`,
    `  cooldown ${cooldown}`,
    '}',
    '',
  ].join('\n');
}

function conditionText({ metric, op, thr, agg, base }: PeerCondition, workload: PeerWorkload): string {
  const measured = agg === undefined ? metric : `${agg}(${base} over 60s)`;
  return `${measured} ${op} ${thr}${workload === 'W2' ? ' for 30s' : ''}`;
}

/** Policies like the benchmark's own W1, always the same ones, for measurements that stand without it. */
export function thresholdPolicies(count: number): readonly PeerPolicy[] {
  const random = sequence(4263);
  return Array.from({ length: count }, (_, index) => {
    const service = Math.floor(random() * peerServices.length);
    const first = Math.floor(random() * 12);
    const second = (first + 1 + Math.floor(random() * 11)) % 12;
    return {
      id: `p${index}`,
      index,
      service: peerServices[service],
      conds: [threshold(first, random), threshold(second, random)],
    };
  });
}

const scales = [100, 800, 3000, 5000, 100, 100, 2000, 100, 400, 1000, 1, 50] as const;

/** True of 2 to 15 % of the samples, above or below. */
function threshold(metric: number, random: () => number): PeerCondition {
  const above = random() < 0.7;
  const share = above ? 0.85 + random() * 0.13 : 0.02 + random() * 0.13;
  const thr = Math.round(share * scales[metric] * 1000) / 1000;
  return { metric: peerMetrics[metric], op: above ? '>' : '<', thr };
}

/** Numbers in [0, 1), always the same ones for a seed (a linear congruential generator, Numerical Recipes). */
export function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Events as columns: time, service, metrics row-major. */
export interface EventColumns {
  readonly time: Float64Array;
  readonly service: Uint8Array;
  readonly values: Float64Array;
  readonly count: number;
}

/**
 * One event per service and second, 20 ms apart. Values are slow random walks, so that a condition holds for tens of
 * samples in a row.
 */
export function eventColumns(count: number): EventColumns {
  const random = sequence(12_345);
  const services = peerServices.length;
  const walk = Float64Array.from({ length: services * 12 }, random);
  const columns = {
    time: new Float64Array(count),
    service: new Uint8Array(count),
    values: new Float64Array(count * 12),
    count,
  };
  for (let event = 0; event < count; event++) {
    const service = (event * 7) % services;
    columns.time[event] = 1_700_000_000_000 + Math.floor(event / services) * 1000 + (event % services) * 20;
    columns.service[event] = service;
    for (let metric = 0; metric < 12; metric++) {
      const at = service * 12 + metric;
      walk[at] = reflected(walk[at] + (random() - 0.5) * 0.06);
      columns.values[event * 12 + metric] = Math.round(walk[at] * scales[metric] * 1000) / 1000;
    }
  }
  return columns;
}

function reflected(value: number): number {
  if (value < 0) return -value;
  return value > 1 ? 2 - value : value;
}

/** The same event as a line of JSON, about 390 bytes. */
export function eventLine(columns: EventColumns, event: number): string {
  const metrics = peerMetrics.map((name, metric) => `"${name}":${columns.values[event * 12 + metric]}`);
  const tags = `"service_id":"${peerServices[columns.service[event]]}","region":"eu-west-1","env":"production"`;
  return `{"id":"evt-${String(event).padStart(8, '0')}","timestamp":${columns.time[event]},"metrics":{${metrics.join()}},"tags":{${tags}}}`;
}
