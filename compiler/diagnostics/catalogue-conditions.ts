// Mistakes in conditions over lists, ranges and patterns, in a policy's hours, and in what it does without data.

import { type Advised, entry, policyWhen, policyWith } from './entry.ts';

export const conditionEntries = {
  'empty-between': entry<{ readonly low: string; readonly high: string }>({
    code: 'DDL3040',
    severity: 'error',
    title: '`between` whose first bound is the greater',
    message: ({ low, high }) => `nothing lies between \`${low}\` and \`${high}\`: the first is the greater`,
    help: ({ low, high }) => `write \`between ${high} and ${low}\``,
    explanation: '`x between a and b` is `x >= a and x <= b`. With the greater bound first it never holds.',
    bad: policyWhen('error_rate between 5% and 1%'),
    good: policyWhen('error_rate between 1% and 5%'),
  }),
  'unfit-like': entry<{ readonly what: string }>({
    code: 'DDL3041',
    severity: 'error',
    title: '`like` of something that is no tag',
    message: ({ what }) => `\`like\` asks a key or tag, and this is ${what}`,
    help: () => 'compare a value with `<`, `>` or `between`',
    explanation:
      'Patterns are for texts, and only keys and tags are texts. `*` stands for any text, `?` for any one character; there are no regular expressions, so that a pattern costs one look per event.',
    bad: policyWhen('latency like "5*"'),
    good: policyWhen('region like "eu-*" and latency > 500ms'),
  }),
  'unmatched-pattern': entry<{ readonly tag: string; readonly pattern: string; readonly values: readonly string[] }>({
    code: 'DDL3042',
    severity: 'error',
    title: 'a pattern that no value of the tag fits',
    message: ({ tag, pattern }) => `no value that \`${tag}\` is declared to have fits \`${pattern}\``,
    help: ({ values }) => `its values are ${values.map((value) => `\`${value}\``).join(', ')}`,
    explanation: 'The schema lists the values that the tag can have, and none of them fits: the condition never holds.',
    bad: policyWhen('region like "ap-*" and latency > 500ms'),
    good: policyWhen('region like "eu-*" and latency > 500ms'),
  }),
  'empty-hours': entry<{ readonly time: string }>({
    code: 'DDL3043',
    severity: 'error',
    title: 'hours that end when they begin',
    message: ({ time }) => `from \`${time}\` to \`${time}\` is no time at all`,
    help: () => 'write `00:00..24:00` for the whole day, or leave the times out',
    explanation:
      'The end of a range of times does not belong to it. One that ends before it begins runs past midnight.',
    bad: policyWith('  when latency > 500ms\n  do notify("look here")\n  active mon..fri 08:00..08:00'),
    good: policyWith('  when latency > 500ms\n  do notify("look here")\n  active mon..fri 22:00..08:00'),
  }),
  'unknown-day': entry<Advised>({
    code: 'DDL2050',
    severity: 'error',
    title: 'a day that there is not',
    message: ({ name }) => `\`${name}\` is no day of the week`,
    help: ({ advice }) => advice,
    explanation: 'The days are `mon`, `tue`, `wed`, `thu`, `fri`, `sat` and `sun`; `fri..mon` goes over the weekend.',
    bad: policyWith('  when latency > 500ms\n  do notify("look here")\n  active mon..fry'),
    good: policyWith('  when latency > 500ms\n  do notify("look here")\n  active mon..fri'),
  }),
  'unknown-zone': entry<Advised>({
    code: 'DDL2051',
    severity: 'error',
    title: 'a time zone that there is not',
    message: ({ name }) => `there is no time zone \`${name}\``,
    help: ({ advice }) => advice ?? 'write a name of the IANA time zone database, such as `"Europe/Berlin"`',
    explanation:
      'Zones have the names of the IANA time zone database. Offsets such as `+02:00` are none: they do not know when the clocks change.',
    bad: policyWith('  when latency > 500ms\n  do notify("look here")\n  active 08:00..18:00 in "Europe/Berln"'),
    good: policyWith('  when latency > 500ms\n  do notify("look here")\n  active 08:00..18:00 in "Europe/Berlin"'),
  }),
  'unknown-missing-rule': entry<Advised>({
    code: 'DDL2052',
    severity: 'error',
    title: 'a rule for missing data that there is not',
    message: ({ name }) => `\`${name}\` is no rule for missing data`,
    help: ({ advice }) => advice,
    explanation:
      '`on missing hold` keeps timers and the policy as they are while the condition is unknown; it need not be written. `on missing reset` ends the run of every timer whose condition is unknown. `on missing treat_as false` does so too and re-arms a policy whose condition is unknown. Under none of them does an unknown condition fire.',
    bad: policyWith('  when latency > 500ms for 30s\n  do notify("look here")\n  on missing ignore'),
    good: policyWith('  when latency > 500ms for 30s\n  do notify("look here")\n  on missing hold'),
  }),
  'shrinks-on-silence': entry<{ readonly policy: string; readonly action: string }>({
    code: 'DDL3044',
    severity: 'error',
    title: 'missing data that would shrink a fleet',
    message: ({ policy, action }) => `policy \`${policy}\` does \`${action}\`, and missing data never shrinks a fleet`,
    help: () => 'leave `missing` out: such a policy fires only when everything that it reads is known',
    explanation:
      'A source that is silent says nothing about load. A policy with an action that takes members away, or may do so, fires only at events at which every metric and window that its `when` reads has a value and no member of the key is missing: one that has fallen silent is, until it has been so for `stale after` and the greatest of `cooldown`, `settle` and ten times `stale after`, and so is one beyond `at most`. Nor may such a policy ask for `missing`.',
    bad: policyWith('  when missing(queue) or queue < 5\n  do scale_down(payment, by: 1)'),
    good: policyWith('  when queue < 5\n  do scale_down(payment, by: 1)'),
  }),
  'data-not-held': entry<{ readonly rule: string; readonly effect: string }>({
    code: 'DDL4040',
    severity: 'warning',
    title: 'missing data that changes what a policy does',
    message: ({ rule, effect }) => `\`on missing ${rule}\`: ${effect}`,
    help: () => 'leave it out to keep timers and the policy as they are while data is missing',
    explanation:
      'By the law of time unknown data neither advances nor ends a run, and a policy that has fired stays so. Under `reset` a single event without the metric begins every `for` anew; under `treat_as false` it also re-arms the policy, which then fires again when the data is back: each gap in the telemetry is one more alarm.',
    bad: policyWith('  when latency > 500ms for 30s\n  do notify("look here")\n  on missing treat_as false'),
    good: policyWith('  when latency > 500ms for 30s\n  do notify("look here")'),
  }),
};
