// DDL5xxx: limits. DDL6xxx: tests. DDL7xxx: files of a project.

import { entry, policyWhen } from './entry.ts';

function testOf(given: string, expect: string): string {
  return `${policyWhen('latency > 500ms')}\ntest "slow" {\n${given}\n${expect}}\n`;
}

const slow = '  given service(service_id: "a") every 1s {\n    0s .. 5s: latency 800ms\n  }';
const expected = '  expect example at 0s\n';

export const limitEntries = {
  'nested-too-deeply': entry({
    code: 'DDL5001',
    severity: 'error',
    title: 'nested too deeply',
    message: () => 'this expression is nested deeper than 200 levels',
    help: () => 'give parts of it a name with `let`',
    explanation: 'Depth is bounded so that every tool can read every program in bounded memory.',
    bad: '',
    good: policyWhen('latency > 500ms'),
  }),
  'file-too-large': entry({
    code: 'DDL5002',
    severity: 'error',
    title: 'a file that is too large',
    message: () => 'this file is larger than 4 MiB and was not read',
    help: () => 'split it; all `.ddl` files of a project are one program',
    explanation:
      'A source file of this size was not written by a person. It is refused before it is read, so that a wrong path does not stop the tool.',
    bad: '',
    good: policyWhen('latency > 500ms'),
  }),
  'window-too-wide': entry<{
    readonly word: 'over' | 'ago' | 'for';
    readonly width: string;
    readonly every: string;
    readonly capacity: number;
    readonly most: number;
  }>({
    code: 'DDL5003',
    severity: 'error',
    title: 'a window that holds too many events',
    message: ({ word, width, every, capacity, most }) =>
      word === 'ago'
        ? `to look back ${width} with an event every ${every} takes room for ${capacity} values per key, and ${most} is the most`
        : `over ${width} with an event every ${every} this window holds ${capacity} values per key, and ${most} is the most`,
    help: ({ word }) =>
      `${word === 'ago' ? 'look back less far' : 'narrow the window'}, or say in the schema how often events come: \`every 10s\``,
    explanation:
      'Memory per key is bounded. The number of values in a window is its width divided by the cadence of the schema (one second when the schema has no `every`).',
    bad: policyWhen('avg(latency over 7d) > 500ms'),
    good: policyWhen('avg(latency over 1h) > 500ms'),
  }),
  'expression-too-large': entry<{ readonly what: string; readonly most: number }>({
    code: 'DDL5004',
    severity: 'error',
    title: 'conditions that grow beyond all bounds',
    message: ({ what, most }) =>
      `with every \`let\` in its place ${what} is larger than ${most} parts or nested too deeply`,
    help: () => 'split the policy, or use each `let` fewer times',
    explanation:
      'A `let` is put in place of its name. Names that use names twice double with every step; the result is bounded so that every event is judged in bounded time.',
    bad: `let a1 = queue + queue\n${Array.from({ length: 14 }, (_, step) => `let a${step + 2} = a${step + 1} + a${step + 1}\n`).join('')}\n${policyWhen('a15 > 5')}`,
    good: `let a1 = queue + queue\nlet a2 = a1 + a1\n\n${policyWhen('a2 > 5')}`,
  }),
};

export const costEntries = {
  'cost-over-limit': entry<{
    readonly kind: 'policy' | 'schema';
    readonly name: string;
    readonly over: readonly { readonly setting: string; readonly is: string; readonly most: string }[];
  }>({
    code: 'DDL5010',
    severity: 'error',
    title: 'a policy or schema that costs more than the project allows',
    message: ({ kind, name, over }) =>
      `${kind === 'policy' ? 'policy' : 'the policies on schema'} \`${name}\` ${kind === 'policy' ? 'takes' : 'take'} ${over.map(({ is, most }) => `${is}, and ${most} is the most`).join('; ')}`,
    help: ({ kind, over }) =>
      `narrow its windows, let events come less often, or raise \`limits.${kind}.${over[0]?.setting ?? ''}\` in \`ddl.json\`; \`ddlc cost\` shows what costs how much`,
    explanation:
      'What a policy costs is known before it has seen one event: bytes of state per key, operations per event, and the history that a decision can still depend on. `limits.policy` and `limits.schema` in `ddl.json` say how much of each a project allows.',
    limits: { policy: { bytesPerKey: 10_000, operationsPerEvent: null, lookBackMs: null } },
    bad: policyWhen('avg(latency over 1h) > 500ms'),
    good: policyWhen('ewma(latency over 1h) > 500ms'),
  }),
};

export const testEntries = {
  'test-without-expectation': entry({
    code: 'DDL6001',
    severity: 'error',
    title: 'a test that expects nothing at all',
    message: () => 'this test has no `expect`',
    help: () => 'say what should happen, or that nothing should: `expect nothing`',
    explanation: 'A test without an expectation passes whatever the policies do.',
    bad: testOf(slow, ''),
    good: testOf(slow, expected),
  }),
  'test-without-given': entry({
    code: 'DDL6002',
    severity: 'error',
    title: 'a test without events',
    message: () => 'this test gives no events',
    help: () => 'say which events come: `given SCHEMA(KEY: "…") every 1s { 0s .. 60s: METRIC VALUE }`',
    explanation: 'Nothing comes in, so nothing can be tested.',
    bad: testOf('', '  expect nothing\n'),
    good: testOf(slow, expected),
  }),
  'given-without-key': entry<{ readonly key: string; readonly schema: string }>({
    code: 'DDL6003',
    severity: 'error',
    title: 'events without a key',
    message: ({ key, schema }) => `the events of \`${schema}\` need their key \`${key}\``,
    help: ({ key, schema }) => `write \`given ${schema}(${key}: "…")\``,
    explanation: 'State is kept per value of the key; an event without one would be refused.',
    bad: testOf('  given service(region: "eu-west-1") {\n    0s .. 5s: latency 800ms\n  }', expected),
    good: testOf(slow, expected),
  }),
  'unfit-value': entry<{
    readonly metric: string;
    readonly type: string;
    readonly text: string;
    readonly example: string;
  }>({
    code: 'DDL6004',
    severity: 'error',
    title: 'a value in a unit that the metric does not have',
    message: ({ metric, type, text }) => `\`${metric}\` is ${type}, and \`${text}\` is not`,
    help: ({ metric, example }) => `write for example \`${metric} ${example}\``,
    explanation:
      'Values in tests carry the units of the program, not those on the wire, so that a test reads like the policy.',
    bad: testOf('  given service(service_id: "a") {\n    0s .. 5s: latency 800\n  }', expected),
    good: testOf(slow, expected),
  }),
  'empty-series': entry<{ readonly from: string; readonly to: string }>({
    code: 'DDL6005',
    severity: 'error',
    title: 'a stretch of time that ends before it begins',
    message: ({ from, to }) => `\`${from} .. ${to}\` ends before it begins`,
    help: () => 'write the earlier time first',
    explanation: 'The row makes no event.',
    bad: testOf('  given service(service_id: "a") {\n    5s .. 0s: latency 800ms\n  }', '  expect nothing\n'),
    good: testOf(slow, expected),
  }),
  'impossible-expectation': entry<{ readonly policy: string; readonly action: string }>({
    code: 'DDL6006',
    severity: 'error',
    title: 'an action expected of a policy that never takes it',
    message: ({ policy, action }) => `policy \`${policy}\` never does \`${action}\``,
    help: ({ policy, action }) => `expect what it does, or add \`do ${action}(…)\` to \`${policy}\``,
    explanation: 'The expectation can not be met, whatever the events are.',
    bad: testOf(slow, '  expect example at 0s { restart(payment) }\n'),
    good: testOf(slow, '  expect example at 0s { notify() }\n'),
  }),
  'duplicate-test': entry<{ readonly title: string }>({
    code: 'DDL6007',
    severity: 'error',
    title: 'two tests with one title',
    message: ({ title }) => `two tests are called "${title}"`,
    help: () => 'give each a title of its own, so that a report says which one failed',
    explanation: 'Reports name tests by their titles.',
    bad: `${testOf(slow, expected)}\ntest "slow" {\n${slow}\n${expected}}\n`,
    good: testOf(slow, expected),
  }),
  'test-too-long': entry<{ readonly events: number; readonly most: number }>({
    code: 'DDL6008',
    severity: 'error',
    title: 'a test with too many events',
    message: ({ events, most }) => `this test makes ${events} events, and ${most} is the most`,
    help: () => 'shorten the rows, or let events come less often: `every 1m`',
    explanation:
      'Tests run in virtual time, but each event costs real time; the bound keeps a slip such as `365d` from stopping the run.',
    bad: testOf('  given service(service_id: "a") every 1s {\n    0s .. 300d: latency 800ms\n  }', expected),
    good: testOf(slow, expected),
  }),
  'test-of-nothing': entry<{ readonly schemas: readonly string[] }>({
    code: 'DDL6009',
    severity: 'error',
    title: 'a test of events that no policy looks at',
    message: ({ schemas }) => `no policy looks at the events of ${schemas.map((name) => `\`${name}\``).join(', ')}`,
    help: () => 'give events of a schema that a policy is `on`, or remove the test',
    explanation: 'Nothing can ever be decided on these events, so the test passes whatever the policies do.',
    bad: `schema idle {\n  key id\n  metric load: ratio\n}\n\n${testOf('  given idle(id: "a") {\n    0s .. 5s: load 50%\n  }', '  expect nothing\n')}`,
    good: testOf(slow, expected),
  }),
  'unfit-ramp': entry<{ readonly metric: string; readonly at: string; readonly why: 'moment' | 'truth' }>({
    code: 'DDL6010',
    severity: 'error',
    title: 'a ramp where nothing can rise',
    message: ({ metric, at, why }) =>
      why === 'moment'
        ? `one event at ${at} has no time for a ramp`
        : `\`${metric}\` is true or false, with nothing between`,
    help: ({ metric, at, why }) =>
      why === 'moment'
        ? `give the row a stretch of time, \`${at} .. …: ${metric} …\`, or write one value`
        : `write what follows what: \`${metric} [true, false]\``,
    explanation:
      'A ramp such as `2% to 8%` goes from the first event of its row to the last in equal steps. It needs more than one event and a metric that has values in between.',
    bad: testOf('  given service(service_id: "a") {\n    0s: latency 100ms to 800ms\n  }', expected),
    good: testOf('  given service(service_id: "a") {\n    0s .. 9s: latency 600ms to 900ms\n  }', expected),
  }),
};

export const projectEntries = {
  'empty-file': entry({
    code: 'DDL7001',
    severity: 'warning',
    title: 'a file without declarations',
    message: () => 'this file declares nothing',
    help: () => 'write a `schema`, a `policy` … into it, or remove it',
    explanation: 'The file has no declaration. It was perhaps saved empty or written over.',
    bad: '',
    good: policyWhen('latency > 500ms'),
  }),
};
