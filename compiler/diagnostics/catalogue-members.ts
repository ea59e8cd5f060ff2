// Mistakes about what makes a key or tag, and about the members of a key.

import { entry, policyWhen } from './entry.ts';

export const memberEntries = {
  'empty-source': entry({
    code: 'DDL2040',
    severity: 'error',
    title: 'a value made of nothing',
    message: () => 'a name on the wire, or a value that is always the same, can not be empty',
    help: () => 'write the name of the field of the event: `from "service.name"`',
    explanation:
      '`from "…"` names the field of the event that a key, tag or metric is read from, and `always "…"` is the value that every event gets. Neither can be empty: no event would have it.',
    bad: `schema other {\n  key host from ""\n  metric load: number\n}\n\n${policyWhen('latency > 500ms')}\npolicy second {\n  on other\n  when load > 4\n  do notify("look here")\n}\n`,
    good: `schema other {\n  key host from "host.name"\n  metric load: number\n}\n\n${policyWhen('latency > 500ms')}\npolicy second {\n  on other\n  when load > 4\n  do notify("look here")\n}\n`,
  }),
  'no-member-tag': entry<{ readonly name: string; readonly what: string; readonly isTag: boolean }>({
    code: 'DDL2071',
    severity: 'error',
    title: '`across` something that has no members',
    message: ({ name, what }) => `\`${name}\` is ${what}: its values are not members`,
    label: () => 'not a member tag',
    help: ({ name, isTag }) =>
      isTag ? `say how many there can be: \`tag ${name} at most 500\`` : 'name a tag that is declared with `at most`',
    explanation:
      '`across TAG` looks at each value of the tag on its own, so the engine keeps something for each of them. How many that can be has to be said where the tag is declared: `tag instance at most 500`. Without it a tag that grows without end would take memory without end.',
    bad: policyWhen('avg(latency across region) > 500ms'),
    good: policyWhen('avg(latency across instance) > 500ms'),
  }),
  'unfit-member-limit': entry<{ readonly name: string; readonly text: string; readonly most: number }>({
    code: 'DDL3071',
    severity: 'error',
    title: 'a number of members that can not be',
    message: ({ name, text }) => `\`${name}\` can not have at most ${text} values`,
    help: ({ most }) => `write a whole number from 1 to ${most}`,
    explanation:
      'What is kept per member takes memory for every key, and what members have in common is worked out from all of them, so there is a limit to their number.',
    bad: `schema other {\n  key service\n  tag pod at most 0\n  metric load: number\n}\n\npolicy example {\n  on other\n  when avg(load across pod) > 4\n  do notify("look here")\n}\n`,
    good: `schema other {\n  key service\n  tag pod at most 100\n  metric load: number\n}\n\npolicy example {\n  on other\n  when avg(load across pod) > 4\n  do notify("look here")\n}\n`,
  }),
  'unfit-across': entry<{ readonly callee: string; readonly tag: string; readonly names: string }>({
    code: 'DDL3072',
    severity: 'error',
    title: 'a function that does not go across members',
    message: ({ callee }) => `\`${callee}\` does not go across members`,
    help: ({ names, tag }) => `these do: ${names}; a window goes within: \`sum(rate(c over 1m) across ${tag})\``,
    explanation:
      'Members have no order in time, so only what holds for any set of values can be asked of them: how many, the sum, the mean, the least and the greatest, the spread, quantiles, the share for which a condition holds.',
    bad: policyWhen('rate(requests across instance) > 5/s'),
    good: policyWhen('sum(rate(requests over 1m) across instance) > 5/s'),
  }),
  'missing-across': entry<{ readonly callee: string; readonly example: string }>({
    code: 'DDL3073',
    severity: 'error',
    title: 'members that are not named',
    message: ({ callee }) => `\`${callee}\` needs to know of what: \`across TAG\` is missing`,
    help: ({ example }) => `for example \`${example}\``,
    explanation:
      '`share` is the share of a key’s members for which a condition holds, and `across` says by which tag members are told apart. For the share of the events of a stretch of time write `avg(CONDITION over 5m)`.',
    bad: policyWhen('share(latency > 500ms) > 30%'),
    good: policyWhen('share(latency > 500ms across instance) > 30%'),
  }),
  'window-of-members': entry<{ readonly callee: string; readonly word: string; readonly tag: string }>({
    code: 'DDL3074',
    severity: 'error',
    title: 'a window beside `across`',
    message: ({ word }) => `it is not plain which comes first here: the members or the window of \`${word}\``,
    help: ({ callee, tag }) =>
      `write the window of each member within: \`${callee}(avg(x over 5m) across ${tag})\`; a window of all events, of whichever member, needs no \`across\``,
    explanation:
      'A mean over five minutes across instances may be the mean of each instance’s mean, or that of all their events. The first is a window within `across`, the second a window alone. Of a histogram both may stand side by side: `p99(latency over 5m across instance)` merges what all members counted.',
    bad: policyWhen('max(latency across instance over 5m) > 500ms'),
    good: policyWhen('max(avg(latency over 5m) across instance) > 500ms'),
  }),
  'unfit-histogram-type': entry<{ readonly hold: boolean }>({
    code: 'DDL2072',
    severity: 'error',
    title: 'a histogram of nothing that can be counted',
    message: ({ hold }) =>
      hold ? 'a histogram is not held: it tells what came since' : '`of` says what a `histogram` counts',
    help: ({ hold }) =>
      hold ? 'leave `hold` out' : 'write `histogram of number`, `of ratio`, `of duration`, `of bytes` or `of rate`',
    explanation:
      'A histogram counts observations of a quantity by size. Of which quantity stands behind `of`, with its unit on the wire: `histogram of duration in ms`. It has no value of its own that could be held.',
    bad: 'schema other {\n  key host\n  metric delay: histogram of bool\n}\n\npolicy example {\n  on other\n  when p99(delay over 5m) > 2s\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric delay: histogram of duration\n}\n\npolicy example {\n  on other\n  when p99(delay over 5m) > 2s\n  do notify("look here")\n}\n',
  }),
  'unfit-histogram': entry<{ readonly callee: string; readonly name: string }>({
    code: 'DDL3075',
    severity: 'error',
    title: 'a histogram where a value is needed',
    message: ({ callee, name }) => `\`${callee}\` can not be asked of the histogram \`${name}\` in this way`,
    help: ({ name }) =>
      `ask for what came in a window: \`p99(${name} over 5m)\`, \`quantile\`, \`avg\`, \`sum\`, \`count\` or \`rate\`; of all members together \`p99(${name} over 5m across TAG)\``,
    explanation:
      'A histogram says how many observations lie where since it began, or since the last one was sent. What can be compared is how it grew in a window: a quantile, the mean, the sum, how many there were.',
    bad: 'schema other {\n  key host\n  metric delay: histogram of duration\n}\n\npolicy example {\n  on other\n  when max(delay over 5m) > 2s\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric delay: histogram of duration\n}\n\npolicy example {\n  on other\n  when p99(delay over 5m) > 2s\n  do notify("look here")\n}\n',
  }),
  'mixed-counters': entry<{
    readonly callee: string;
    readonly histogram: boolean;
    readonly metric: string;
    readonly tag: string;
  }>({
    code: 'DDL4071',
    severity: 'warning',
    title: 'the counters of several members as one',
    message: ({ histogram, metric, tag }) =>
      `each \`${tag}\` has a ${histogram ? 'histogram' : 'counter'} \`${metric}\` of its own: mixed, they seem to restart with every event`,
    label: () => 'reads the counters of all members as one',
    help: ({ callee, histogram, metric, tag }) =>
      histogram
        ? `write \`${callee}(${metric} over 5m across ${tag}${callee === 'quantile' ? ', 99.9%' : ''})\``
        : `write \`sum(${callee}(${metric} over 5m) across ${tag})\``,
    explanation:
      'The policy goes across members, so each event is one member’s and those of several are mixed in the key’s history. The counter of one lies below that of another, which looks like a restart and counts as growth. `across` keeps them apart. A histogram is such a counter in each of its buckets, and `p99(latency over 5m across instance)` that of all of them.',
    bad: policyWhen('rate(requests over 5m) > 5/s and avg(latency across instance) > 500ms'),
    good: policyWhen('sum(rate(requests over 5m) across instance) > 5/s and avg(latency across instance) > 500ms'),
  }),
};
