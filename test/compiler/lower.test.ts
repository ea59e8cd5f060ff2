// Lowering: canonical units, slots, holds, windows, timers, clauses, safe defaults, and the hash of the meaning.

import { expect, test } from 'vitest';
import { policyWhen, policyWith } from '../../compiler/diagnostics/entry.ts';
import { policyOf, policyOfLines, policyOfWhen, programOf } from './support.ts';

test('units are canonical', () => {
  const value = (condition: string) => {
    const { when } = policyOfWhen(condition);
    return when.op === 'compare' && when.right.op === 'number' ? when.right : null;
  };
  expect(value('latency > 500ms')).toEqual({ op: 'number', value: 0.5, text: '500ms' });
  expect(value('error_rate > 5%')).toEqual({ op: 'number', value: 0.05, text: '5%' });
  expect(value('memory > 1.5GiB')?.value).toBe(1.5 * 1024 ** 3);
  expect(value('rate(requests over 1m) > 600/m')?.value).toBe(10);
  expect(value('rate(requests over 1m) > 1_000/s')?.value).toBe(1000);
  expect(value('queue > -5')).toEqual({ op: 'number', value: -5, text: '-5' });
});

test('the schema tells decoders units and names', () => {
  const [schema] = programOf(policyWhen('queue > 5')).schemas;
  expect(
    schema?.metrics.map(({ name, from, multiply, divide, counter, optional, type }) => [
      name,
      from,
      multiply,
      divide,
      counter,
      optional,
      type,
    ]),
  ).toEqual([
    ['error_rate', 'error_rate', 1, 1, false, false, 'ratio'],
    ['latency', 'latency', 1, 1000, false, false, 'duration'],
    ['requests', 'http.requests', 1, 1, true, false, 'counter'],
    ['queue', 'queue', 1, 1, false, true, 'number'],
    ['memory', 'memory', 1024 ** 2, 1, false, false, 'bytes'],
    ['ready', 'ready', 1, 1, false, false, 'bool'],
  ]);
  expect([schema?.everyMs, schema?.staleMs, schema?.latenessMs]).toEqual([1000, 10_000, 0]);
  expect(schema?.key.from).toBe('service.name');
});

test('stale after is five cadences, or five minutes', () => {
  const stale = (timing: string) =>
    programOf(`schema other {\n  key host\n  metric load: number\n  ${timing}\n}\n${policyWhen('queue > 5')}`)
      .schemas[1]?.staleMs;
  expect(stale('every 30s')).toBe(150_000);
  expect(stale('lateness 5s')).toBe(300_000);
  expect(stale('every 30s stale after 1m')).toBe(60_000);
});

test('a held metric is read through `hold`, also by windows; `missing` reads the slot', () => {
  const { derived, when, meta } = policyOfWhen('avg(queue over 5m) > 5 and missing(queue) and queue > 1');
  expect(derived.map((entry) => [entry.meta.kernel, entry.meta.widthMs, entry.input])).toEqual([
    ['hold', 30_000, { op: 'metric', slot: 3 }],
    ['sum', 300_000, { op: 'derived', index: 0, output: 'value' }],
  ]);
  expect(when).toMatchObject({
    op: 'and',
    operands: [
      { left: { op: 'derived', index: 1, output: 'avg' } },
      { op: 'missing', slot: 3 },
      { left: { op: 'derived', index: 0, output: 'value' } },
    ],
  });
  expect(meta.requires).toEqual([]);
});

test('windows of one kernel, width and input are one', () => {
  const { derived } = policyOfWhen(
    'avg(latency over 5m) > 1s and sum(latency over 5m) > 9s and count(latency over 5m) > 5 and max(latency over 5m) > 1s and avg(latency over 1m) > 1s',
  );
  expect(
    derived.map((entry) => `${entry.meta.kernel} ${entry.meta.widthMs} ${entry.meta.capacity} ${entry.meta.label}`),
  ).toEqual([
    'sum 300000 65536 avg(latency over 5m)',
    'max 300000 65536 max(latency over 5m)',
    'sum 60000 31000 avg(latency over 1m)',
  ]);
});

test('windows of conditions count truths', () => {
  const { when, derived } = policyOfWhen('count(error_rate > 5% over 10s) >= 3 and avg(ready over 10s) < 50%');
  expect(when).toMatchObject({
    operands: [{ left: { index: 0, output: 'sum' } }, { left: { index: 1, output: 'avg' } }],
  });
  expect(derived.map((entry) => entry.input.op)).toEqual(['compare', 'compare']);
  expect(derived.map((entry) => entry.meta.capacity)).toEqual([8000, 8000]);
});

test('counters', () => {
  const { when, derived, meta } = policyOfWhen('rate(requests over 1m) > 5/s and increase(requests over 1m) > 5');
  expect(derived).toHaveLength(1);
  expect(when).toMatchObject({ operands: [{ left: { output: 'rate' } }, { left: { output: 'increase' } }] });
  expect(meta.requires).toEqual([2]);
});

test('timers are numbered inner before outer, `when` before `until`', () => {
  const { when, until, meta } = policyOfLines(
    '  when (queue > 5 for 10s and missing(latency) for 1m) for 30s\n  until queue < 1 for 2m\n  do notify()',
  );
  expect(when).toMatchObject({
    op: 'for',
    timer: 2,
    durationMs: 30_000,
    condition: {
      operands: [
        { op: 'for', timer: 0 },
        { op: 'missing-for', timer: 1, slot: 1, durationMs: 60_000 },
      ],
    },
  });
  expect(until).toMatchObject({ op: 'for', timer: 3, durationMs: 120_000 });
  expect(meta.ticks).toBe(true);
  expect(
    meta.state.filter((slot) => 'timer' in slot).map((slot) => ('timer' in slot ? `${slot.kind} ${slot.timer}` : '')),
  ).toEqual(['since 0', 'seen 0', 'last-present 1', 'since 2', 'seen 2', 'since 3', 'seen 3']);
});

test('`missing(a) and missing(b)` for a time is each for that time', () => {
  const { when } = policyOf(`let gone = missing(latency) and missing(queue)\n${policyWhen('gone for 2m')}`);
  expect(when).toMatchObject({
    op: 'and',
    operands: [
      { op: 'missing-for', slot: 1, timer: 0 },
      { op: 'missing-for', slot: 3, timer: 1 },
    ],
  });
});

test('`let` is put in its place and constants are folded', () => {
  const policy = policyOf(
    `const base = 250ms\nconst peak = base * 2\nconst home = "eu-west-1"\nlet slow = latency > peak\n${policyWhen('slow for 30s and region == home')}`,
  );
  expect(policy.when).toMatchObject({
    op: 'and',
    operands: [
      {
        op: 'for',
        condition: { op: 'compare', left: { op: 'metric', slot: 1 }, right: { op: 'number', value: 0.5, text: null } },
      },
      { op: 'tag-is', tag: 0, value: 0 },
    ],
  });
});

test('tags become ids of the schema’s literals; booleans compare with zero', () => {
  const program = programOf(`${policyWhen('region == "us-east-1" and region != "eu-west-1" and ready == false')}`);
  expect(program.schemas[0]?.tags[0]?.literals).toEqual(['us-east-1', 'eu-west-1']);
  expect(program.policies[0]?.when).toMatchObject({
    operands: [
      { op: 'tag-is', tag: 0, value: 0 },
      { op: 'not', operand: { op: 'tag-is', tag: 0, value: 1 } },
      { op: 'not', operand: { op: 'compare', comparator: '!=', left: { op: 'metric', slot: 5 }, right: { value: 0 } } },
    ],
  });
});

test('clauses are the leaves, as written, with their own `for`', () => {
  const { meta, clauses, whenText } = policyOf(
    `let busy = queue > 5\n${policyWith('  when latency   > 500ms // slow\n      for 30s\n   and not (busy or 5% < error_rate) and region == "eu-west-1"\n   and missing(memory) for 2m and ready and latency > 500ms for 30s\n  do notify()')}`,
  );
  expect(meta.clauses.map((clause) => [clause.text, clause.line, clause.type])).toEqual([
    ['latency > 500ms for 30s', 4, 'duration'],
    ['queue > 5', 1, 'number'],
    ['5% < error_rate', 6, 'ratio'],
    ['missing(memory) for 2m', 7, 'bool'],
    ['ready', 7, 'bool'],
  ]);
  expect(clauses.map((clause) => clause.measured?.op ?? null)).toEqual(['metric', 'derived', 'metric', null, 'metric']);
  expect(whenText).toBe(
    'latency > 500ms for 30s and not (busy or 5% < error_rate) and region == "eu-west-1" and missing(memory) for 2m and ready and latency > 500ms for 30s',
  );
});

test('safe by default', () => {
  const infrastructure = policyOfLines('  when queue > 5\n  do restart(payment)').meta;
  expect(infrastructure).toMatchObject({
    mode: 'shadow',
    cooldownMs: 300_000,
    limit: { count: 3, perMs: 3_600_000 },
    settleMs: 60_000,
    maxAgeMs: 300_000,
    priority: 0,
    title: 'example',
  });
  const people = policyOfLines('  when queue > 5\n  do notify("x")').meta;
  expect(people).toMatchObject({ mode: 'enforce', cooldownMs: 300_000, limit: null, settleMs: 0 });
  expect(policyOfLines('  when queue > 5\n  do notify("x")\n  do restart(payment)').meta.mode).toBe('shadow');
});

test('actions', () => {
  const text = `action drain(target: fleet, wait: duration, __proto__: number) via webhook "https://x.example"\nconst pause = 30s\n${policyWith('  when queue > 5\n  do circuit_break(payment, threshold: 50%, open_for: 10s) timeout 2s\n  do drain(fleet of service_id, wait: pause, __proto__: 5) retry 0\n  do notify("x", severity: critical)')}`;
  const { actions } = policyOf(text).meta;
  expect(actions[0]).toEqual({
    name: 'circuit_break',
    target: { kind: 'fleet', fleet: 'payment' },
    args: { threshold: 0.5, openForMs: 10_000 },
    timeoutMs: 2000,
    retry: 2,
  });
  expect(actions[1]).toMatchObject({
    name: 'drain',
    target: { kind: 'lookup', tag: 'service_id' },
    timeoutMs: 10_000,
    retry: 0,
  });
  expect(Object.entries(actions[1]?.args ?? {})).toEqual([
    ['waitMs', 30_000],
    ['__proto__', 5],
  ]);
  expect(actions[2]).toMatchObject({ name: 'notify', target: null, args: { message: 'x', severity: 'critical' } });
});

test('fleets', () => {
  const [payment] = programOf(policyWhen('queue > 5')).fleets;
  expect(payment).toEqual({
    name: 'payment',
    service: 'payment-service',
    size: { min: 2, max: 40 },
    change: { share: 0.2, perMs: 300_000 },
    resources: [{ kind: 'asg', args: ['payment-asg', 'eu-west-1'] }],
  });
});

test('who finds the fleet busy is dropped, or waits where the policy says so', () => {
  const busy = (line: string) => policyOfLines(`  when queue > 5\n  do restart(payment)\n  ${line}`).meta;
  expect(busy('busy wait')).toMatchObject({ busy: 'wait' });
  expect(busy('busy drop')).toEqual({ ...busy(''), source: expect.any(String) });
  expect(busy('busy wait').hash).not.toBe(busy('').hash);
  expect(busy('')).not.toHaveProperty('busy');
});

const meaning = (text: string) => policyOf(text).meta.hash;
const base = policyWith('  title "a"\n  when latency > 500ms for 30s\n  do notify("x")\n  cooldown 5m');

test.each([
  [
    'another title and owner',
    policyWith('  title "b"\n  owner "me"\n  when latency > 500ms for 30s\n  do notify("x")\n  cooldown 5m'),
  ],
  ['another layout', `// note\n\n${policyWith('  when latency\n    > 0.5s   for 30000ms\n  do notify("x")')}`],
  [
    'a name for a part',
    `const half = 500ms\nlet slow = latency > half\n${policyWith('  when slow for 30s\n  do notify("x")')}`,
  ],
  [
    'the default written out',
    policyWith('  when latency > 500ms for 30s\n  do notify("x")\n  mode enforce\n  max_age 5m'),
  ],
  [
    'another policy beside it',
    `${base}\n${policyWhen('region == "us-east-1" and queue > 5').replace('example', 'second')}`,
  ],
])('the hash stays: %s', (_, text) => {
  expect(meaning(text)).toBe(meaning(base));
});

test.each([
  ['threshold', base.replace('500ms', '501ms')],
  ['operator', base.replace('>', '>=')],
  ['duration', base.replace('30s', '31s')],
  ['metric', base.replace('latency > 500ms', 'queue > 0.5')],
  ['cooldown', base.replace('5m', '6m')],
  ['argument', base.replace('"x"', '"y"')],
  ['mode', `${base.slice(0, -3)}\n  mode shadow\n}\n`],
  ['name', base.replace('example', 'other')],
  ['where', base.replace('on service', 'on service where region == "eu-west-1"')],
  ['until', base.replace('  do', '  until latency < 1s\n  do')],
])('the hash changes: %s', (_, text) => {
  expect(meaning(text)).not.toBe(meaning(base));
});

test('the hash does not depend on the order of metrics and of literals', () => {
  const schema = (items: string) =>
    `schema other {\n  key host\n${items}\n}\npolicy p {\n  on other where host == "b"\n  when load > 5 and heat > 1\n  do notify()\n}\n`;
  const hash = (text: string) => programOf(text).policies.find((policy) => policy.meta.name === 'p')?.meta.hash;
  const first = hash(schema('  metric load: number\n  metric heat: number'));
  expect(hash(schema('  metric heat: number\n  metric more: number\n  metric load: number'))).toBe(first);
  expect(
    hash(
      `policy o {\n  on other where host == "a"\n  when load > 5\n  do notify()\n}\n${schema('  metric load: number\n  metric heat: number')}`,
    ),
  ).toBe(first);
  expect(hash(schema('  metric load: number from "l"\n  metric heat: number'))).not.toBe(first);
});
