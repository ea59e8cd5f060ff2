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
};
