// Random well-typed programs over all that this build computes, and random streams of events for them. Literals and
// values come from the same small grids, so that ties and values exactly at a threshold are frequent.

import fc from 'fast-check';
import { cells, events, metricNames, passing, quietCells, type Step } from './random-stream.ts';

export interface RandomCase {
  readonly text: string;
  readonly steps: readonly Step[];
}

export const schemaNames = ['alpha', 'beta'] as const;
const metricLines = [
  'metric load: number',
  'metric depth: number optional',
  'metric queue: number optional hold 3s',
  'metric errors: ratio',
  'metric latency: duration optional hold 5s',
  'metric memory: bytes',
  'metric ready: bool optional',
  'metric requests: counter',
  'metric delays: histogram of duration optional',
];

/** Those whose values can be counted one by one. */
const plainMetrics = metricNames.filter((name) => name !== 'delays');

type Text = fc.Arbitrary<string>;
type Dimension = 'number' | 'ratio' | 'duration' | 'bytes' | 'rate';

const shortDuration = fc.constantFrom('1ms', '500ms', '1s', '2s', '3s', '5s', '8s');
const pastDistance = fc.option(fc.constantFrom('1ms', '1s', '2s', '5s'), { freq: 1 });
const windowDuration = fc.constantFrom('500ms', '1s', '2s', '3s', '5s', '20s');

const dimensions: Readonly<
  Record<Dimension, { readonly literals: readonly string[]; readonly metrics: readonly string[] }>
> = {
  number: {
    literals: ['0', '1', '2', '3', '0.5', '0.1', 'two', '-1', 'bar', 'bar'],
    metrics: ['load', 'depth', 'queue'],
  },
  ratio: { literals: ['0%', '50%', '100%', '10%', '0.2', 'half', 'part'], metrics: ['errors'] },
  duration: { literals: ['0s', '1s', '2s', '500ms', '100ms', 'pause'], metrics: ['latency'] },
  bytes: { literals: ['0B', '1B', '2B', '3B', 'mass'], metrics: ['memory'] },
  rate: { literals: ['0/s', '1/s', '2/s', '0.5/s', 'pace'], metrics: [] },
};

function call(name: string, ...parts: readonly Text[]): Text {
  return fc.tuple(...parts).map((texts) => `${name}(${texts.join(', ')})`);
}

/** A window, perhaps one that ended some time ago or sees a part of the events. */
function over(name: string, input: Text, more = ''): Text {
  const words = fc.tuple(windowDuration, pastDistance, fc.option(fc.constantFrom('region == "eu"', 'zone != "us"')));
  return fc
    .tuple(input, words)
    .map(
      ([text, [width, ago, chosen]]) =>
        `${name}(${text} over ${width}${ago === null ? '' : ` ago ${ago}`}${chosen === null ? '' : ` where ${chosen}`}${more})`,
    );
}

/** What members have in common, perhaps those of a part of the events. */
function across(name: string, input: Text, more = ''): Text {
  const chosen = fc.option(fc.constantFrom('zone == "eu"', 'region != "us"'), { freq: 1, nil: null });
  return fc
    .tuple(input, fc.constantFrom('region', 'pod'), chosen)
    .map(([text, tag, where]) => `${name}(${text} across ${tag}${where === null ? '' : ` where ${where}`}${more})`);
}

/** Of one member: what it sends, or a window of that. */
function ofMember(dimension: Dimension): Text {
  if (dimension === 'rate') return over('rate', fc.constant('requests'));
  const now = present(dimension, 1);
  return fc.oneof(now, now, over('avg', now), over('last', now), over('max', now), over('p90', now), over('ewma', now));
}

/** Values of the present event alone. */
function present(dimension: Dimension, depth: number): Text {
  const { literals, metrics } = dimensions[dimension];
  const atoms = fc.constantFrom(...literals.slice(0, 3), ...metrics, ...metrics);
  if (depth === 0 || metrics.length === 0) return metrics.length === 0 ? fc.constantFrom(...literals) : atoms;
  const inner = present(dimension, depth - 1);
  return fc.oneof(
    { weight: 5, arbitrary: atoms },
    { weight: 2, arbitrary: compound(dimension, inner, () => present('number', 0)) },
  );
}

function compound(dimension: Dimension, inner: Text, factor: () => Text): Text {
  const sums = fc
    .tuple(inner, fc.constantFrom('+', '-'), inner)
    .map(([left, sign, right]) => `(${left} ${sign} ${right})`);
  const forms: Text[] = [
    sums,
    call('abs', inner),
    call('clamp', inner, inner, inner),
    call('at_least', inner, inner),
    call('at_most', inner, inner),
    call('round', inner, inner),
    call('floor', inner),
    call('ceil', inner),
    inner.map((text) => `-(${text})`),
  ];
  if (dimension === 'duration') forms.push(fc.constant('now()'));
  if (dimension === 'number') {
    forms.push(
      fc.tuple(inner, fc.constantFrom('*', '/'), inner).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
    );
  } else if (dimension !== 'ratio') {
    forms.push(
      fc.tuple(inner, fc.constantFrom('*', '/'), factor()).map(([left, sign, right]) => `(${left} ${sign} ${right})`),
    );
  }
  return fc.oneof(...forms);
}

const tagTest = fc.oneof(
  fc
    .tuple(fc.constantFrom('region', 'zone'), fc.constantFrom('==', '!='), fc.constantFrom('"eu"', '"us"', 'east'))
    .map((parts) => parts.join(' ')),
  fc.constantFrom(
    'region like "e*"',
    'region like "*u*"',
    'zone like "?s"',
    'id like "?"',
    'not (region like "eu")',
    'region in ["eu", "us"]',
    'zone in [east]',
    'id in ["b", "c"]',
    'missing(region)',
    'not missing(zone)',
  ),
  fc
    .tuple(fc.constantFrom('==', '!='), fc.constantFrom('"a"', '"b"', '"never"'))
    .map(([sign, key]) => `id ${sign} ${key}`),
);
const absence = fc.constantFrom('depth', 'queue', 'load', 'latency', 'requests').map((metric) => `missing(${metric})`);
const truth = fc.constantFrom('ready', 'ready == false', 'true == ready', 'true', 'false', 'yes', 'flag', 'flag');

/** What windows may count. */
const sameMoment = condition(1, false);

const memberTest = ofMember('number').map((text) => `${text} > 1`);

/** Values, windows among them. */
function value(dimension: Dimension, depth: number): Text {
  const { metrics } = dimensions[dimension];
  const forms: { readonly weight: number; readonly arbitrary: Text }[] = [
    { weight: 4, arbitrary: present(dimension, 1) },
  ];
  if (metrics.length > 0) {
    const names = ['avg', 'min', 'max', 'sum', 'stddev', 'first', 'last', 'delta', 'ewma', 'p50', 'p90', 'quantile'];
    const window = fc
      .constantFrom(...names, 'forecast')
      .chain((name) =>
        over(name, present(dimension, 1), name === 'quantile' ? ', 10% + 20%' : name === 'forecast' ? ', 2s' : ''),
      );
    forms.push({ weight: 6, arbitrary: window });
    forms.push({ weight: 1, arbitrary: past(present(dimension, 1)) });
  }
  const common = fc.constantFrom('avg', 'min', 'max', 'sum', 'stddev', 'p50', 'p99', 'quantile');
  forms.push({
    weight: 4,
    arbitrary: common.chain((name) => across(name, ofMember(dimension), name === 'quantile' ? ', 30%' : '')),
  });
  if (dimension === 'ratio') forms.push({ weight: 2, arbitrary: across('share', fc.oneof(sameMoment, memberTest)) });
  if (dimension === 'duration') {
    const names = fc.constantFrom('avg', 'sum', 'p50', 'p99', 'quantile');
    const window = (members?: Text) => names.chain((name) => grown(name, name === 'quantile' ? ', 30%' : '', members));
    forms.push({ weight: 3, arbitrary: window() });
    forms.push({ weight: 1, arbitrary: across('max', window(fc.constant(''))) });
  }
  if (dimension === 'number') {
    forms.push({ weight: 1, arbitrary: grown('count') });
    forms.push({ weight: 2, arbitrary: across('count', fc.oneof(fc.constantFrom(...plainMetrics), sameMoment)) });
    forms.push({ weight: 1, arbitrary: across('count', memberTest) });
  }
  if (dimension === 'rate') {
    forms.push({ weight: 2, arbitrary: over('rate', fc.constant('requests')) });
    forms.push({ weight: 1, arbitrary: grown('rate') });
    for (const name of ['extrapolated_rate', 'latest_rate'])
      if (dimension === 'rate') forms.push({ weight: 1, arbitrary: over(name, fc.constant('requests')) });
    forms.push({ weight: 2, arbitrary: over('slope', present('number', 1)) });
  }
  if (dimension === 'ratio') forms.push({ weight: 1, arbitrary: over('avg', sameMoment) });
  if (dimension === 'number') {
    forms.push({ weight: 1, arbitrary: over('increase', fc.constant('requests')) });
    forms.push({ weight: 1, arbitrary: over('extrapolated_increase', fc.constant('requests')) });
    forms.push({ weight: 1, arbitrary: over('extrapolated_delta', present('number', 0)) });
    forms.push({ weight: 1, arbitrary: over('count', fc.constantFrom(...plainMetrics)) });
    forms.push({ weight: 1, arbitrary: over('count', sameMoment) });
    forms.push({ weight: 1, arbitrary: over('changes', fc.oneof(fc.constantFrom(...plainMetrics), sameMoment)) });
    forms.push({ weight: 1, arbitrary: past(over('avg', present('number', 0))) });
  }
  if (depth > 0)
    forms.push({ weight: 2, arbitrary: compound(dimension, value(dimension, depth - 1), () => present('number', 0)) });
  return fc.oneof(...forms);
}

/** What a histogram counted in a window, of the key's events or of all members together. */
function grown(
  name: string,
  more = '',
  members: Text = fc.constantFrom('', '', ' across region', ' across pod'),
): Text {
  return fc
    .tuple(windowDuration, members, fc.constantFrom('', '', ' where zone != "us"'))
    .map(([width, across, where]) => `${name}(delays over ${width}${across}${where}${more})`);
}

function past(input: Text): Text {
  return fc.tuple(input, shortDuration).map(([text, distance]) => `((${text}) ago ${distance})`);
}

function comparison(depth: number, windows: boolean): Text {
  const of = (dimension: Dimension): Text => {
    const { literals } = dimensions[dimension];
    const left = windows ? value(dimension, depth) : present(dimension, depth);
    const right = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...literals) }, { weight: 1, arbitrary: left });
    const sides = fc
      .tuple(left, fc.constantFrom('==', '!=', '<', '<=', '>', '>='), right, fc.boolean())
      .map(([a, sign, b, turned]) => (turned ? `${b} ${sign} ${a}` : `${a} ${sign} ${b}`));
    const [least = '', , most = ''] = literals;
    const lists = fc
      .tuple(left, fc.constantFrom(`between ${least} and ${most}`, `in [${least}]`, `in [${literals.slice(0, 3)}]`))
      .map((parts) => parts.join(' '));
    return fc.oneof({ weight: 5, arbitrary: sides }, { weight: 1, arbitrary: lists });
  };
  const names: Dimension[] = [
    'number',
    'number',
    'ratio',
    'duration',
    'bytes',
    ...(windows ? (['rate'] as const) : []),
  ];
  return fc.oneof(...names.map(of));
}

function condition(depth: number, full: boolean): Text {
  const leaves = [
    { weight: 6, arbitrary: comparison(full ? 1 : 0, full) },
    { weight: 1, arbitrary: tagTest },
    { weight: 1, arbitrary: absence },
    { weight: 1, arbitrary: truth },
  ];
  if (full) {
    leaves.push({ weight: 1, arbitrary: fc.constantFrom('busy', 'calm', 'gone', 'long_busy', 'own') });
    leaves.push({
      weight: 1,
      arbitrary: fc.tuple(absence, shortDuration).map(([text, width]) => `${text} for ${width}`),
    });
  }
  if (depth === 0) return fc.oneof(...leaves);
  const inner = condition(depth - 1, full);
  const forms = [
    { weight: 4, arbitrary: fc.oneof(...leaves) },
    { weight: 3, arbitrary: joined('and', inner) },
    { weight: 3, arbitrary: joined('or', inner) },
    { weight: 2, arbitrary: inner.map((text) => `not (${text})`) },
    { weight: 1, arbitrary: inner.map((text) => `(${text}) == false`) },
  ];
  if (full) {
    forms.push({
      weight: 5,
      arbitrary: fc.tuple(inner, shortDuration).map(([text, width]) => `((${text}) for ${width})`),
    });
    forms.push({
      weight: 3,
      arbitrary: fc.tuple(inner, shortDuration).map(([text, width]) => `((${text}) within ${width})`),
    });
    forms.push({
      weight: 3,
      arbitrary: fc
        .tuple(inner, inner, shortDuration)
        .map(([first, second, width]) => `((${first}) then (${second}) within ${width})`),
    });
    const part = fc.constantFrom('1 of 1', '2 of 3', '3 of 5', '1% of 1s', '50% of 2s', '80% of 5s', '100% of 3s');
    const counted = fc.oneof(sameMoment, comparison(1, true));
    forms.push({ weight: 2, arbitrary: fc.tuple(counted, part).map(([text, of]) => `((${text}) for ${of})`) });
    forms.push({ weight: 1, arbitrary: past(sameMoment) });
  }
  return fc.oneof(...forms);
}

function joined(word: 'and' | 'or', inner: Text): Text {
  return fc
    .array(inner, { minLength: 2, maxLength: 3 })
    .map((texts) => texts.map((text) => `(${text})`).join(` ${word} `));
}

/** Conditions of the kind that ranges of values can rule out, and some that only look so. */
function plainCondition(depth: number): Text {
  const leaf = fc
    .tuple(
      fc.constantFrom(
        'load',
        'depth',
        'memory',
        'queue',
        'max(load over 2s)',
        'errors',
        '(load + 1)',
        'count(load over 3s)',
      ),
      fc.constantFrom('>', '>', '>=', '<', '<=', '==', '!='),
      fc.constantFrom('0', '1', '2', '3', '(1 / 0)'),
    )
    .map(([left, sign, right]) => `${left} ${sign} ${right}${left === 'memory' && !right.includes('/') ? 'B' : ''}`)
    .map((text) =>
      text
        .replace(/^(memory|errors) (\S+) .*\(1 \/ 0\)$/, 'load $2 (1 / 0)')
        .replace(/^(errors \S+) (\d)$/, '$1 $200%'),
    )
    .chain((text) => fc.constantFrom(text, text, text, 'load > bar', 'queue <= bar', 'max(load over 2s) == bar'));
  if (depth === 0) return leaf;
  const inner = plainCondition(depth - 1);
  return fc.oneof(
    { weight: 4, arbitrary: leaf },
    { weight: 4, arbitrary: fc.tuple(inner, shortDuration).map(([text, width]) => `((${text}) for ${width})`) },
    { weight: 2, arbitrary: joined('and', inner) },
    { weight: 2, arbitrary: joined('or', inner) },
    { weight: 1, arbitrary: inner.map((text) => `not (${text})`) },
    {
      weight: 1,
      arbitrary: fc.tuple(leaf, leaf, shortDuration).map(([a, b, width]) => `${a} and not ((${b}) for ${width})`),
    },
    { weight: 1, arbitrary: tagTest },
  );
}

const where = fc.option(
  fc.oneof(
    tagTest,
    tagTest,
    joined('and', tagTest),
    joined('or', tagTest),
    tagTest.map((text) => `not (${text})`),
  ),
  {
    freq: 2,
    nil: null,
  },
);
const cooldown = fc.option(fc.constantFrom('0s', '1ms', '1s', '2s', '5s', '30s'), { freq: 6, nil: null });

const parameters = 'bar: number = 2, part: ratio = 50%, pause: duration = 1s, mass: bytes = 2B, pace: rate = 1/s';
const tunedValues = fc
  .record(
    {
      bar: fc.constantFrom('0', '1', '3', 'two'),
      part: fc.constantFrom('0%', '100%', 'half'),
      pause: fc.constantFrom('0s', '2s'),
      mass: fc.constantFrom('1B', '3B'),
      pace: fc.constantFrom('0/s', '2/s'),
      flag: fc.constantFrom('true', 'yes'),
    },
    { requiredKeys: [] },
  )
  .map(
    (values) =>
      `{ ${Object.entries(values)
        .map((entry) => entry.join(': '))
        .join(', ')} }`,
  );
/** Each demands other values of one tag than the ones before it. */
const tunes = fc
  .tuple(
    fc.constantFrom(
      ['id == "a"', 'id == "b"'],
      ['region == "eu"', '(region == "us" or region == "ap") and not (zone == "eu")'],
      ['zone == east and id == "never"', 'zone == "eu"'],
    ),
    fc.array(tunedValues, { maxLength: 2 }),
  )
  .map(([conditions, values]) => values.map((set, at) => `where ${conditions[at]} ${set}`));
/** Hours around the time at which streams begin, in zones with and without whole hours. */
const hours = fc
  .tuple(
    fc.constantFrom('active', 'active', 'inactive'),
    fc.constantFrom(
      'thu 00:00..00:01',
      '00:01..00:02',
      'mon..fri 23:00..00:02 in "UTC"',
      'wed 23:30..00:03',
      '05:31..05:33 in "Asia/Kolkata"',
      'wed 19:00..19:02 in "America/New_York"',
      'thu, fri in "Europe/Berlin"',
    ),
  )
  .map((parts) => parts.join(' '));
const missingRule = fc.constantFrom(null, null, null, 'hold', 'reset', 'treat_as false');

interface PolicyParts {
  readonly schema: string;
  readonly where: string | null;
  readonly when: string;
  readonly until: string | null;
  readonly cooldown: string | null;
  readonly own: string;
  /** What follows `tune NAME`, one for each. */
  readonly tunes: readonly string[];
  readonly missing: string | null;
  readonly hours: readonly string[];
  readonly settle: string | null;
  /** With an action that takes members away, when it may. */
  readonly shrinks: boolean;
}

const rest = {
  missing: missingRule,
  hours: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(hours, { minLength: 1, maxLength: 3 }) },
  ),
  shrinks: fc.boolean(),
  // Together with a short cooldown it makes members gone soon.
  settle: fc.option(fc.constantFrom('0s', '1s', '20s'), { freq: 4, nil: null }),
};

const policy: fc.Arbitrary<PolicyParts> = fc.record({
  schema: fc.constantFrom(...schemaNames),
  where,
  when: condition(2, true),
  until: fc.option(condition(1, true), { freq: 1, nil: null }),
  cooldown,
  own: condition(1, true).filter((text) => !text.includes('own')),
  tunes,
  ...rest,
});

const plainPolicy: fc.Arbitrary<PolicyParts> = fc.record({
  schema: fc.constant('alpha'),
  where: fc
    .option(tagTest, { freq: 5, nil: null })
    .map((text) => (text === null || text.startsWith('id') ? text : null)),
  when: plainCondition(2),
  until: fc.option(plainCondition(1), { freq: 1, nil: null }),
  cooldown,
  own: fc.constant('true'),
  tunes,
  ...rest,
});

interface SchemaParts {
  readonly every: string | null;
  readonly stale: string | null;
  readonly lateness: string | null;
  readonly pods: number;
}

const schema: fc.Arbitrary<SchemaParts> = fc.record({
  every: fc.constantFrom(null, '1s', '500ms'),
  stale: fc.constantFrom(null, '1s', '2s', '3s', '10s'),
  lateness: fc.constantFrom(null, null, '1s', '3s'),
  pods: fc.constantFrom(2, 3, 500),
});

function print(schemas: readonly SchemaParts[], policies: readonly PolicyParts[]): string {
  const lines: string[] = [
    'fleet team {',
    '  service "a"',
    '  size 1..9',
    '}',
    'const two = 2',
    'const half = 50%',
    'const east = "us"',
    'const yes = true',
    'let busy = load > two',
    'let calm = not busy and depth <= 1',
    'let gone = missing(queue) and missing(load)',
    'let long_busy = busy for 2s',
    '',
  ];
  for (const [index, { every, stale, lateness, pods }] of schemas.entries()) {
    lines.push(
      `schema ${schemaNames[index]} {`,
      '  key id',
      '  tag region at most 2',
      '  tag zone: "eu" | "us" | "ap"',
      `  tag pod at most ${pods}`,
    );
    for (const metric of metricLines) lines.push(`  ${metric}`);
    if (every !== null) lines.push(`  every ${every}`);
    if (stale !== null) lines.push(`  stale after ${stale}`);
    if (lateness !== null) lines.push(`  lateness ${lateness}`);
    lines.push('}', '');
  }
  for (const [index, parts] of policies.entries()) {
    for (const tune of parts.tunes) lines.push(`tune p${index} ${tune}`);
    lines.push(`policy p${index}(${parameters}, flag: bool = false) {`);
    lines.push(`  on ${parts.schema}${parts.where === null ? '' : ` where ${parts.where}`}`);
    lines.push(`  let own = ${parts.own}`, `  when ${parts.when}`);
    if (parts.until !== null) lines.push(`  until ${parts.until}`);
    // An action that shrinks may not ask for silence.
    const silent = /missing|gone|own/.test(parts.when);
    lines.push(parts.shrinks && !silent ? '  do scale_down(team, by: 1)' : '  do notify("look here")');
    if (parts.missing !== null) lines.push(`  on missing ${parts.missing}`);
    for (const schedule of parts.hours) lines.push(`  ${schedule}`);
    if (parts.cooldown !== null) lines.push(`  cooldown ${parts.cooldown}`);
    if (parts.settle !== null) lines.push(`  settle ${parts.settle}`);
    lines.push('}', '');
  }
  return lines.join('\n');
}

/** Everything mixed. */
export const arbitraryCase: fc.Arbitrary<RandomCase> = fc
  .tuple(
    fc.tuple(schema, schema),
    fc.array(policy, { minLength: 1, maxLength: 4 }),
    fc.array(
      fc.oneof(
        { weight: 9, arbitrary: events(fc.constantFrom(1, 1, 2, 4, 8), cells) },
        { weight: 1, arbitrary: passing },
      ),
      { minLength: 1, maxLength: 24, size: 'max' },
    ),
  )
  .map(([schemas, policies, steps]) => ({ text: print(schemas, policies), steps }));

/** Long runs of one key under many policies: what the optimised code may skip. */
export const arbitraryLongRuns: fc.Arbitrary<RandomCase> = fc
  .tuple(
    fc.tuple(schema, schema),
    fc.array(plainPolicy, { minLength: 6, maxLength: 9 }),
    fc.array(
      fc.oneof(
        { weight: 6, arbitrary: events(fc.constantFrom(16, 20, 40), quietCells) },
        { weight: 3, arbitrary: events(fc.constantFrom(1, 2, 4), quietCells) },
        { weight: 1, arbitrary: passing },
      ),
      { minLength: 2, maxLength: 10, size: 'max' },
    ),
  )
  .map(([schemas, policies, steps]) => ({ text: print(schemas, policies), steps }));
