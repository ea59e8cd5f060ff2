// Types and units: what fits, what does not, and that each mistake is told once.

import { describe, expect, test } from 'vitest';
import { policyWhen, policyWith } from '../../compiler/diagnostics/entry.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';
import { findings, findingsWhen, findingsWith, withExample } from './support.ts';

test.each([
  'error_rate > 5%',
  'error_rate > 0.05',
  'error_rate <= 1',
  '5% < error_rate',
  'latency > 0.5s',
  'latency * 2 > 1s',
  'latency - 100ms > 1s',
  'latency / 100ms > 5',
  'memory > 1.5GiB',
  'memory / 4GiB > 90%',
  'rate(requests over 1m) > 100/s',
  'rate(requests over 1m) > 6000/m',
  'increase(requests over 5m) > 100',
  'rate(requests over 1m) * 1m > 6000',
  'avg(error_rate over 5m) > 5%',
  'avg(error_rate > 5% over 5m) > 50%',
  'count(error_rate > 5% over 5m) >= 3',
  'count(requests over 5m) == 0',
  'sum(queue over 5m) > 100 and min(queue over 5m) > 1 and max(queue over 5m) > 5',
  'abs(queue - 100) > 5',
  'clamp(error_rate, 0%, 50%) > 5%',
  'clamp(error_rate, low: 0, high: 1) > 5%',
  'ready',
  'not (ready for 30s)',
  '(not ready) for 30s',
  'ready == false',
  'region == "eu-west-1" and queue > 5',
  '"eu-west-1" != region or queue > 5',
  'missing(queue)',
  'missing(latency) for 2m',
  '(missing(latency) and missing(queue)) for 2m',
  '(latency > 1s for 30s or queue > 5) for 1m',
  'queue == 0',
  'error_rate == 0%',
  '1 - error_rate < 95%',
  '-queue < -5',
  'queue > 1e6',
])('fits: %s', (condition) => {
  expect(findingsWhen(condition)).toEqual([]);
});

test.each([
  ['error_rate > 500ms', 'unit-mismatch'],
  ['latency > 500', 'unit-mismatch'],
  ['latency > 5%', 'unit-mismatch'],
  ['memory > 5s', 'unit-mismatch'],
  ['queue > 5%', 'unit-mismatch'],
  ['latency + queue > 5s', 'unit-mismatch'],
  ['latency - memory > 5s', 'unit-mismatch'],
  ['rate(requests over 1m) > 100', 'unit-mismatch'],
  ['latency * latency > 1s', 'unit-mismatch'],
  ['error_rate > 5', 'ratio-above-one'],
  ['5 < error_rate', 'ratio-above-one'],
  ['avg(error_rate over 5m) > 50', 'ratio-above-one'],
  ['error_rate > 45 + 45', 'ratio-above-one'],
  ['-error_rate < -90', 'ratio-above-one'],
  ['error_rate > 90% * 100', 'ratio-above-one'],
  ['requests > 5', 'raw-counter'],
  ['requests + 1 > 5', 'raw-counter'],
  ['avg(requests over 5m) > 5', 'raw-counter'],
  ['abs(requests) > 5', 'raw-counter'],
  ['rate(rate(requests over 1m) over 1m) > 5/s', 'nested-window'],
  ['rate(queue over 1m) > 5', 'not-a-counter'],
  ['rate(error_rate > 5% over 1m) > 5/s', 'not-a-counter'],
  ['queue', 'not-a-condition'],
  ['queue and ready', 'not-a-condition'],
  ['region', 'not-a-condition'],
  ['not queue', 'not-a-condition'],
  ['region > "a"', 'tag-comparison'],
  ['region == instance', 'tag-comparison'],
  ['"a" == "b"', 'tag-comparison'],
  ['region == 5', 'tag-comparison'],
  ['queue == "5"', 'tag-comparison'],
  ['region == "mars"', 'unknown-value'],
  ['ready > 1', 'condition-comparison'],
  ['ready == (queue > 5)', 'condition-comparison'],
  ['avg(region over 5m) > 5', 'not-a-number'],
  ['sum(queue > 5 over 5m) > 5', 'not-a-number'],
  ['ready + 1 > 5', 'not-a-number'],
  ['avg(queue > 5 for 10s over 5m) > 50%', 'nested-window'],
  ['avg(latency) > 5s', 'missing-over'],
  ['abs(queue over 5m) > 5', 'unexpected-over'],
  ['avg(latency, queue over 5m) > 5s', 'wrong-argument-count'],
  ['clamp(latency, 5%, 10s) > 5s', 'unfit-argument'],
  ['clamp(queue, high: 5, low: 10) > 5', 'unknown-argument'],
  ['avg(latency over 5) > 5s', 'bad-duration'],
  ['avg(latency over 0s) > 5s', 'bad-duration'],
  ['latency > 5s for 5%', 'bad-duration'],
  ['latency > 5s for 0.5ms', 'bad-duration'],
  ['latency > 5s for 5y', 'bad-duration'],
  ['latency > 5parsecs', 'unknown-unit'],
  ['missing(service_id) for 5m', 'not-a-metric'],
  ['missing(5) for 5m', 'not-a-metric'],
  ['missing(nothing_such) for 5m', 'unknown-name'],
  ['nothing_such > 5 and latency > 5s', 'unknown-name'],
  ['__proto__ > 5', 'unknown-name'],
  ['constructor > 5', 'unknown-name'],
  ['toString(queue) > 5', 'unknown-function'],
])('does not fit: %s is %s', (condition, name) => {
  expect(findingsWhen(condition)).toEqual([...new Set(findingsWhen(condition))]);
  expect(new Set(findingsWhen(condition))).toEqual(new Set([name]));
});

test('a mistake in a `let` is told once, however many policies use it', () => {
  const policies = ['a', 'b', 'c'].map((name) => policyWhen('odd').replace('example', name));
  expect(findings(`let odd = error_rate > 500ms\n${policies.join('\n')}`)).toEqual(['unit-mismatch']);
});

test('mistakes in one policy hide none in the next', () => {
  const text = `${policyWhen('latncy > 5s')}\n${policyWhen('error_rate > 5').replace('example', 'second')}`;
  expect(findings(text)).toEqual(['unknown-name', 'ratio-above-one']);
});

test('what refers to a broken declaration gets no message of its own', () => {
  const broken = 'schema other {\n  key host\n  metric load: : number\n  metric heat: number\n}\n';
  const policy = 'policy p {\n  on other\n  when load > 5 and heat > 5\n  do restart(fleet of host)\n}\n';
  expect(findings(broken + policy)).toEqual(['unexpected-token']);
});

test('a declaration that was lost altogether is not missed', () => {
  const text = `fleet search }\n  service "s"\n}\n${policyWhen('queue > 5').replace('notify("look here")', 'restart(search)')}`;
  expect(findings(text).filter((name) => name === 'unknown-fleet')).toEqual([]);
});

test('the fix of a ratio above one is machine-applicable', () => {
  const [found] = withExample(policyWhen('error_rate > 5')).diagnostics.filter(
    (entry) => entry.name === 'ratio-above-one',
  );
  const [edit] = found?.fix?.edits ?? [];
  const text = policyWhen('error_rate > 5');
  expect(text.slice(0, edit?.span.start) + edit?.text + text.slice(edit?.span.end)).toBe(policyWhen('error_rate > 5%'));
});

test.each([
  ['cooldown', 'property-shape'],
  ['cooldown 5', 'property-shape'],
  ['cooldown 5m 6m', 'property-shape'],
  ['max_age 0s', 'property-shape'],
  ['limit 0 per 1h', 'property-shape'],
  ['limit 2.5 per 1h', 'property-shape'],
  ['limit 2', 'property-shape'],
  ['mode enforced', 'property-shape'],
  ['busy waiting', 'property-shape'],
  ['busy', 'property-shape'],
  ['title 5', 'property-shape'],
  ['priority 5%', 'property-shape'],
  ['colldown 5m', 'unknown-property'],
  ['filters "x"', 'unknown-property'],
])('property: %s is %s', (line, name) => {
  expect(findingsWith(`  when queue > 5\n  do notify("x")\n  ${line}`)).toEqual([name]);
});

test.each([
  ['scale_up(payment, by: 0)', 'unfit-argument'],
  ['scale_up(payment, by: 1.5)', 'unfit-argument'],
  ['scale_up(payment, by: 20%)', 'unfit-argument'],
  ['scale_up(payment, by: queue)', 'not-constant'],
  ['scale_up(payment, by: 2, by: 3)', 'duplicate-item'],
  ['scale_up("payment", by: 2)', 'unfit-target'],
  ['scale_up(payment, payment)', 'unlabelled-argument'],
  ['scale_up(payment, to: 2)', 'unknown-argument'],
  ['scale_up(fleet of queue, by: 2)', 'unknown-tag'],
  ['scale_up(service, by: 2)', 'unknown-fleet'],
  ['notify(payment)', 'unfit-target'],
  ['notify("a", "b")', 'unlabelled-argument'],
  ['notify("a", severity: loud)', 'unfit-argument'],
  ['notify(5)', 'unfit-argument'],
  ['circuit_break(payment, threshold: 150%)', 'unfit-argument'],
  ['circuit_break(payment, open_for: 10)', 'unfit-argument'],
  ['explode(payment)', 'unknown-action'],
  ['scale_up(payment, by: 2) timeout 5', 'property-shape'],
  ['scale_up(payment, by: 2) retries 5', 'unknown-property'],
])('action: %s is %s', (call, name) => {
  expect(findingsWith(`  when queue > 5\n  do ${call}`)).toEqual([name]);
});

test('a schema’s own mistakes', () => {
  const schema = (items: string) =>
    findings(`schema other {\n${items}\n}\npolicy p {\n  on other\n  when load > 5\n  do notify()\n}\n`);
  expect(schema('  key host\n  metric load: number\n  metric load: ratio')).toEqual(['duplicate-item']);
  expect(schema('  key host\n  key zone\n  metric load: number')).toEqual(['duplicate-item']);
  expect(schema('  key host\n  tag load\n  metric load: number')).toContain('duplicate-item');
  expect(schema('  key host\n  metric load: number in percent')).toEqual(['unfit-wire-unit']);
  expect(schema('  key host\n  metric load: number\n  every 0s')).toEqual(['bad-duration']);
  expect(schema('  key host\n  metric load: number\n  every 1s\n  every 2s')).toEqual(['duplicate-item']);
  expect(schema('  key host from "load"\n  metric load: number')).toEqual([]);
  expect(schema('  key host\n  metric Load: number optional\n  metric load: number')).toEqual([]);
});

test('circles', () => {
  expect(findings(`let a = a\n${policyWhen('a > 5')}`)).toEqual(['cyclic-definition']);
  expect(findings(`let a = b\nlet b = c\nlet c = a\n${policyWhen('a > 5')}`)).toEqual(['cyclic-definition']);
  const own = 'policy p {\n  on service\n  let a = b + 1\n  let b = a + 1\n  when a > 5\n  do notify()\n}\n';
  expect(findings(own)).toEqual(['cyclic-definition']);
});

test('long chains of names are bounded, not a crash', () => {
  const chain = Array.from({ length: 20_000 }, (_, step) => `let a${step + 1} = a${step} + 1\n`).join('');
  expect(new Set(findings(`let a0 = queue\n${chain}${policyWhen('a20000 > 5')}`))).toEqual(
    new Set(['expression-too-large']),
  );
  const doubling = Array.from({ length: 60 }, (_, step) => `let a${step + 1} = a${step} + a${step}\n`).join('');
  expect(findings(`let a0 = queue\n${doubling}${policyWhen('a60 > 5')}`)).toEqual(['expression-too-large']);
});

test('a misspelt clause is told as what it was meant to be', () => {
  const told = (lines: string) =>
    withExample(policyWhen('x').replace('  when x', lines)).diagnostics.map((found) => `${found.name} ${found.help}`);
  expect(told('  wen latency > 500ms for 30s')).toEqual(['unexpected-token did you mean `when`?']);
  expect(told('  when latency > 500ms\n  unitl latency < 100ms')).toEqual(['unexpected-token did you mean `until`?']);
  expect(told('  when ready\n  unitl ready')).toEqual(['unknown-property did you mean `until`?']);
  // A sign right behind the word is no reason for silence.
  expect(told('  when ready\n  tag zone: "a" | "b"')).toEqual([expect.stringContaining('unknown-property')]);
});

test('a constant above 1 that a ratio is compared with', () => {
  expect(findings(`const hot = 90\n${policyWhen('error_rate > hot')}`)).toEqual(['ratio-above-one']);
  expect(findings(`let hot = 80 + 10\n${policyWhen('hot < error_rate')}`)).toEqual(['ratio-above-one']);
  expect(findings(`const hot = 90%\n${policyWhen('error_rate > hot')}`)).toEqual([]);
  expect(findings(`const hot = 150%\n${policyWhen('error_rate > hot')}`)).toEqual(['threshold-outside-range']);
  expect(findings(`const hot = 90 / 100\n${policyWhen('error_rate > hot')}`)).toEqual([]);
  const { diagnostics } = withExample(`const hot = 90\n${policyWhen('error_rate > hot')}`);
  expect(diagnostics.map((found) => found.message)).toContain(
    'a ratio lies between 0 and 1, and `hot`, which is `90`, is above that',
  );
});

describe('names on the wire', () => {
  const schema = (lines: string) =>
    findings(`schema other {\n${lines}\n}\npolicy p {\n  on other\n  when a > 1\n  do notify()\n}\n`);

  test.each([
    ['another entry, which has a `from` too', 'key k\nmetric a: number from "b"\nmetric b: number from "c"', 1],
    ['each other', 'key k\nmetric a: number from "b"\nmetric b: number from "a"', 2],
    ['the key', 'key k from "x"\ntag t from "k"\nmetric a: number', 1],
    ['a tag', 'key k from "t"\ntag t from "x"\nmetric a: number', 1],
    ['one without a `from`', 'key k\nmetric a: number\nmetric b: number from "a"', 1],
    ['one that is read twice', 'key k\nmetric a: number from "a"\nmetric b: number from "a"', 1],
  ])('an entry can not be read from the name of %s', (_, lines, count) => {
    expect(schema(lines)).toEqual(Array.from({ length: count }, () => 'duplicate-wire-name'));
  });

  test.each([
    ['itself', 'key k from "k"\nmetric a: number from "a"'],
    ['what belongs to another part of an event', 'key k from "a"\ntag b\nmetric a: number from "b"'],
  ])('but from the name of %s', (_, lines) => {
    expect(schema(lines)).toEqual([]);
  });
});

describe('names by which an executor gets arguments', () => {
  const action = (parameters: string) =>
    findings(`action hold(${parameters}) via webhook "https://ops.example/hold"\n`);

  test.each([
    'open_for: duration, openForMs: number',
    'open_for: text, openFor: number',
    'open_for: duration, open_for_ms: duration',
  ])('%s', (parameters) => {
    expect(action(parameters)).toEqual(['coinciding-parameters']);
  });

  test('others', () => {
    expect(action('open_for: duration, open_for: number')).toEqual(['duplicate-item']);
    expect(action('open_for: fleet, openFor: number, open_for_s: number')).toEqual(['unused-declaration']);
  });
});

describe('a property on the line of another item is told once', () => {
  test.each([
    ['  when queue > 1\n  do notify("x") cooldown 10m', 'cooldown'],
    ['  when queue > 1\n  do restart(payment) timeout 5s limit 2 per 1h cooldown 5m', 'limit'],
    ['  when queue > 1\n  do notify("x")\n  cooldown 10m limit 2 per 1h', 'limit'],
    ['  when queue > 1\n  do notify("x")\n  title "x" owner "y"', 'owner'],
    ['  when queue > 1\n  do restart(payment) owner "y"\n  runbook "z"\n  mode enforce', 'owner'],
  ])('%s', (lines, name) => {
    const found = withExample(policyWith(lines)).diagnostics.filter(({ span }) => span.file === 'input.ddl');
    expect(found.map((diagnostic) => [diagnostic.name, diagnostic.help])).toEqual([
      ['misplaced-property', `begin a new line: \`${name}\` belongs to the policy`],
    ]);
  });

  test('of a fleet', () => {
    const found = withExample('fleet web { service "web" deployment "web" in "x" }\n').diagnostics;
    expect(found.filter(({ severity }) => severity === 'error').map(({ help }) => help)).toEqual([
      'begin a new line: `deployment` belongs to the fleet',
    ]);
  });

  test('behind a condition', () => {
    const found = withExample(policyWith('  when queue > 1 cooldown 5m\n  do notify("x")')).diagnostics;
    expect(found.filter(({ severity }) => severity === 'error').map(({ help }) => help)).toEqual([
      'begin a new line: `cooldown` belongs to the policy',
    ]);
  });

  test('words that only seem so stay what they are', () => {
    expect(findingsWith('  when queue > 1\n  do notify("x") tiemout 5s')).toEqual(['unknown-property']);
    expect(findingsWith('  when queue > 1\n  do notify("x")\n  limit 2 every 1h')).toEqual(['property-shape']);
    expect(findingsWith('  when queue > 1\n  do notify("x")\n  cooldown title')).toEqual(['property-shape']);
  });
});

describe('`not` before a `for`', () => {
  test.each([
    'not ready for 30s',
    'not (queue > 5) for 30s',
    'ready or not queue > 5 for 30s',
    'not not ready for 30s',
  ])('without parentheses: %s', (condition) => {
    expect(findingsWhen(condition)).toEqual(['negated-for']);
  });

  test.each([
    'not (ready for 30s)',
    '(not ready) for 30s',
    'not not ((ready for 30s))',
    'not (ready and queue > 5 for 30s)',
  ])('with parentheses: %s', (condition) => {
    expect(findingsWhen(condition)).toEqual([]);
  });

  test('both ways are shown, and what the formatter writes is silent', () => {
    const text = policyWhen('not queue > 100 for 5s');
    expect(withExample(text).diagnostics.map((found) => found.help)).toContain(
      'write `(not queue > 100) for 5s` if that is not meant, `not (queue > 100 for 5s)` if it is',
    );
    expect(findings(format(parse('a.ddl', text).source))).toEqual([]);
  });
});

test.each([
  ['region not in ["a"]', 'write `not` in front: `not (region in ["a", "b"])`'],
  ['latency over 5m > 1s', 'a window belongs inside a function: `avg(latency over 5m)`'],
  ['latency across instance > 1s', 'members are gone over inside a function: `avg(cpu across instance)`'],
  ['ready then ready within 5m for 3s', 'put what is held in parentheses: `(A then B within 5m) for 3s`'],
  ['latency betwen 1s and 5s', 'did you mean `between`?'],
])('%s: what to write instead', (condition, help) => {
  const found = withExample(policyWhen(condition)).diagnostics.filter(({ severity }) => severity === 'error');
  expect(found.map((diagnostic) => diagnostic.help)).toEqual([help]);
});

describe('histograms of members', () => {
  const schema = (more: string): string =>
    `schema host {\n  key host\n  tag pod at most 9\n  tag zone\n  metric delay: histogram of duration\n  every 1s\n  stale after 5s\n}\n\npolicy a {\n  on host\n  when ${more}\n  do notify("x")\n  cooldown 1m\n}\n`;
  const told = (condition: string): readonly (readonly [string, string | null])[] =>
    withExample(schema(condition))
      .diagnostics.filter(({ span }) => span.file === 'input.ddl')
      .map(({ name, help }) => [name, help]);

  test.each([
    'p99(delay over 5m across pod) > 2s',
    'quantile(delay across pod over 5m, 99.9%) > 2s',
    'count(delay over 5m across pod where zone == "a") > 100 and avg(delay over 5m across pod) > 1s',
    'sum(delay over 5m across pod) > 1h and rate(delay over 5m across pod) > 5/s',
  ])('%s', (condition) => {
    expect(told(condition)).toEqual([]);
  });

  test.each([
    ['max(delay over 5m across pod) > 2s', 'window-of-members'],
    ['p99(delay across pod) > 2s', 'unfit-histogram'],
    ['rate(delay across pod) > 2/s', 'unfit-histogram'],
    ['p99(delay over 5m ago 1d across pod) > 2s', 'unfit-histogram'],
    ['p99(delay over 5m across zone) > 2s', 'no-member-tag'],
    ['p99(delay over 366d across pod) > 2s', 'window-too-wide'],
    ['max(p99(delay over 5m across pod) across pod) > 2s', 'nested-window'],
  ])('%s: %s', (condition, name) => {
    expect(told(condition).map(([found]) => found)).toEqual([name]);
  });

  test.each([
    ['p99(delay over 5m)', 'write `p99(delay over 5m across pod)`'],
    ['quantile(delay over 5m, 90%)', 'write `quantile(delay over 5m across pod, 99.9%)`'],
  ])('%s beside another `across`', (window, help) => {
    expect(told(`${window} > 2s and max(count(delay over 1m) across pod) > 3`)).toEqual([['mixed-counters', help]]);
  });
});

test('… also behind the value of a `let`', () => {
  const [found] = withExample('let odd = region not in ["a"]\n').diagnostics;
  expect(found?.help).toBe('write `not` in front: `not (region in ["a", "b"])`');
});

test('a comment of another language is one mistake that hides nothing', () => {
  const { diagnostics } = withExample(`/* one\n   two */\n${policyWhen('queue > 5 /* enough */')}`);
  const own = diagnostics.filter((found) => found.span.file === 'input.ddl');
  expect(own.map(({ name, help }) => [name, help])).toEqual([
    ['bad-character', 'comments begin with `//` and end with their line'],
    ['bad-character', 'comments begin with `//` and end with their line'],
  ]);
});
