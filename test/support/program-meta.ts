// Programs put together by hand, for tests of the runtime that need no compiler.

import type { MetricMeta, ProgramMeta, SchemaMeta, TagMeta } from '../../runtime/contract.ts';
import { contractVersion } from '../../runtime/contract.ts';

export function metricMeta(name: string, more: Partial<MetricMeta> = {}): MetricMeta {
  return { name, from: name, optional: false, counter: false, multiply: 1, divide: 1, type: 'number', ...more };
}

export function tagMeta(name: string, more: Partial<TagMeta> = {}): TagMeta {
  return { name, from: name, values: null, literals: [], ...more };
}

export function schemaMeta(name: string, more: Partial<SchemaMeta> = {}): SchemaMeta {
  return {
    name,
    key: tagMeta('service_id'),
    tags: [],
    metrics: [],
    everyMs: null,
    staleMs: 10_000,
    latenessMs: 0,
    derived: [],
    derivedWidth: 0,
    lookBackMs: 0,
    ...more,
  };
}

export function programMeta(schemas: readonly SchemaMeta[]): ProgramMeta {
  return { contract: contractVersion, schemas, policies: [], fleets: [] };
}

const workloadMetrics = [
  ['error_rate', 100],
  ['latency_p50', 800],
  ['latency_p99', 3000],
  ['request_rate', 5000],
  ['cpu_usage', 100],
  ['memory_usage', 100],
  ['queue_depth', 2000],
  ['disk_usage', 100],
  ['gc_pause_ms', 400],
  ['connections', 1000],
  ['saturation', 1],
  ['retry_rate', 50],
] as const;

/** The schema of `workloadLines`: 12 metrics, key `service_id`, tags `region` and `env`. */
export const workloadSchema: SchemaMeta = schemaMeta('service', {
  tags: [tagMeta('region'), tagMeta('env')],
  metrics: workloadMetrics.map(([name]) => metricMeta(name)),
});

/** `count` events of about 388 bytes, one per service and second, three decimals, always the same ones. */
export function workloadLines(count: number): string[] {
  let state = 12_345;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const regions = ['eu-west-1', 'us-east-1', 'ap-south-1'];
  return Array.from({ length: count }, (_, index) => {
    const service = (index * 7) % 50;
    const timestamp = 1_700_000_000_000 + Math.floor(index / 50) * 1000 + (index % 50) * 20;
    const metrics = workloadMetrics.map(([name, scale]) => `"${name}":${Math.round(random() * scale * 1000) / 1000}`);
    const tags = `"service_id":"service-${String(service).padStart(3, '0')}","region":"${regions[service % 3]}","env":"production"`;
    return `{"id":"evt-${String(index).padStart(8, '0')}","timestamp":${timestamp},"metrics":{${metrics.join()}},"tags":{${tags}}}`;
  });
}
