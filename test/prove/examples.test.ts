// What is claimed with an example behaves as claimed when the example is replayed, gates and reordering included; and what
// is claimed of all events holds on random ones.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { replayTest } from '../../cli/test-runner.ts';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import { type Analysis, analyse } from '../../compiler/analyse.ts';
import { proofEntries } from '../../compiler/diagnostics/catalogue-proof.ts';
import type { Diagnostic, Example, ExampleSeries } from '../../compiler/diagnostics/diagnostic.ts';
import { exampleProgram } from '../../compiler/diagnostics/entry.ts';
import { examplePlan } from '../support/example-plan.ts';

/** Policies that fired, with the moments. */
function firings(ir: ProgramIr, series: readonly ExampleSeries[]) {
  const { decisions, rearms } = replayTest(examplePlan({ series }), createEvaluator(ir, 'generated'));
  return { fired: new Set(decisions.map(({ policy }) => policy)), decisions, rearms };
}

function holds({ fires, silent, series }: Example, ir: ProgramIr): void {
  const { fired } = firings(ir, series);
  for (const policy of fires) expect([...fired]).toContain(policy);
  for (const policy of silent) expect([...fired]).not.toContain(policy);
}

function irOf({ ir, diagnostics }: Analysis): ProgramIr {
  if (ir === null) throw new Error(diagnostics.map((found) => found.message).join('\n'));
  return ir;
}

describe('the example of the catalogue', () => {
  const names = (Object.keys(proofEntries) as (keyof typeof proofEntries)[]).filter((name) => name !== 'exposed-fleet');
  test.each(names)('%s', (name) => {
    const analysis = analyse([
      { file: 'example.ddl', text: exampleProgram },
      { file: 'input.ddl', text: proofEntries[name].bad },
    ]);
    const found = analysis.diagnostics.filter((diagnostic) => diagnostic.name === name);
    expect(found).not.toEqual([]);
    for (const { example } of found) {
      expect(example).not.toBeNull();
      if (example !== null) holds(example, irOf(analysis));
    }
  });
});

const schema = `schema s {
  key k
  tag zone: "a" | "b"
  tag instance at most 5
  metric x: number
  metric y: number
  metric z: number optional
  metric c: counter optional
  every 1s
  stale after 10s
}
fleet f {
  deployment "f"
  size 2..10
}
`;

const threshold = fc.constantFrom(0, 1, 5, 10, 20);
const comparator = fc.constantFrom('>', '>=', '<', '<=', '==', '!=');
const value = fc.constantFrom(
  'x',
  'y',
  'z',
  'x + y',
  '2 * x',
  'x - y',
  'x / y',
  'avg(x over 5s)',
  'max(x over 5s)',
  'min(x over 5s)',
  'count(x over 5s)',
  'rate(c over 5s)',
  'avg(x over 5s ago 3s)',
  'x ago 2s',
  'delta(x over 5s)',
  'stddev(x over 5s)',
  'p90(x over 5s)',
  'changes(x over 5s)',
  'count(x > 5 over 5s)',
  'avg(x > 5 over 5s)',
  'limit',
  'avg(x across instance)',
  'count(x > 5 across instance)',
  'share(x > 5 across instance)',
);
const comparison = fc
  .tuple(value, comparator, fc.oneof(threshold.map(String), fc.constantFrom('x', 'y')))
  .map((parts) => parts.join(' '));
const atom = fc.oneof(
  { weight: 6, arbitrary: comparison },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'zone == "a"',
      'zone != "a"',
      'zone == "b"',
      'zone in ["a", "b"]',
      'missing(zone)',
      'missing(z)',
      'missing(z) for 3s',
      'k == "a"',
      'k like "a*"',
      'x between 1 and 10',
      'x in [1, 5]',
      'limit > 4',
    ),
  },
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    { weight: 4, arbitrary: atom },
    {
      weight: 3,
      arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => `(${left}) and (${right})`),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => `(${left}) or (${right})`),
    },
    { weight: 1, arbitrary: tie('condition').map((inner) => `not (${inner})`) },
    {
      weight: 2,
      arbitrary: fc.tuple(tie('condition'), fc.constantFrom(2, 4)).map(([inner, s]) => `(${inner}) for ${s}s`),
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(atom, fc.constantFrom('within 3s', 'for 2 of 3', 'for 80% of 4s'))
        .map(([inner, words]) => `(${inner}) ${words}`),
    },
    { weight: 1, arbitrary: fc.tuple(atom, atom).map(([first, second]) => `((${first}) then (${second}) within 4s)`) },
  ),
}));

const doing = fc.constantFrom('scale_up(f, by: 1)', 'scale_down(f, by: 1)', 'scale_up(f, by: 2)', 'notify("look")');

interface RandomPolicy {
  readonly when: string;
  readonly until: string | null;
  readonly action: string;
  readonly priority: number;
}

const policy: fc.Arbitrary<RandomPolicy> = fc.record({
  when: condition,
  until: fc.option(condition, { freq: 3 }),
  action: doing,
  priority: fc.constantFrom(0, 0, 1),
});

function programOf(policies: readonly RandomPolicy[]): string {
  const texts = policies.map(({ when, until, action, priority }, index) => {
    const clause = until === null ? '' : `  until ${until}\n`;
    return `policy p${index}(limit: number = 5) {\n  on s\n  when ${when}\n${clause}  do ${action}\n  priority ${priority}\n  cooldown 0s\n  limit 1000000 per 1d\n}\n`;
  });
  return `${schema}${texts.join('')}tune p0 where k == "a" {\n  limit: 3\n}\n`;
}

const level = fc.constantFrom(0, 1, 2, 5, 7, 10, 15, 20, 30, Number.NaN);

/** A stream of one key with values at and around the thresholds. */
const stream: fc.Arbitrary<ExampleSeries> = fc
  .tuple(
    fc.constantFrom('a', 'b'),
    fc.constantFrom('a', 'b', null),
    fc.constantFrom('one', null),
    fc.array(fc.record({ x: level, y: level, z: level, c: fc.nat(20), repeat: fc.integer({ min: 1, max: 6 }) }), {
      minLength: 1,
      maxLength: 8,
    }),
  )
  .map(([key, zone, instance, stretches]) => {
    let atMs = 0;
    const rows = stretches.map(({ x, y, z, c, repeat }) => {
      const fromMs = atMs;
      const toMs = fromMs + (repeat - 1) * 1000;
      atMs = toMs + 1000;
      const levels = [x, y, z].map((from, slot) => ({ slot, from, to: from }));
      const known = levels.filter(({ from }) => !Number.isNaN(from));
      const nothing = levels.filter(({ from }) => Number.isNaN(from)).map(({ slot }) => slot);
      return { fromMs, toMs, everyMs: 1000, values: [...known, { slot: 3, from: c, to: c }], nothing };
    });
    return { schema: 0, key, tags: [zone, instance], rows };
  });

/** Told of the policy whose name stands in the message in place of `p0`. */
function told(diagnostics: readonly Diagnostic[], name: string, text: RegExp): readonly string[] {
  return diagnostics.flatMap((found) => {
    const match = found.name === name ? text.exec(found.message) : null;
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

const runs = { numRuns: 400, interruptAfterTimeLimit: 6000, markInterruptAsFailure: false };

test('findings of random programs: examples behave as claimed', () => {
  let seen = 0;
  fc.assert(
    fc.property(fc.array(policy, { minLength: 1, maxLength: 3 }), (policies) => {
      const analysis = analyse([{ file: 'a.ddl', text: programOf(policies) }]);
      for (const { example } of analysis.diagnostics) {
        if (example === null) continue;
        seen++;
        holds(example, irOf(analysis));
      }
    }),
    runs,
  );
  expect(seen).toBeGreaterThan(5);
});

test('what never holds never fires, on random events', () => {
  let seen = 0;
  fc.assert(
    fc.property(policy, fc.array(stream, { minLength: 1, maxLength: 5 }), (random, streams) => {
      const analysis = analyse([{ file: 'a.ddl', text: programOf([random]) }]);
      const never = told(analysis.diagnostics, 'unsatisfiable-condition', /`(\w+)` never fires/);
      if (never.length === 0) return;
      seen++;
      for (const events of streams) expect([...firings(irOf(analysis), [events]).fired]).toEqual([]);
    }),
    { ...runs, numRuns: 1500 },
  );
  expect(seen).toBeGreaterThan(5);
});

test('what another policy does anyway is done by it at every moment, on random events', () => {
  let seen = 0;
  const pair = fc.tuple(condition, condition, fc.boolean()).map(([first, second, nested]) => [
    { when: first, until: null, action: 'notify("look")', priority: 0 },
    { when: nested ? `(${first}) and (${second})` : second, until: null, action: 'notify("look")', priority: 0 },
  ]);
  fc.assert(
    fc.property(pair, fc.array(stream, { minLength: 1, maxLength: 5 }), (policies, streams) => {
      const analysis = analyse([{ file: 'a.ddl', text: programOf(policies) }]);
      for (const found of analysis.diagnostics) {
        if (found.name !== 'subsumed-policy' && found.name !== 'duplicate-policy') continue;
        seen++;
        const [other, own] = found.message.match(/\bp\d\b/g)?.toReversed() ?? [];
        const [narrow, wide] = found.name === 'subsumed-policy' ? [other, own] : [own, other];
        for (const events of streams) {
          const { decisions } = firings(irOf(analysis), [events]);
          // With a cooldown of nothing a policy decides at every event at which it holds.
          const moments = new Set(decisions.filter((made) => made.policy === wide).map(({ at }) => at));
          for (const { policy: name, at } of decisions) if (name === narrow) expect([...moments]).toContain(at);
        }
      }
    }),
    { ...runs, numRuns: 800 },
  );
  expect(seen).toBeGreaterThan(5);
});

test('a clause that says nothing can be left out, on random events', () => {
  let seen = 0;
  fc.assert(
    fc.property(fc.tuple(condition, condition), fc.array(stream, { minLength: 1, maxLength: 4 }), (parts, streams) => {
      const whole = `(${parts[0]}) and (${parts[1]})`;
      const base = { until: null, action: 'notify("look")', priority: 0 };
      const text = programOf([{ ...base, when: whole }]);
      const analysis = analyse([{ file: 'a.ddl', text }]);
      const idle = analysis.diagnostics.find((found) => found.name === 'redundant-clause');
      if (idle === undefined) return;
      const { start, end } = idle.span;
      // In its place what changes nothing in an `and` or an `or`.
      const neutral = idle.message.includes('so does') ? 'false' : 'true';
      const without = `${text.slice(0, start)}${neutral}${text.slice(end)}`;
      const other = analyse([{ file: 'a.ddl', text: without }]);
      if (other.ir === null) return;
      seen++;
      for (const events of streams) {
        const moments = (ir: ProgramIr) => firings(ir, [events]).decisions.map(({ at }) => at);
        expect(moments(irOf(other))).toEqual(moments(irOf(analysis)));
      }
    }),
    { ...runs, numRuns: 800 },
  );
  expect(seen).toBeGreaterThan(5);
});
