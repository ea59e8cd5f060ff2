// DDL4xxx: what compiles and is most likely not meant.

import { entry, policyWhen, policyWith } from './entry.ts';

export const lintEntries = {
  'float-equality': entry<{ readonly operator: string }>({
    code: 'DDL4001',
    severity: 'warning',
    title: 'a measured value compared for equality',
    message: ({ operator }) =>
      `a measured value is hardly ever exactly equal to a number, so \`${operator}\` says ${operator === '!=' ? 'almost always yes' : 'almost nothing'}`,
    help: ({ operator }) => (operator === '!=' ? 'use `<` or `>`' : 'use `<=`, `>=` or `between`'),
    explanation:
      'Ratios, durations, rates and means are measured as floating-point numbers; 5.0000001% is not 5%. Counts, and a comparison with zero, are fine.',
    bad: policyWhen('latency == 500ms'),
    good: policyWhen('latency >= 500ms'),
  }),
  'for-shorter-than-cadence': entry<{ readonly duration: string; readonly every: string; readonly schema: string }>({
    code: 'DDL4002',
    severity: 'warning',
    title: '`for` shorter than the cadence of the events',
    message: ({ duration, every, schema }) =>
      `\`for ${duration}\` is shorter than the ${every} between two events of \`${schema}\``,
    label: ({ every }) => `works like \`for ${every}\``,
    help: ({ every }) => `write at least \`for ${every}\`, or leave \`for\` out`,
    explanation:
      '`C for D` needs two events that are D apart. Events come less often than that, so the second one decides whatever D says.',
    bad: policyWhen('latency > 500ms for 200ms'),
    good: policyWhen('latency > 500ms for 30s'),
  }),
  'stale-shorter-than-cadence': entry<{ readonly stale: string; readonly every: string }>({
    code: 'DDL4003',
    severity: 'warning',
    title: 'values grow stale before the next event comes',
    message: ({ stale, every }) =>
      `\`stale after ${stale}\` is shorter than \`every ${every}\`: no \`for\` can last from one event to the next`,
    help: ({ every }) => `let it be several times \`${every}\``,
    explanation:
      'Two events further apart than `stale after` break a `for`. When that is shorter than the cadence, each event begins anew and the condition never becomes true.',
    bad: 'schema other {\n  key host\n  metric load: number\n  every 30s\n  stale after 10s\n}\n\npolicy example {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric load: number\n  every 30s\n  stale after 2m\n}\n\npolicy example {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n',
  }),
  'window-shorter-than-cadence': entry<{
    readonly callee: string;
    readonly width: string;
    readonly every: string;
    readonly schema: string;
    readonly effect: string;
  }>({
    code: 'DDL4004',
    severity: 'warning',
    title: 'a window that holds too few events',
    message: ({ callee, width, every, schema, effect }) =>
      `\`${callee}\` over ${width} ${effect}: \`${schema}\` reports every ${every}`,
    help: ({ every }) => `let the window be several times ${every}`,
    explanation:
      'A window of width D at time t holds the events after t − D. When events come less often than D, a mean is the value itself, and the growth of a counter can not be seen, since it needs two values.',
    bad: policyWhen('rate(requests over 1s) > 100/s'),
    good: policyWhen('rate(requests over 1m) > 100/s'),
  }),
  'no-owner': entry<{ readonly policy: string }>({
    code: 'DDL4005',
    severity: 'warning',
    title: 'a policy that acts, and nobody answers for it',
    message: ({ policy }) => `policy \`${policy}\` changes infrastructure in \`enforce\` mode and has no \`owner\``,
    help: () => 'add `owner "TEAM"`',
    explanation: 'A policy that acts on its own needs somebody who is asked when it acted wrongly.',
    bad: policyWith(
      '  when latency > 500ms\n  do restart(payment)\n  runbook "https://runbooks.example/restart"\n  mode enforce',
    ),
    good: policyWith(
      '  owner "payments"\n  runbook "https://runbooks.example/restart"\n  when latency > 500ms\n  do restart(payment)\n  mode enforce',
    ),
  }),
  'no-runbook': entry<{ readonly policy: string }>({
    code: 'DDL4006',
    severity: 'warning',
    title: 'a policy that acts, without a runbook',
    message: ({ policy }) => `policy \`${policy}\` changes infrastructure in \`enforce\` mode and has no \`runbook\``,
    help: () => 'add `runbook "https://…"`',
    explanation: 'Whoever is woken by what a policy did reads on in its runbook.',
    bad: policyWith('  owner "payments"\n  when latency > 500ms\n  do restart(payment)\n  mode enforce'),
    good: policyWith(
      '  owner "payments"\n  runbook "https://runbooks.example/restart"\n  when latency > 500ms\n  do restart(payment)\n  mode enforce',
    ),
  }),
  'unused-declaration': entry<{ readonly kind: string; readonly name: string }>({
    code: 'DDL4007',
    severity: 'warning',
    title: 'a declaration that nothing uses',
    message: ({ kind, name }) => `${kind} \`${name}\` is used nowhere`,
    help: () => 'remove it, or use it',
    explanation: 'What nothing refers to has no effect. Often the use was misspelt or forgotten.',
    bad: `const peak = 500ms\n\n${policyWhen('latency > 600ms')}`,
    good: `const peak = 500ms\n\n${policyWhen('latency > peak')}`,
  }),
  'counter-declared-as-number': entry<{ readonly name: string; readonly wire: string }>({
    code: 'DDL4008',
    severity: 'warning',
    title: 'a counter declared as a number',
    message: ({ name, wire }) =>
      `\`${name}\` reads "${wire}", which by its name is a counter, and is declared as \`number\``,
    help: () => 'declare it as `counter` and read it through `rate` or `increase`',
    explanation:
      'By the convention of Prometheus and OpenMetrics names that end in `_total` are counters: they only grow. A threshold on one holds for ever after some time.',
    bad: 'schema other {\n  key host\n  metric errors: number from "http_errors_total"\n}\n\npolicy example {\n  on other\n  when errors > 100\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric errors: counter from "http_errors_total"\n}\n\npolicy example {\n  on other\n  when increase(errors over 5m) > 100\n  do notify("look here")\n}\n',
  }),
  'settle-longer-than-cooldown': entry<{ readonly settle: string; readonly cooldown: string }>({
    code: 'DDL4009',
    severity: 'warning',
    title: '`settle` longer than `cooldown`',
    message: ({ settle, cooldown }) =>
      `the policy may act again after ${cooldown}, while it waits ${settle} for health`,
    help: () => 'let `cooldown` be at least as long as `settle`',
    explanation:
      '`settle` is the time that an action needs to show its effect. Acting again before that means acting on what is not yet known.',
    bad: policyWith('  when latency > 500ms\n  do restart(payment)\n  cooldown 1m\n  settle 5m'),
    good: policyWith('  when latency > 500ms\n  do restart(payment)\n  cooldown 10m\n  settle 5m'),
  }),
  'division-by-zero': entry({
    code: 'DDL4010',
    severity: 'warning',
    title: 'a division by zero',
    message: () => 'this division by zero is always unknown, and so is every condition on it',
    help: () => 'divide by a metric, or by a number other than zero',
    explanation: 'A quotient by zero is unknown; unknown never fires.',
    bad: policyWhen('queue / 0 > 5'),
    good: policyWhen('queue / 10 > 5'),
  }),
  'silence-unseen': entry<{ readonly duration: string }>({
    code: 'DDL4011',
    severity: 'warning',
    title: 'a silence that is not seen',
    message: () =>
      'this `for` around `missing` advances only when events come, so it does not see that none come at all',
    help: ({ duration }) => `write \`missing(…) for ${duration}\` directly, and join it with \`and\` or \`or\``,
    explanation:
      '`missing(m) for D` advances with the time of the whole stream, also when a source is silent. Inside a larger condition with a `for` around it, `missing` is only asked at events.',
    bad: policyWhen('(missing(latency) or error_rate > 5%) for 2m'),
    good: policyWhen('missing(latency) for 2m or error_rate > 5% for 2m'),
  }),
  'negated-for': entry<{ readonly late: string; readonly early: string; readonly duration: string }>({
    code: 'DDL4012',
    severity: 'warning',
    title: '`not` before a `for`, without parentheses',
    message: ({ duration }) =>
      `\`for\` binds tighter than \`not\`: this is true at once, until the condition has held for ${duration}`,
    help: ({ late, early }) => `write \`${late}\` if that is not meant, \`${early}\` if it is`,
    explanation:
      '`not C for D` means `not (C for D)`: true from the first event on, and false only once C has held for D. Who reads it often takes it for `(not C) for D`: true once C has not held for D. Parentheses say which; `ddlc fmt` writes those of the former.',
    bad: policyWhen('not latency < 500ms for 30s'),
    good: policyWhen('(not latency < 500ms) for 30s or not (ready for 30s)'),
  }),
  'threshold-outside-range': entry<{ readonly measured: string; readonly holds: 'always' | 'never' }>({
    code: 'DDL4021',
    severity: 'warning',
    title: 'a ratio compared with what it can not be',
    message: ({ measured, holds }) => `\`${measured}\` is a share of a whole, from 0% to 100%: this ${holds} holds`,
    help: () => 'write a threshold between 0% and 100%; what may be more than a whole is a `number`',
    explanation:
      'A `ratio` is declared as a share of a whole. A threshold outside of 0% to 100% is mostly a slip of the unit: 500% for 5%.',
    bad: policyWhen('error_rate > 500%'),
    good: policyWhen('error_rate > 5%'),
  }),
  'unbounded-key': entry<{ readonly kind: string; readonly name: string }>({
    code: 'DDL4022',
    severity: 'warning',
    title: 'a key or tag without a bound',
    message: ({ kind, name }) =>
      kind === 'key'
        ? `\`${name}\` has a new value for nearly every event: state would be kept for each of them`
        : `\`${name}\` has a new value for nearly every event: each of them would be remembered`,
    help: ({ kind }) =>
      kind === 'key'
        ? 'use the service, host or route as the key'
        : 'leave the tag out, or let the source send a class of values',
    explanation:
      'State is kept for each value of the key, and the values of tags are remembered by number. Identifiers of requests, sessions or users, and whole addresses, have no end of values; a policy on a single request never sees a second event.',
    bad: 'schema other {\n  key request_id\n  metric load: number\n}\n\npolicy example {\n  on other\n  when load > 4\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric load: number\n}\n\npolicy example {\n  on other\n  when load > 4\n  do notify("look here")\n}\n',
  }),
  'invisible-character': entry<{ readonly code: string }>({
    code: 'DDL4023',
    severity: 'warning',
    title: 'a character that nobody sees',
    message: ({ code }) => `there is an invisible character here, ${code}`,
    help: () => 'remove it',
    explanation:
      'Characters that turn the direction of writing, or that have no width, make a program look different from what it is: a reviewer approves what the compiler does not read.',
    bad: policyWhen('latency > 500ms').replace('look here', 'look\u202E here'),
    good: policyWhen('latency > 500ms'),
  }),
  'mixed-script-word': entry<{ readonly letter: string; readonly code: string }>({
    code: 'DDL4024',
    severity: 'warning',
    title: 'a word of two scripts',
    message: ({ letter, code }) => `\`${letter}\` in this word is ${code}: it only looks like a Latin letter`,
    help: () => 'write the word in one script',
    explanation:
      'Some letters of Cyrillic and Greek look like Latin ones. A name that holds one is another name than it seems: a tag compared with it never matches.',
    bad: policyWith('  when latency > 500ms and instance == "p\u0430yment"\n  do notify("look here")'),
    good: policyWith('  when latency > 500ms and instance == "payment"\n  do notify("look here")'),
  }),
  'limit-never-reached': entry<{ readonly cooldown: string; readonly most: number; readonly per: string }>({
    code: 'DDL4025',
    severity: 'warning',
    title: 'a limit that is never reached',
    message: ({ cooldown, most, per }) =>
      `with a cooldown of ${cooldown} there are at most ${most} decisions in ${per}, so this limits nothing`,
    help: () => 'lower the limit or shorten the cooldown',
    explanation:
      'The cooldown alone keeps the policy from deciding more often than that. A limit above it looks like protection and is none; one of the two is most likely not what was meant.',
    bad: policyWith('  when latency > 500ms\n  do restart(payment)\n  cooldown 10m\n  limit 20 per 1h'),
    good: policyWith('  when latency > 500ms\n  do restart(payment)\n  cooldown 10m\n  limit 3 per 1h'),
  }),
  'lateness-beyond-age': entry<{ readonly policy: string; readonly lateness: string; readonly age: string }>({
    code: 'DDL4026',
    severity: 'warning',
    title: 'events are too old before they are judged',
    message: ({ policy, lateness, age }) =>
      `events wait ${lateness} for late ones, and \`${policy}\` acts on none older than ${age}: it never acts`,
    help: () => 'let `max_age` be longer than the schema’s `lateness`',
    explanation:
      '`lateness` is how long an event waits for others with an earlier time. What has waited longer than the policy’s `max_age` (5m when left out) is judged and no longer acted on.',
    bad: 'schema other {\n  key host\n  metric load: number\n  lateness 10m\n}\n\npolicy example {\n  on other\n  when load > 4\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric load: number\n  lateness 10m\n}\n\npolicy example {\n  on other\n  when load > 4\n  do notify("look here")\n  max_age 20m\n}\n',
  }),
  'gauge-declared-as-counter': entry<{ readonly name: string; readonly wire: string }>({
    code: 'DDL4027',
    severity: 'warning',
    title: 'a gauge declared as a counter',
    message: ({ name, wire }) =>
      `\`${name}\` reads "${wire}", which by its name goes up and down, and is declared as \`counter\``,
    help: () => 'declare it as `number`, `ratio` or `bytes`, and compare it or its `avg`',
    explanation:
      'Every fall of a counter is taken for a restart, and the new value for growth since then. Of something that goes up and down, `rate` and `increase` say nonsense.',
    bad: 'schema other {\n  key host\n  metric queue: counter from "queue_depth"\n}\n\npolicy example {\n  on other\n  when rate(queue over 5m) > 4/s\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric queue: number from "queue_depth"\n}\n\npolicy example {\n  on other\n  when avg(queue over 5m) > 4\n  do notify("look here")\n}\n',
  }),
  'unit-against-name': entry<{
    readonly wire: string;
    readonly type: string;
    readonly unit: string | null;
    readonly meant: string;
  }>({
    code: 'DDL4028',
    severity: 'warning',
    title: 'a unit that the name contradicts',
    message: ({ wire, type, unit, meant }) =>
      `"${wire}" speaks of ${meant === '' ? 'a share from 0 to 1' : `\`${meant}\``}, and is read as ${unit === null ? `a plain \`${type}\`` : `\`${unit}\``}`,
    help: ({ type, meant }) => (meant === '' ? `write \`${type}\` without a unit` : `write \`${type} in ${meant}\``),
    explanation:
      'What stands behind `in` is the unit on the wire. When the name of a metric says another one, every value is off by the factor between the two: 63.5 percent read as a ratio is 6350%.',
    bad: 'schema other {\n  key host\n  metric cpu: ratio from "cpu_usage_percent"\n}\n\npolicy example {\n  on other\n  when cpu > 80%\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric cpu: ratio in percent from "cpu_usage_percent"\n}\n\npolicy example {\n  on other\n  when cpu > 80%\n  do notify("look here")\n}\n',
  }),
  'hold-shorter-than-cadence': entry<{ readonly name: string; readonly hold: string; readonly every: string }>({
    code: 'DDL4029',
    severity: 'warning',
    title: 'a `hold` that holds nothing',
    message: ({ name, hold, every }) =>
      `\`hold ${hold}\` ends before the next event comes, ${every} later: \`${name}\` is never held`,
    help: ({ every }) => `let it be several times ${every}, or leave it out`,
    explanation:
      '`hold D` lets the last value of a metric serve at events that lack it, for as long as D. When events are further apart than that, it never does.',
    bad: 'schema other {\n  key host\n  metric load: number optional hold 5s\n  every 30s\n}\n\npolicy example {\n  on other\n  when load > 4\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric load: number optional hold 2m\n  every 30s\n}\n\npolicy example {\n  on other\n  when load > 4\n  do notify("look here")\n}\n',
  }),
  'attempts-longer-than-cooldown': entry<{
    readonly action: string;
    readonly attempts: number;
    readonly longest: string;
    readonly cooldown: string;
  }>({
    code: 'DDL4030',
    severity: 'warning',
    title: 'an action that may still run when the policy acts again',
    message: ({ action, attempts, longest, cooldown }) =>
      `\`${action}\` may take ${longest} in ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}, and the policy may act again after ${cooldown}`,
    help: () => 'shorten `timeout`, lower `retry`, or lengthen `cooldown`',
    explanation:
      'All attempts of an action may take `timeout` times one more than `retry`. When the cooldown is over before that, the same change is begun twice.',
    bad: policyWith('  when latency > 500ms\n  do restart(payment) timeout 5m retry 3\n  cooldown 10m'),
    good: policyWith('  when latency > 500ms\n  do restart(payment) timeout 2m retry 3\n  cooldown 10m'),
  }),
  'repeated-action': entry<{ readonly action: string }>({
    code: 'DDL4031',
    severity: 'warning',
    title: 'the same action twice in one policy',
    message: ({ action }) => `this \`${action}\` is done twice in one go`,
    help: () => 'remove one of the two, or change what it does',
    explanation:
      'All `do` lines of a policy are carried out together. Two that are the same are mostly a copy that was to be changed.',
    bad: policyWith('  when latency > 500ms\n  do notify("look here")\n  do notify("look here")'),
    good: policyWith('  when latency > 500ms\n  do notify("look here")\n  do notify("look there", channel: "night")'),
  }),
  'step-beyond-size': entry<{
    readonly action: string;
    readonly fleet: string;
    readonly step: number;
    readonly min: number;
    readonly max: number;
  }>({
    code: 'DDL4032',
    severity: 'warning',
    title: 'a step beyond the size of the fleet',
    message: ({ action, fleet, step, min, max }) =>
      action === 'scale_to'
        ? `fleet \`${fleet}\` has ${min} to ${max} members, and never ${step}`
        : `fleet \`${fleet}\` has ${min} to ${max} members: a step of ${step} can never be taken whole`,
    help: () => 'take a smaller step, or change the fleet’s `size`',
    explanation:
      'The size of a fleet bounds what an action may make of it. A step that leads out of the bounds from wherever it begins is a slip of the number, or the size is.',
    bad: policyWith('  when latency > 500ms\n  do scale_up(payment, by: 200)'),
    good: policyWith('  when latency > 500ms\n  do scale_up(payment, by: 2)'),
  }),
  'within-shorter-than-cadence': entry<{
    readonly duration: string;
    readonly every: string;
    readonly schema: string;
    readonly sequence: boolean;
  }>({
    code: 'DDL4033',
    severity: 'warning',
    title: '`within` shorter than the cadence of the events',
    message: ({ duration, every, schema, sequence }) =>
      `\`within ${duration}\` is shorter than the ${every} between two events of \`${schema}\`: ${sequence ? 'no event comes so soon after another' : 'it sees the present event alone'}`,
    help: ({ every }) => `write at least \`within ${every}\``,
    explanation:
      '`C within D` asks whether C was true at an event of the last D, `A then B within D` whether A was at one before. Events come less often than that.',
    bad: policyWhen('latency > 500ms within 200ms'),
    good: policyWhen('latency > 500ms within 30s'),
  }),
  'stale-without-slack': entry<{ readonly stale: string; readonly every: string }>({
    code: 'DDL4034',
    severity: 'warning',
    title: 'one lost event ends every `for`',
    message: ({ stale, every }) =>
      `\`stale after ${stale}\` leaves no room beside \`every ${every}\`: one event that is lost ends every \`for\``,
    help: ({ every }) => `let it be several times \`${every}\``,
    explanation:
      'A `for` ends when two events are further apart than `stale after`. When that is less than two cadences, a single lost event, or two that come a little late, begin it anew; with a long `for` it may never be reached.',
    bad: 'schema other {\n  key host\n  metric load: number\n  every 30s\n  stale after 40s\n}\n\npolicy example {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n',
    good: 'schema other {\n  key host\n  metric load: number\n  every 30s\n  stale after 2m\n}\n\npolicy example {\n  on other\n  when load > 4 for 5m\n  do notify("look here")\n}\n',
  }),
};
