// What telemetry is compared with: keys of several parts, guesses of kind and unit, names that changed, values without a
// fleet. Messages have their golden files in `test/language/diagnostics`; here is when they come and when not.

import { describe, expect, test } from 'vitest';
import { telemetryOf } from '../../cli/read-telemetry.ts';
import { analyse } from '../../compiler/analyse.ts';
import { guessDeclaration } from '../../compiler/drift/guess.ts';
import { nearName } from '../../compiler/drift/near-name.ts';
import type { TelemetryMetric } from '../../compiler/drift/telemetry.ts';
import { driftLimits } from '../../compiler/vocabulary/defaults.ts';
import { defaultIntakeLimits } from '../../runtime/evaluate/intake.ts';

interface Event {
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly schema?: string;
}

function drift(program: string, events: readonly Event[]): readonly string[] {
  const lines = events.map((event, at) =>
    JSON.stringify({ id: String(at), timestamp: Date.UTC(2026, 0, 1, 0, 0, at), tags: {}, ...event }),
  );
  const { diagnostics } = analyse([{ file: 'a.ddl', text: program }], telemetryOf(lines.join('\n'), 'test'));
  return diagnostics.filter(({ code }) => code.startsWith('DDL8')).map(({ message }) => message);
}

function schemaWith(key: string, metric = 'metric load: number'): string {
  return `schema s {\n  ${key}\n  ${metric}\n  every 1s\n}\n\npolicy p {\n  on s\n  when load > 1\n  do notify("x")\n}\n`;
}

describe('keys', () => {
  const event = (tags: Readonly<Record<string, string>>): Event => ({ metrics: { load: 1 }, tags });

  test('of several parts: each of them must come', () => {
    const program = schemaWith('key workload from "namespace", "pod"');
    expect(drift(program, [event({ namespace: 'a', pod: 'b' })])).toEqual([]);
    expect(drift(program, [event({ namespace: 'a', pod_name: 'b' })])).toEqual([
      'the key `workload` (on the wire `pod`) of `s` never comes, but `pod_name` does',
    ]);
  });

  test('of all tags, or of none: nothing need come', () => {
    expect(drift(schemaWith('key series from *'), [event({ a: 'b' })])).toEqual([]);
    expect(drift(schemaWith('key everything always "all"'), [event({})])).toEqual([]);
  });

  test('members: so many for each key', () => {
    const program = schemaWith('key service\n  tag instance at most 2').replace(
      'load > 1',
      'max(load across instance) > 1',
    );
    const members = (...pairs: readonly (readonly [string, string])[]) =>
      drift(
        program,
        pairs.map(([service, instance]) => event({ service, instance })),
      );
    expect(members(['a', '1'], ['a', '2'], ['b', '3'], ['b', '4'])).toEqual([]);
    expect(members(['a', '1'], ['a', '2'], ['a', '3'])).toEqual([
      'tag `instance` has 3 values, and a key keeps 2 members at most',
    ]);
  });

  test('an engine keeps as many as drift allows', () => {
    expect(driftLimits.values).toBe(defaultIntakeLimits.keys);
    expect(driftLimits.values).toBe(defaultIntakeLimits.tagValues);
  });
});

describe('kinds', () => {
  const program = (metric: string, when: string): string =>
    schemaWith('key host', `metric m: ${metric}`).replace('load > 1', when);
  const course = (values: readonly unknown[]): readonly Event[] =>
    values.map((m) => ({ metrics: { m }, tags: { host: 'a' } }));
  const counter = program('counter', 'rate(m over 1m) > 1/s');

  test('a counter may restart, and be the same for long', () => {
    expect(drift(counter, course([5, 6, 7, 7, 7, 8, 9, 10, 0, 1, 2, 3, 4, 5, 6]))).toEqual([]);
    expect(drift(counter, course([5, 4, 6, 5, 7, 6, 5, 4]))).toEqual([
      '`m` is declared as `counter` and falls again and again, not only at restarts',
    ]);
  });

  test('what two series make together does not look like a fall', () => {
    const both = [1, 100, 2, 101, 3, 102, 4, 103].map((m, at) => ({
      metrics: { m },
      tags: { host: at % 2 ? 'a' : 'b' },
    }));
    expect(drift(counter, both)).toEqual([]);
  });

  test('a ratio may overshoot a little, not by a hundred', () => {
    const ratio = program('ratio', 'm > 5%');
    expect(drift(ratio, course([0.1, 1.02]))).toEqual([]);
    expect(drift(ratio, course([12, 63.5]))).toHaveLength(1);
    expect(drift(program('ratio in percent', 'm > 5%'), course([12, 63.5]))).toEqual([]);
  });

  test('texts, truths and numbers', () => {
    expect(drift(program('number', 'm > 5'), course(['7', '8']))).toEqual([
      '`m` is declared as `number` and comes as a text',
    ]);
    expect(drift(program('number', 'm > 5'), course([true]))).toHaveLength(1);
    expect(drift(program('bool', 'm'), course([0, 1, true]))).toEqual([]);
    expect(drift(program('bool', 'm'), course([7]))).toHaveLength(1);
    // Sent without a value: it comes.
    expect(drift(program('number', 'm > 5'), course([null, null]))).toEqual([]);
  });
});

test('values without a fleet: those that `where` leaves out do not count', () => {
  const program = (where: string): string =>
    `schema s {\n  key service\n  metric load: number\n}\n\nfleet pay {\n  service "pay"\n  asg "a" in "b"\n}\n\npolicy p {\n  on s${where}\n  when load > 1\n  do scale_up(fleet of service, by: 1)\n}\n`;
  const events = ['pay', 'search', 'shop-a'].map((service) => ({ metrics: { load: 1 }, tags: { service } }));
  expect(drift(program(''), events)).toEqual(['policy `p` has no fleet to act on for `search`, `shop-a`']);
  expect(drift(program(' where service in ["pay", "search"]'), events)).toEqual([
    'policy `p` has no fleet to act on for `search`',
  ]);
  expect(drift(program(' where not service like "s*"'), events)).toEqual([]);
  expect(drift(program(' where service == "pay" or service == "other"'), events)).toEqual([]);
});

test('names that changed', () => {
  const near = (name: string, ...others: string[]) => nearName(name, others);
  expect(near('http_requests_total', 'jvm_threads', 'http_requests_count')).toBe('http_requests_count');
  expect(near('latency', 'service.latency', 'load')).toBe('service.latency');
  expect(near('cpuUsage', 'memory_usage', 'cpu.usage.total')).toBe('cpu.usage.total');
  expect(near('error_rate', 'queue_depth', 'threads')).toBe(null);
});

const metric: TelemetryMetric = {
  name: 'm',
  form: 'number',
  count: 10,
  min: 0,
  max: 1,
  trend: 'moves',
  unit: null,
};

test.each([
  [{ name: 'http_requests_total', trend: 'still', max: 9 }, 'metric http_requests_total: counter'],
  [{ name: 'requests', trend: 'grows', max: 9 }, 'metric requests: counter'],
  [
    { name: 'http.server.duration', form: 'histogram', unit: 'ms' },
    'metric http_server_duration: histogram of duration in ms from "http.server.duration"',
  ],
  [{ name: 'cpu_usage', max: 63.5 }, 'metric cpu_usage: ratio in percent'],
  [{ name: 'cpu_usage', max: 0.6 }, 'metric cpu_usage: ratio'],
  [{ name: 'cpu_usage_millicores', max: 60 }, 'metric cpu_usage_millicores: number'],
  [{ name: 'latency', max: 812 }, 'metric latency: duration in ms'],
  [{ name: 'latency', max: 0.8 }, 'metric latency: duration'],
  [{ name: 'wait_seconds', max: 900 }, 'metric wait_seconds: duration'],
  [{ name: 'heap_mib', max: 900 }, 'metric heap_mib: bytes in MiB'],
  [{ name: 'heap', unit: 'By', form: 'gauge', max: 900 }, 'metric heap: bytes'],
  [{ name: 'rps', max: 900 }, 'metric rps: rate'],
  [{ name: 'ready', form: 'bool' }, 'metric ready: bool'],
  [{ name: '5xx', max: 9 }, 'metric m_5xx: number from "5xx"'],
] as const)('%j', (about, declaration) => {
  expect(guessDeclaration({ ...metric, ...about })).toBe(declaration);
});

test('what is guessed compiles', () => {
  const declarations = [
    { name: 'http.server.duration_ms', max: 12 },
    { name: 'a b', max: 9 },
    { name: 'heap_gib', max: 9 },
    { name: 'jobs_total', trend: 'grows' as const },
  ].map((about) => guessDeclaration({ ...metric, ...about }));
  const program = schemaWith('key host', `metric load: number\n  ${declarations.join('\n  ')}`);
  expect(
    analyse([{ file: 'a.ddl', text: program }]).diagnostics.filter(({ severity }) => severity === 'error'),
  ).toEqual([]);
});
