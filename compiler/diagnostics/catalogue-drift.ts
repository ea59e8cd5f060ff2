// DDL8xxx: what real telemetry shows to be different from what is declared (`ddlc check --against`).

import { entry, policyWhen, policyWith } from './entry.ts';

/** Names and values that are listed in one message. */
const shownMax = 8;

const event = '{"id":"1","timestamp":"2026-01-01T00:00:00Z","schema":"';
const service = (
  metrics: string,
  tags = '"service.name":"payment-service","region":"eu-west-1","instance":"a"',
): string => `${event}service","metrics":{${metrics}},"tags":{${tags}}}\n`;
const other = (metrics: string, tags = '"host":"a"'): string =>
  `${event}other","metrics":{${metrics}},"tags":{${tags}}}\n`;
const whole = service('"error_rate":0.02,"latency":120,"http.requests":1000,"queue":4,"memory":512,"ready":true');

function schemaOther(lines: string): string {
  return `schema other {\n  key host\n${lines}\n  every 30s\n}\n\npolicy busy {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n`;
}

const soundOther = schemaOther('  metric load: number');

function listed(names: readonly string[]): string {
  const shown = names.slice(0, shownMax).map((name) => `\`${name}\``);
  return `${shown.join(', ')}${names.length > shownMax ? ` and ${names.length - shownMax} more` : ''}`;
}

interface UnseenMetric {
  readonly name: string;
  readonly wire: string;
  readonly schema: string;
  readonly near: string | null;
  readonly guess: string | null;
}

function unseenMetric({ name, wire, schema, near }: UnseenMetric): string {
  const called = name === wire ? `\`${name}\`` : `\`${name}\` (on the wire \`${wire}\`)`;
  const instead = near === null ? '' : `, but \`${near}\` does`;
  return `metric ${called} of \`${schema}\` never comes${instead}`;
}

function renamed({ near, guess }: UnseenMetric): string | null {
  if (near === null) return null;
  return `did you mean \`${near}\`? then write \`from ${JSON.stringify(near)}\`${guess === null ? '' : `; it looks like \`${guess}\``}`;
}

interface UnseenTag {
  readonly name: string;
  readonly wire: string;
  readonly schema: string;
  readonly near: string | null;
}

function unseenTag(kind: string, { name, wire, schema, near }: UnseenTag): string {
  const called = name === wire ? `\`${name}\`` : `\`${name}\` (on the wire \`${wire}\`)`;
  return `${kind} ${called} of \`${schema}\` never comes${near === null ? '' : `, but \`${near}\` does`}`;
}

function renamedTag({ near }: UnseenTag): string | null {
  return near === null ? null : `did you mean \`${near}\`? then write \`from ${JSON.stringify(near)}\``;
}

const metricEntries = {
  'metric-never-seen': entry<UnseenMetric>({
    code: 'DDL8001',
    severity: 'error',
    title: 'a declared metric that never comes',
    message: unseenMetric,
    help: (args) =>
      renamed(args) ?? 'correct its name on the wire with `from "…"`, declare it `optional`, or remove it',
    explanation:
      'The telemetry has events of this schema, and none carries the metric. A policy that reads it is skipped for every event: it guards nothing. Most often a sender has renamed it.',
    bad: schemaOther('  metric load: number from "load_average"'),
    good: schemaOther('  metric load: number from "load_avg1"'),
    events: whole + other('"load_avg1":0.7') + other('"load_avg1":0.9'),
  }),
  'optional-metric-never-seen': entry<UnseenMetric>({
    code: 'DDL8002',
    severity: 'warning',
    title: 'an optional metric that never comes',
    message: unseenMetric,
    help: (args) => renamed(args) ?? 'correct its name on the wire with `from "…"`, or remove it',
    explanation:
      'The metric is declared `optional`, so no event is refused for it; but none carries it at all, and every condition on it is unknown for ever.',
    bad: schemaOther('  metric load: number\n  metric swap: bytes optional'),
    good: soundOther,
    events: whole + other('"load":0.7'),
  }),
  'undeclared-metrics': entry<{
    readonly schema: string;
    readonly metrics: readonly { readonly name: string; readonly near: string | null; readonly declaration: string }[];
  }>({
    code: 'DDL8003',
    severity: 'warning',
    title: 'metrics that come and are declared nowhere',
    message: ({ schema, metrics }) =>
      `the events of \`${schema}\` carry ${metrics.length === 1 ? 'a metric' : `${metrics.length} metrics`} that no schema declares: ${listed(metrics.map(({ name }) => name))}`,
    help: ({ metrics }) => {
      const lines = metrics
        .slice(0, shownMax)
        .map(
          ({ declaration, near }) =>
            `\`${declaration}\`${near === null ? '' : ` (or is it what \`${near}\` is now called?)`}`,
        );
      return `to read ${metrics.length === 1 ? 'it' : 'them'}, declare: ${lines.join('; ')}${metrics.length > shownMax ? '; …' : ''}`;
    },
    explanation:
      'Nothing is wrong with that as long as no policy should read them. Kind and unit are guessed from the name and from the values that came; look before you take them over.',
    bad: schemaOther('  metric load: number'),
    good: schemaOther('  metric load: number\n  metric free_bytes: bytes optional'),
    events: whole + other('"load":0.7,"free_bytes":1048576'),
  }),
  'changed-kind': entry<{
    readonly name: string;
    readonly type: string;
    readonly fault: string;
    readonly guess: string;
  }>({
    code: 'DDL8004',
    severity: 'error',
    title: 'a metric that comes as another kind than it is declared',
    message: ({ name, type, fault }) => `\`${name}\` is declared as \`${type}\` and ${fault}`,
    help: ({ guess, type }) => (guess === type ? 'ask its sender what has changed' : `it looks like \`${guess}\``),
    explanation:
      'A counter only grows until its process restarts; a gauge goes up and down; a histogram is no number. Read as the wrong kind a metric has no meaning: the rate of a gauge is noise, a threshold on a counter holds for ever after some time.',
    bad: schemaOther('  metric load: number\n  metric errors: counter').replace(
      'load > 4',
      'load > 4 and rate(errors over 5m) > 1/s',
    ),
    good: schemaOther('  metric load: number\n  metric errors: number').replace('load > 4', 'load > 4 and errors > 10'),
    events:
      whole +
      [9, 8, 7, 8, 7, 6, 7, 6]
        .map((errors, minute) => other(`"load":0.7,"errors":${errors}`).replace('T00:00', `T00:0${minute}`))
        .join(''),
  }),
  'changed-unit': entry<{
    readonly name: string;
    readonly declared: string;
    readonly fault: string;
    readonly guess: string;
  }>({
    code: 'DDL8005',
    severity: 'error',
    title: 'a metric that comes in another unit than it is declared',
    message: ({ name, declared, fault }) =>
      `\`${name}\` is declared as ${declared.includes('`') ? declared : `\`${declared}\``} and ${fault}`,
    help: ({ guess }) => `it looks like \`${guess}\``,
    explanation:
      '`in percent`, `in ms`, `in KiB` name the unit on the wire. When that is not what comes, every threshold is off by the factor between the two.',
    bad: schemaOther('  metric load: number\n  metric cpu: ratio').replace('load > 4', 'load > 4 and cpu > 90%'),
    good: schemaOther('  metric load: number\n  metric cpu: ratio in percent').replace(
      'load > 4',
      'load > 4 and cpu > 90%',
    ),
    events: whole + other('"load":0.7,"cpu":63.5') + other('"load":0.8,"cpu":12'),
  }),
};

const tagEntries = {
  'key-never-seen': entry<UnseenTag>({
    code: 'DDL8006',
    severity: 'error',
    title: 'a key that never comes',
    message: (args) => unseenTag('the key', args),
    help: (args) => renamedTag(args) ?? 'correct its name on the wire with `from "…"`',
    explanation:
      'State is kept per value of the key; an event without one is refused. No policy of this schema is ever judged.',
    bad: 'schema other {\n  key host from "host.name"\n  metric load: number\n  every 30s\n}\n\npolicy busy {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host from "hostname"\n  metric load: number\n  every 30s\n}\n\npolicy busy {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n',
    events: whole + other('"load":0.7', '"hostname":"a"'),
  }),
  'tag-never-seen': entry<UnseenTag>({
    code: 'DDL8007',
    severity: 'warning',
    title: 'a tag that never comes',
    message: (args) => unseenTag('tag', args),
    help: (args) => renamedTag(args) ?? 'correct its name on the wire with `from "…"`, or remove it',
    explanation: 'A comparison with a tag that an event does not carry is unknown, and unknown never fires.',
    bad: schemaOther('  tag zone\n  metric load: number'),
    good: soundOther,
    events: whole + other('"load":0.7'),
  }),
  'unlisted-tag-value': entry<{ readonly name: string; readonly values: readonly string[] }>({
    code: 'DDL8008',
    severity: 'error',
    title: 'a tag has values that its declaration does not list',
    message: ({ name, values }) =>
      `tag \`${name}\` comes with ${values.length === 1 ? 'a value' : 'values'} that its declaration does not list: ${listed(values)}`,
    help: ({ values }) =>
      `add ${values.length === 1 ? 'it' : 'them'} to the list, or let any value come: remove the list`,
    explanation:
      'A closed list of values lets the compiler find misspelt ones. When the world has one more, policies that were written for "all of them" are not.',
    bad: schemaOther('  tag zone: "a" | "b"\n  metric load: number'),
    good: schemaOther('  tag zone: "a" | "b" | "c"\n  metric load: number'),
    events: whole + other('"load":0.7', '"host":"a","zone":"a"') + other('"load":0.7', '"host":"a","zone":"c"'),
  }),
  'too-many-values': entry<{
    readonly kind: 'key' | 'tag';
    readonly name: string;
    readonly values: number;
    readonly more: boolean;
    readonly bound: number;
    /** `members`: of each key. `growth`: without end, as it seems. */
    readonly why: 'memory' | 'members' | 'growth';
  }>({
    code: 'DDL8009',
    severity: 'error',
    title: 'a key or tag with more values than can be kept',
    message: ({ kind, name, values, more, bound, why }) => {
      const reason = {
        memory: `an engine keeps ${bound}`,
        members: `a key keeps ${bound} members at most`,
        growth: 'nearly every event brings a new one',
      }[why];
      return `${kind} \`${name}\` has ${more ? 'more than ' : ''}${values} values, and ${reason}`;
    },
    help: ({ kind, why }) =>
      why === 'members'
        ? 'raise `at most`, or make the key narrower'
        : `take out of the ${kind} what grows without end, such as a request or a process id`,
    explanation:
      'Memory is bounded: an engine keeps state for so many keys and tells so many values of a tag apart. Beyond that, events of new keys are refused, and new values of a tag count as one.',
    bad: schemaOther('  metric load: number'),
    good: 'schema other {\n  key pool\n  metric load: number\n  every 30s\n}\n\npolicy busy {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n',
    events:
      whole +
      Array.from({ length: 1200 }, (_, at) => other('"load":0.7', `"host":"request-${at}","pool":"a"`)).join(''),
  }),
  'key-without-fleet': entry<{
    readonly policy: string;
    readonly tag: string;
    readonly values: readonly string[];
    readonly unnamed: number;
  }>({
    code: 'DDL8010',
    severity: 'error',
    title: '`fleet of` finds no fleet for values that come',
    message: ({ policy, values, unnamed }) =>
      `policy \`${policy}\` has no fleet to act on for ${listed(values)}${unnamed > 0 ? ` (${unnamed} more values are not in the sample)` : ''}`,
    help: ({ tag }) => `declare a fleet with that \`service\`, or leave the values out: \`on … where ${tag} in [ … ]\``,
    explanation:
      '`fleet of TAG` is the fleet whose `service` is the value of the tag. For a value without one every decision is refused as `unknown target`: the policy watches and can not act.',
    bad: policyWith('  when latency > 500ms for 30s\n  do scale_up(fleet of service_id, by: 1)'),
    good: policyWith('  when latency > 500ms for 30s\n  do scale_up(fleet of service_id, by: 1)').replace(
      'on service',
      'on service where service_id == "payment-service"',
    ),
    events: whole + whole.replace('payment-service', 'search'),
  }),
};

export const driftEntries = {
  ...metricEntries,
  ...tagEntries,
  'undeclared-schema': entry<{ readonly name: string; readonly events: number; readonly near: string | null }>({
    code: 'DDL8011',
    severity: 'warning',
    title: 'events of a schema that is not declared',
    message: ({ name, events }) => `${events} events name the schema \`${name}\`, which is not declared`,
    help: ({ near }) => (near === null ? 'declare it, or stop sending them here' : `did you mean \`${near}\`?`),
    explanation: 'An event goes to the schema that it names. When there is none of that name the event is refused.',
    bad: soundOther,
    good: soundOther.replaceAll('other', 'others'),
    events: whole + other('"load":0.7').replace('"other"', '"others"'),
  }),
  'schema-never-seen': entry<{ readonly schema: string }>({
    code: 'DDL8012',
    severity: 'warning',
    title: 'a schema of which nothing comes',
    message: ({ schema }) => `nothing of schema \`${schema}\` is in the telemetry`,
    help: () => 'record its source too, or remove the schema when nothing sends it any more',
    explanation:
      'The telemetry has no event of this schema and no metric that looks like one of its own, so nothing can be said about it. Perhaps the recording was made at another source.',
    bad: soundOther,
    good: policyWhen('latency > 500ms'),
    events: whole,
  }),
};
