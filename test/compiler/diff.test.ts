// What changed in meaning, and in which direction: a case for every kind of change, and the laws of the whole.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../compiler/analyse.ts';
import { diffPrograms } from '../../compiler/diff/diff-programs.ts';
import type { ProgramDiff } from '../../compiler/diff/program-diff.ts';

const schema = `schema service {
  key service_id from "service.name"
  tag region
  metric latency: duration in ms
  metric error_rate: ratio
  metric requests: counter
  every 1s   stale after 10s
}

fleet payment {
  service "payment"
  asg "payment-asg" in "eu-west-1"
  size 2..40
  change at most 20% per 5m
}
`;

interface Parts {
  readonly name?: string;
  readonly where?: string;
  readonly when?: string;
  readonly until?: string;
  readonly actions?: string;
  readonly rest?: string;
  readonly schema?: string;
}

const action = 'do scale_up(payment, by: 2)';

function program(parts: Parts): string {
  const { name = 'p', where, when = 'latency > 500ms for 30s', until, actions = action, rest = '' } = parts;
  const on = `on service${where === undefined ? '' : ` where ${where}`}`;
  const hysteresis = until === undefined ? '' : `\n  until ${until}`;
  return `${parts.schema ?? schema}\npolicy ${name} {\n  ${on}\n  when ${when}${hysteresis}\n  ${actions}\n  ${rest}\n}\n`;
}

function irOf(text: string) {
  const { ir, diagnostics } = analyse([{ file: 'a.ddl', text }]);
  if (ir === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return ir;
}

function diffOf(base: Parts, head: Parts): ProgramDiff {
  return diffPrograms(irOf(program(base)), irOf(program(head)));
}

function classesOf(base: Parts, head: Parts): string {
  return diffOf(base, head).classes.join(' ');
}

/** The first of the two is the base; the other way round `wider` and `narrower` change places. */
const directed: readonly (readonly [what: string, base: Parts, head: Parts, classes: string])[] = [
  ['a lower threshold above', { when: 'latency > 500ms' }, { when: 'latency > 300ms' }, 'wider'],
  ['a higher threshold below', { when: 'latency < 300ms' }, { when: 'latency < 500ms' }, 'wider'],
  ['the number on the left', { when: '500ms < latency' }, { when: '300ms < latency' }, 'wider'],
  ['the bound itself', { when: 'latency > 500ms' }, { when: 'latency >= 500ms' }, 'wider'],
  [
    'a shorter `for`',
    { when: 'latency > 500ms for 30s' },
    { when: 'latency > 500ms for 10s' },
    'wider state-resetting',
  ],
  ['no `for`', { when: 'latency > 500ms for 30s' }, { when: 'latency > 500ms' }, 'wider state-resetting'],
  ['one condition less', { when: 'latency > 500ms and error_rate > 5%' }, { when: 'latency > 500ms' }, 'wider'],
  ['one alternative more', { when: 'latency > 500ms' }, { when: 'latency < 2ms or latency > 500ms' }, 'wider'],
  ['under `not`', { when: 'not latency > 300ms' }, { when: 'not latency > 500ms' }, 'wider'],
  [
    'of a window',
    { when: 'rate(requests over 1m) > 9/s' },
    { when: 'rate(requests over 1m) > 5/s' },
    'wider state-resetting',
  ],
  ['a `where` less', { where: 'region == "a"', when: 'latency > 500ms' }, { when: 'latency > 500ms' }, 'wider'],
  [
    'one `where` value more',
    { where: 'region == "a"', when: 'latency > 5ms' },
    { where: 'region == "a" or region == "b"', when: 'latency > 5ms' },
    'wider',
  ],
  ['no hysteresis', { when: 'latency > 5ms', until: 'latency < 2ms' }, { when: 'latency > 5ms' }, 'wider'],
  [
    'a laxer `until`',
    { when: 'latency > 5ms', until: 'latency < 2ms' },
    { when: 'latency > 5ms', until: 'latency < 3ms' },
    'wider',
  ],
  ['a shorter cooldown', { rest: 'cooldown 10m' }, { rest: 'cooldown 5m' }, 'wider'],
  ['a larger limit', { rest: 'limit 2 per 1h' }, { rest: 'limit 3 per 1h' }, 'wider'],
  ['a limit for a shorter time', { rest: 'limit 2 per 1h' }, { rest: 'limit 2 per 30m' }, 'wider'],
  ['a longer max_age', { rest: 'max_age 1m' }, { rest: 'max_age 5m' }, 'wider'],
  ['waiting for a busy fleet', { rest: 'busy drop' }, { rest: 'busy wait' }, 'wider'],
  ['a higher priority', { rest: 'priority 1' }, { rest: 'priority 2' }, 'wider'],
  ['no hours', { when: 'latency > 5ms', rest: 'active mon..fri' }, { when: 'latency > 5ms' }, 'wider'],
  ['within longer', { when: 'latency > 5ms within 1m' }, { when: 'latency > 5ms within 2m' }, 'wider state-resetting'],
  ['out of shadow', { rest: 'mode shadow' }, { rest: 'mode enforce' }, 'wider'],
  ['more members', { actions: action }, { actions: 'do scale_up(payment, by: 3)' }, 'wider'],
  ['one action more', { actions: action }, { actions: `${action}\n  do restart(payment)` }, 'wider'],
  ['a larger budget', {}, { schema: schema.replace('20% per 5m', '20% per 2m because "x"') }, 'wider'],
  ['a larger fleet', {}, { schema: schema.replace('2..40', '2..50') }, 'wider'],
];

const reversed: Readonly<Record<string, string>> = { wider: 'narrower', narrower: 'wider' };

function turned(classes: string): string {
  return classes
    .split(' ')
    .map((word) => reversed[word] ?? word)
    .join(' ');
}

describe('wider, and the other way round narrower', () => {
  test.each(directed)('%s', (_, base, head, classes) => {
    expect(classesOf(base, head)).toBe(classes);
    // Without a timer before there is none whose state could be lost.
    expect(classesOf(head, base).replace(' state-resetting', '')).toBe(turned(classes).replace(' state-resetting', ''));
  });
});

const others: readonly (readonly [what: string, base: Parts, head: Parts, classes: string])[] = [
  ['words', { rest: 'owner "a"' }, { rest: 'owner "b"\n  title "x"' }, 'safe'],
  ['patience', { actions: `${action} retry 1` }, { actions: `${action} retry 3` }, 'safe'],
  ['another shape', { when: 'not latency <= 5ms' }, { when: 'latency > 5ms' }, 'safe'],
  [
    'another shape with a timer',
    { when: 'not latency <= 5ms for 1m' },
    { when: 'not (not latency > 5ms) for 1m' },
    'narrower wider state-resetting',
  ],
  ['what people are told', { actions: 'do notify("a")' }, { actions: 'do notify("b")' }, 'safe'],
  ['the other side', { when: 'latency > 500ms' }, { when: 'latency < 500ms' }, 'opposite'],
  ['the other way', {}, { actions: 'do scale_down(payment, by: 2)' }, 'opposite'],
  ['other hours', { rest: 'active mon..fri' }, { rest: 'active mon..sat' }, 'narrower wider state-resetting'],
  [
    'another pattern',
    { where: 'region like "eu-*"', when: 'latency > 5ms' },
    { where: 'region like "us-*"', when: 'latency > 5ms' },
    'narrower wider',
  ],
  ['another metric', { when: 'latency > 5ms' }, { when: 'error_rate > 5%' }, 'narrower wider'],
  [
    'one up, one down',
    { when: 'latency > 5ms and error_rate > 5%' },
    { when: 'latency > 4ms and error_rate > 6%' },
    'narrower wider',
  ],
  [
    'another window',
    { when: 'avg(latency over 1m) > 5ms' },
    { when: 'avg(latency over 2m) > 5ms' },
    'narrower wider state-resetting',
  ],
  [
    'another unit on the wire',
    { when: 'latency > 5ms' },
    { when: 'latency > 5ms', schema: schema.replace('in ms', 'in s') },
    'narrower wider',
  ],
  [
    'another key',
    { when: 'latency > 5ms' },
    { when: 'latency > 5ms', schema: schema.replace('"service.name"', '"service"') },
    'narrower wider state-resetting',
  ],
  ['another name', {}, { name: 'q' }, 'state-resetting'],
  [
    'one optional metric',
    { when: 'latency > 5ms' },
    { when: 'latency > 5ms', schema: schema.replace('duration in ms', 'duration in ms optional') },
    'wider',
  ],
];

test.each(others)('%s', (_, base, head, classes) => {
  expect(classesOf(base, head)).toBe(classes);
});

test('parameters: the value of each case is compared', () => {
  const tuned = (otherwise: string, special: string): string =>
    `${schema}\npolicy p(most: duration = ${otherwise}) {\n  on service\n  when latency > most\n  ${action}\n}\n\ntune p where service_id == "a" { most: ${special} }\n`;
  const diff = (base: string, head: string) => diffPrograms(irOf(base), irOf(head)).classes;
  expect(diff(tuned('500ms', '900ms'), tuned('500ms', '800ms'))).toEqual(['wider']);
  expect(diff(tuned('500ms', '900ms'), tuned('600ms', '900ms'))).toEqual(['narrower']);
  expect(diff(tuned('500ms', '900ms'), tuned('600ms', '800ms'))).toEqual(['narrower', 'wider']);
  expect(diff(program({ when: 'latency > 500ms' }), tuned('500ms', '900ms'))).toEqual(['narrower']);
});

test('layout, order, comments and names of lets are no change', () => {
  const { policies, fleets, classes, unchanged } = diffOf(
    { when: 'latency > 500ms and error_rate > 5%' },
    {
      schema: schema
        .replace('  metric latency: duration in ms\n', '')
        .replace('  metric requests', '  // moved\n  metric latency: duration in ms\n  metric requests'),
      when: 'slow and error_rate > 5%',
      rest: 'let slow = latency > 500ms',
    },
  );
  expect({ policies, fleets, classes, unchanged }).toEqual({ policies: [], fleets: [], classes: [], unchanged: 1 });
});

test('new policies: those in shadow do nothing yet', () => {
  const nothing = irOf(schema);
  const shadow = irOf(program({ rest: 'mode shadow' }));
  const enforced = irOf(program({ rest: 'mode enforce' }));
  expect(diffPrograms(nothing, shadow)).toMatchObject({ classes: ['safe'], policies: [{ change: 'added' }] });
  expect(diffPrograms(nothing, enforced).classes).toEqual(['wider']);
  expect(diffPrograms(enforced, nothing)).toMatchObject({ classes: ['narrower'], policies: [{ change: 'removed' }] });
});

test('the part that changed is named, not the whole condition', () => {
  const { policies } = diffOf(
    { when: 'latency > 500ms for 30s and error_rate > 5% for 30s' },
    { when: 'latency > 500ms for 30s and error_rate > 3% for 30s' },
  );
  expect(policies[0]?.changes).toEqual([
    { part: 'when', classes: ['wider', 'state-resetting'], before: 'error_rate > 5%', after: 'error_rate > 3%' },
  ]);
});

const threshold = fc.integer({ min: 1, max: 9 });
const leaf = fc.record({
  metric: fc.constantFrom('latency', 'error_rate'),
  sign: fc.constantFrom('>', '>=', '<', '<='),
  value: threshold,
  moved: threshold,
});
const shape = fc.constantFrom('A and B', 'A or B', 'not A and B', 'not (A or B)', 'A and (B or not A)');

/** The same shape twice, with the thresholds before and after. */
const edited = fc.record({ shape, a: leaf, b: leaf });

type Leaf = { readonly metric: string; readonly sign: string; readonly value: number; readonly moved: number };

function conditionOf(form: string, a: Leaf, b: Leaf, after: boolean): string {
  const text = ({ metric, sign, value, moved }: Leaf): string =>
    `${metric} ${sign} ${after ? moved : value}${metric === 'latency' ? 'ms' : '%'}`;
  return form.replaceAll('A', `(${text(a)})`).replaceAll('B', `(${text(b)})`);
}

/** What the condition says of an event, computed from its text. */
function holds(form: string, a: Leaf, b: Leaf, after: boolean, event: Readonly<Record<string, number>>): boolean {
  const truth = ({ metric, sign, value, moved }: Leaf): boolean => {
    const limit = after ? moved : value;
    const measured = event[metric] ?? Number.NaN;
    if (sign === '>') return measured > limit;
    if (sign === '>=') return measured >= limit;
    return sign === '<' ? measured < limit : measured <= limit;
  };
  const [x, y] = [truth(a), truth(b)];
  switch (form) {
    case 'A and B':
      return x && y;
    case 'A or B':
      return x || y;
    case 'not A and B':
      return !x && y;
    case 'not (A or B)':
      return !(x || y);
    default:
      return x && (y || !x);
  }
}

test('what is called wider holds wherever the base did, what is called narrower nowhere else, and nothing changes in silence', () => {
  const events = Array.from({ length: 121 }, (_, at) => ({
    latency: (at % 11) - 0.5,
    error_rate: Math.floor(at / 11),
  }));
  fc.assert(
    fc.property(edited, ({ shape: form, a, b }) => {
      const { policies } = diffOf({ when: conditionOf(form, a, b, false) }, { when: conditionOf(form, a, b, true) });
      const classes = policies[0]?.classes ?? [];
      const before = events.map((event) => holds(form, a, b, false, event));
      const after = events.map((event) => holds(form, a, b, true, event));
      const more = after.some((now, at) => now && before[at] === false);
      const less = before.some((was, at) => was && after[at] === false);
      if (more) expect(classes).toContain('wider');
      if (less) expect(classes).toContain('narrower');
    }),
    { numRuns: 300 },
  );
});
