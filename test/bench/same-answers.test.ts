// What makes the generated code fast may not change what it says: on random programs and streams, cut into random
// batches, the three evaluators hand out the same firings, re-arms and skips and end in the same state.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import { analyse } from '../../compiler/analyse.ts';
import { defaultIntakeLimits, Intake } from '../../runtime/evaluate/intake.ts';
import { Partition } from '../../runtime/evaluate/partition.ts';

const metrics = ['a', 'b', 'c'] as const;
const services = ['x', 'y', 'z'] as const;

const comparison = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c', 'max(a over 5s)', 'avg(b over 3s)', 'a + b', 'min(c over 4s)'),
    fc.constantFrom('<', '<=', '>', '>=', '==', '!='),
    fc.integer({ min: 0, max: 6 }),
  )
  .map(([left, operator, right]) => `${left} ${operator} ${right}`);

const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    { weight: 6, arbitrary: comparison },
    { weight: 2, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([l, r]) => `(${l} and ${r})`) },
    { weight: 2, arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([l, r]) => `(${l} or ${r})`) },
    { weight: 1, arbitrary: tie('condition').map((inner) => `(not ${inner})`) },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('condition'), fc.integer({ min: 1, max: 4 })).map(([c, s]) => `(${c} for ${s}s)`),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 4 }).map((s) => `(missing(c) for ${s}s)`) },
  ),
}));

const policy = fc.tuple(
  condition,
  fc.option(condition, { freq: 3 }),
  fc.constantFrom('', ' where service_id == "x"', ' where service_id == "y" and zone == "k"', ' where zone == "k"'),
  fc.integer({ min: 0, max: 5 }),
);

const program = fc.array(policy, { minLength: 2, maxLength: 10 }).map((policies) => {
  const declared = policies.map(
    ([when, until, where, cooldown], index) =>
      `policy p${index} {\n  on s${where}\n  when ${when}\n${until === null ? '' : `  until ${until}\n`}  do notify("p")\n  cooldown ${cooldown}s\n}`,
  );
  const schema =
    'schema s {\n  key service_id\n  tag zone\n  metric a: number\n  metric b: number\n  metric c: number optional\n  every 1s\n  stale after 3s\n}';
  return [schema, ...declared].join('\n');
});

/** Mostly steady values, so that conditions hold for a while. `undefined` is absent, NaN sent without a value. */
const value = fc.oneof(
  { weight: 12, arbitrary: fc.integer({ min: 0, max: 6 }) },
  { weight: 1, arbitrary: fc.constant(Number.NaN) },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const events = fc.array(
  fc.record({
    service: fc.nat(services.length - 1),
    zone: fc.integer({ min: -1, max: 1 }),
    afterMs: fc.constantFrom(0, 100, 500, 1000, 1000, 4000),
    change: fc.constantFrom(true, false, false),
    values: fc.tuple(value, value, value),
  }),
  { minLength: 1, maxLength: 200 },
);
type Events = typeof events extends fc.Arbitrary<infer T> ? T : never;

function outcome(ir: ProgramIr, kind: EvaluatorKind, stream: Events, cuts: readonly number[]): string {
  const { meta, code, createKernel } = createEvaluator(ir, kind);
  const intake = new Intake(meta, defaultIntakeLimits, (letter) => {
    throw new Error(letter.message);
  });
  const told: string[] = [];
  const skipped: string[] = [];
  const partition = new Partition(meta, code, intake, createKernel, {
    fire: ({ policy: index, key, time, cause, pendingAt }) =>
      told.push(`fire ${index} ${key} ${time} ${cause} ${pendingAt}`),
    rearm: ({ policy: index, key, time }) => told.push(`rearm ${index} ${key} ${time}`),
    skip: (index, key, batch, row) => skipped.push(`skip ${index} ${key} ${batch.time[row]}`),
    late: () => told.push('late'),
    crowded: () => told.push('crowded'),
  });
  const [schema] = intake.schemas;
  // The same ids whatever the program compares with.
  const keys = [...services, ...meta.schemas[0].key.literals].map((name) => schema.keys.intern(name));
  const last = services.map(() => [3, 3, 3] as readonly (number | undefined)[]);
  let time = 1_700_000_000_000;
  let cut = 0;
  let left = cuts[0];
  for (const [seq, event] of stream.entries()) {
    time += event.afterMs;
    if (event.change) last[event.service] = event.values;
    const row = schema.rows.append(time, keys[event.service], seq);
    for (const [metric] of metrics.entries()) {
      const given = last[event.service][metric];
      schema.rows.values[row * metrics.length + metric] = given ?? Number.NaN;
      if (given === undefined && metric < 2) schema.rows.lacks[row] = 1;
    }
    if (event.zone >= 0) schema.rows.tags[row] = schema.tags[0].intern(event.zone === 0 ? 'k' : 'other');
    if (--left > 0) continue;
    partition.drain();
    cut = (cut + 1) % cuts.length;
    left = cuts[cut];
  }
  partition.close();
  return JSON.stringify({ told, skipped: skipped.sort(), state: states(partition, meta, keys) });
}

/** As the contract means it: what a timer that does not run holds says nothing. */
function states(
  partition: Partition,
  meta: ReturnType<typeof createEvaluator>['meta'],
  keys: readonly number[],
): string[] {
  return meta.policies.flatMap((entry, index) =>
    [...new Set(keys)].map((key) => {
      // Only an evaluator that chooses by key leaves out keys that a policy never hears of.
      const state = partition.judge(0).stateOf(index, key);
      const running = entry.state.flatMap((slot, place) => {
        if (state === null) return [];
        if (slot.kind !== 'since') return [`${slot.kind} ${state[place]}`];
        const seen = entry.state.findIndex((other) => other.kind === 'seen' && other.timer === slot.timer);
        return [state[seen] === Number.NEGATIVE_INFINITY ? 'since –' : `since ${state[place]}`];
      });
      const untouched = running.every((text) =>
        /^(active 0|since –|(last-fired|seen|last-row) -Infinity|last-present NaN)$/.test(text),
      );
      return untouched ? `${index} ${key} untouched` : `${index} ${key} ${running.join(', ')}`;
    }),
  );
}

test('the three evaluators agree on firings, skips and state, however batches are cut', () => {
  let compiled = 0;
  fc.assert(
    fc.property(
      program,
      events,
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
      (text, stream, cuts) => {
        const { ir } = analyse([{ file: 'p.ddl', text }]);
        if (ir === null) return;
        compiled++;
        const expected = outcome(ir, 'interpreter', stream, [1]);
        for (const kind of ['plain', 'generated'] as const) expect(outcome(ir, kind, stream, cuts)).toBe(expected);
      },
    ),
    { numRuns: Number(process.env.DDL_RUNS ?? 400) },
  );
  // Programs that do not compile prove nothing.
  expect(compiled).toBeGreaterThan(50);
}, 120_000);
