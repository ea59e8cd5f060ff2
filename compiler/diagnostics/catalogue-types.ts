// DDL3xxx: types, units and the shape of what is written.

import { inOneUnit } from '../vocabulary/units.ts';
import { entry, policyWhen, policyWith } from './entry.ts';

interface TwoSides {
  readonly left: string;
  readonly right: string;
  readonly operation: string;
  readonly advice: string | null;
}

export const typeEntries = {
  'unit-mismatch': entry<TwoSides>({
    code: 'DDL3001',
    severity: 'error',
    title: 'two units that do not fit',
    message: ({ left, right, operation }) => `${left} can not be ${operation} ${right}`,
    help: ({ advice }) => advice,
    explanation:
      'Both sides of a comparison, a sum or a difference must measure the same thing: a percentage is never compared with a duration. Multiplying and dividing change the unit: bytes ÷ duration is a rate.',
    bad: policyWhen('error_rate > 500ms'),
    good: policyWhen('error_rate > 5%'),
  }),
  'ratio-above-one': entry<{
    readonly text: string;
    /** The same as it stands in the program, which may be by name; the closing backticks are the message's. */
    readonly shown: string;
  }>({
    code: 'DDL3002',
    severity: 'error',
    title: 'a ratio compared with a number above 1',
    message: ({ text, shown }) =>
      `a ratio lies between 0 and 1, and \`${shown}\`${shown === text ? '' : ','} is ${text.startsWith('-') ? 'below' : 'above'} that`,
    help: ({ text }) => `if percent is meant, write \`${text}%\``,
    explanation:
      'Ratios are canonical in the program: 5 percent is `5%` or `0.05`. A bare `5` means 500 percent, and the condition would never hold.',
    bad: policyWhen('error_rate > 5'),
    good: policyWhen('error_rate > 5%'),
  }),
  'raw-counter': entry<{ readonly name: string }>({
    code: 'DDL3003',
    severity: 'error',
    title: 'a counter read as a value',
    message: ({ name }) => `\`${name}\` is a counter: its value only grows and says nothing by itself`,
    help: ({ name }) => `read its growth: \`rate(${name} over 1m)\` or \`increase(${name} over 5m)\``,
    explanation:
      'A counter grows from the start of its process and begins again at zero on a restart. A threshold on it holds for ever after some days, and not at all after a restart.',
    bad: policyWhen('requests > 1000'),
    good: policyWhen('rate(requests over 1m) > 100/s'),
  }),
  'not-a-counter': entry<{ readonly callee: string; readonly what: string }>({
    code: 'DDL3004',
    severity: 'error',
    title: 'rate or increase of something that is no counter',
    message: ({ callee, what }) => `\`${callee}\` takes a counter, and this is ${what}`,
    help: () =>
      'declare the metric as `counter` if it only grows; for a value that goes up and down use `avg`, `min` or `max`',
    explanation:
      '`rate` and `increase` take every fall of the value for a restart. On a value that goes up and down they would invent growth.',
    bad: policyWhen('rate(queue over 1m) > 5'),
    good: policyWhen('avg(queue over 1m) > 5'),
  }),
  'not-a-condition': entry<{ readonly what: string; readonly example: string }>({
    code: 'DDL3005',
    severity: 'error',
    title: 'a value where a condition is needed',
    message: ({ what }) => `a condition is needed here, and this is ${what}`,
    help: ({ example }) => `compare it, for example \`${example}\``,
    explanation:
      '`when`, `until`, `for`, `and`, `or` and `not` need something that is true or false. Numbers are never taken for true or false.',
    bad: policyWhen('latency for 30s'),
    good: policyWhen('latency > 500ms for 30s'),
  }),
  'not-a-number': entry<{ readonly what: string; readonly operation: string }>({
    code: 'DDL3006',
    severity: 'error',
    title: 'calculating with something that is no number',
    message: ({ what, operation }) => `${operation} needs a number, and this is ${what}`,
    help: ({ what }) =>
      what === 'a condition'
        ? 'join conditions with `and`, `or` and `not`'
        : 'use a metric, a number with its unit, or a window here',
    explanation:
      'Arithmetic, comparisons by size and windows work on numbers with their units. Tags, texts and conditions are none.',
    bad: policyWhen('region + 1 > 5'),
    good: policyWhen('queue + 1 > 5'),
  }),
  'tag-comparison': entry<{ readonly what: string; readonly advice: string }>({
    code: 'DDL3007',
    severity: 'error',
    title: 'a comparison that tags do not have',
    message: ({ what }) => what,
    help: ({ advice }) => advice,
    explanation:
      'A tag or the key is compared with a text in double quotes, by `==` or `!=`. Texts have no order here, and two tags are not compared with each other.',
    bad: policyWhen('latency > 500ms and region > "eu"'),
    good: policyWhen('latency > 500ms and region == "eu-west-1"'),
  }),
  'condition-comparison': entry({
    code: 'DDL3008',
    severity: 'error',
    title: 'a condition compared with something else',
    message: () => 'a condition can only be compared with `true` or `false`, by `==` or `!=`',
    help: () => 'join conditions with `and`, `or` and `not`',
    explanation: 'A condition is true, false or unknown; it has no size.',
    bad: policyWhen('ready > 5'),
    good: policyWhen('ready == false'),
  }),
  'wrong-argument-count': entry<{
    readonly callee: string;
    readonly expected: number;
    readonly found: number;
    readonly example: string;
  }>({
    code: 'DDL3009',
    severity: 'error',
    title: 'too many or too few arguments',
    message: ({ callee, expected, found }) =>
      `\`${callee}\` takes ${expected === 1 ? 'one argument' : `${expected} arguments`}, and here ${found === 1 ? 'is one' : `are ${found}`}`,
    help: ({ example }) => `for example \`${example}\``,
    explanation: 'Every function takes a fixed number of arguments.',
    bad: policyWhen('clamp(queue, 0) > 5'),
    good: policyWhen('clamp(queue, 0, 100) > 5'),
  }),
  'missing-over': entry<{ readonly callee: string; readonly example: string }>({
    code: 'DDL3010',
    severity: 'error',
    title: 'a window without its width',
    message: ({ callee }) => `\`${callee}\` needs to know over which time`,
    help: ({ example }) => `for example \`${example}\``,
    explanation: 'Windows are bounded: the width says how much history is kept for every key.',
    bad: policyWhen('avg(latency) > 500ms'),
    good: policyWhen('avg(latency over 5m) > 500ms'),
  }),
  'unexpected-over': entry<{ readonly callee: string; readonly word: string }>({
    code: 'DDL3011',
    severity: 'error',
    title: '`over` where nothing is looked back on',
    message: ({ callee, word }) => `\`${callee}\` takes no \`${word}\` here`,
    help: ({ word }) => `remove \`${word} …\`, or use a window such as \`avg\` around it`,
    explanation:
      'Only windows look back over time and choose events, behind their first or their last argument. Elsewhere `over`, `ago` and `where` would have no effect.',
    bad: policyWhen('abs(queue over 5m) > 5'),
    good: policyWhen('abs(avg(queue over 5m)) > 5'),
  }),
  'nested-window': entry<{ readonly what: string }>({
    code: 'DDL3012',
    severity: 'error',
    title: 'a window over a window or a timer',
    message: ({ what }) => `a window can not look at ${what}`,
    help: () =>
      'a window looks at the values of the events themselves; compare the result of one window, do not feed it to another',
    explanation:
      'A window over a window would need the history of a history: its cost has no good bound. The same goes for `for` inside a window.',
    bad: policyWhen('avg(max(latency over 1m) over 5m) > 500ms'),
    good: policyWhen('max(latency over 5m) > 500ms'),
  }),
  'unfit-part': entry<{ readonly part: string; readonly most: number }>({
    code: 'DDL3026',
    severity: 'error',
    title: 'no part of a whole',
    message: ({ part }) => `\`for ${part}\` is no part of a whole`,
    help: ({ most }) =>
      `write a number of the last events, as in \`for 3 of 5\` (at most ${most}), or a share of a time, as in \`for 80% of 5m\``,
    explanation:
      'Of events the part is a number of events, at least one and at most all. Of a time it is a share, above 0% and at most 100%.',
    bad: policyWhen('latency > 500ms for 5 of 3'),
    good: policyWhen('latency > 500ms for 3 of 5'),
  }),
  'timer-in-part': entry<{ readonly part: string }>({
    code: 'DDL3027',
    severity: 'error',
    title: 'a timer inside a part',
    message: ({ part }) => `\`for ${part}\` can not look at a condition that lasts`,
    help: () => 'ask for a part of the plain condition, or put the part into the timer: `(C for 3 of 5) for 1m`',
    explanation:
      'A part counts the events at which a condition was true. A condition that lasts is true only after its time, so the count would begin late and mean something else than it says.',
    bad: policyWhen('(latency > 500ms for 1m) for 3 of 5'),
    good: policyWhen('latency > 500ms for 3 of 5'),
  }),
  'unfit-where': entry<{ readonly what: string }>({
    code: 'DDL3013',
    severity: 'error',
    title: '`where` looks at something that changes',
    message: ({ what }) => `\`where\` selects events by key and tags; this is ${what}`,
    help: () => 'move this part to `when`',
    explanation:
      '`where` says which events concern the policy at all, also when none of their values is known. What is measured belongs to `when`.',
    bad: 'policy example {\n  on service where latency > 1s\n  when error_rate > 5%\n  do notify("look here")\n}\n',
    good: 'policy example {\n  on service where region == "eu-west-1"\n  when error_rate > 5% and latency > 1s\n  do notify("look here")\n}\n',
  }),
  'bad-duration': entry<{ readonly where: string; readonly text: string }>({
    code: 'DDL3014',
    severity: 'error',
    title: 'no usable duration',
    message: ({ where, text }) =>
      `\`${where}\` takes a duration of whole milliseconds above zero, and this is \`${text}\``,
    help: ({ text }) => {
      const one = inOneUnit(text);
      return one === null
        ? 'write for example `30s`, `5m` or `250ms`; the longest is 366d'
        : `a duration has one unit: write \`${one}\``;
    },
    explanation:
      'Time in conditions is counted in whole milliseconds. A number without a unit is no duration: nobody could tell seconds from milliseconds.',
    bad: policyWhen('latency > 500ms for 30'),
    good: policyWhen('latency > 500ms for 30s'),
  }),
  'property-shape': entry<{
    readonly name: string;
    readonly shape: string;
    readonly example: string;
    readonly expected: string;
    readonly found: string;
  }>({
    code: 'DDL3015',
    severity: 'error',
    title: 'a property that is not written as it should be',
    message: ({ name, shape, example }) => `\`${name}\` takes ${shape}, such as \`${example}\``,
    label: ({ expected, found }) => `expected ${expected}, found ${found}`,
    help: () => null,
    explanation:
      'Every property has a fixed form. What stands here is not of that form, or a number lies outside of what is allowed.',
    bad: policyWith('  when latency > 500ms\n  do notify("look here")\n  limit 2 every 1h'),
    good: policyWith('  when latency > 500ms\n  do notify("look here")\n  limit 2 per 1h'),
  }),
  'unfit-argument': entry<{
    readonly callee: string;
    readonly name: string;
    readonly expected: string;
    readonly found: string;
  }>({
    code: 'DDL3016',
    severity: 'error',
    title: 'an argument of the wrong type',
    message: ({ callee, name, expected }) => `\`${name}\` of \`${callee}\` takes ${expected}`,
    label: ({ found }) => `this is ${found}`,
    help: () => null,
    explanation:
      'The parameters of actions and functions have types. Arguments of actions are fixed when the program is compiled: literals and constants, nothing measured.',
    bad: policyWith('  when latency > 500ms\n  do circuit_break(payment, open_for: 50%)'),
    good: policyWith('  when latency > 500ms\n  do circuit_break(payment, open_for: 10s)'),
  }),
  'missing-argument': entry<{ readonly callee: string; readonly name: string; readonly example: string }>({
    code: 'DDL3017',
    severity: 'error',
    title: 'an argument is missing',
    message: ({ callee, name }) => `\`${callee}\` needs \`${name}\``,
    help: ({ example }) => (example === '' ? null : `for example \`${example}\``),
    explanation: 'Some parameters of an action have no safe value of their own and must be written.',
    bad: policyWith('  when latency > 500ms\n  do scale_up(payment)'),
    good: policyWith('  when latency > 500ms\n  do scale_up(payment, by: 2)'),
  }),
  'unfit-target': entry<{ readonly callee: string; readonly needed: boolean; readonly example: string }>({
    code: 'DDL3018',
    severity: 'error',
    title: 'an action without its target, or with one too many',
    message: ({ callee, needed }) =>
      needed ? `\`${callee}\` needs a fleet to act on` : `\`${callee}\` acts on no fleet`,
    help: ({ example }) => (example === '' ? null : `for example \`${example}\``),
    explanation:
      'An action that changes a fleet names it first: a declared fleet, or `fleet of TAG`. Others take none.',
    bad: policyWith('  when latency > 500ms\n  do scale_up(by: 2)'),
    good: policyWith('  when latency > 500ms\n  do scale_up(fleet of service_id, by: 2)'),
  }),
  'unlabelled-argument': entry<{ readonly callee: string; readonly advice: string | null }>({
    code: 'DDL3019',
    severity: 'error',
    title: 'an argument without its label',
    message: ({ callee }) => `this argument of \`${callee}\` needs a label`,
    help: ({ advice }) => advice,
    explanation:
      'Arguments of actions are named, so that a reader knows what `2` means. Only the target, or the first argument of an action without one, stands alone.',
    bad: policyWith('  when latency > 500ms\n  do scale_up(payment, 2)'),
    good: policyWith('  when latency > 500ms\n  do scale_up(payment, by: 2)'),
  }),
  'not-constant': entry<{ readonly what: string }>({
    code: 'DDL3020',
    severity: 'error',
    title: 'a constant made of something that changes',
    message: ({ what }) => `a constant can not be made of ${what}`,
    help: () => 'use `let` for a name that stands for something measured',
    explanation:
      'A `const` has one value for the whole program. It is written with literals, other constants and arithmetic.',
    bad: `const peak = max(latency over 5m)\n\n${policyWhen('latency > peak')}`,
    good: `const peak = 500ms\n\n${policyWhen('latency > peak')}`,
  }),
  'not-finite': entry<{ readonly text: string }>({
    code: 'DDL3021',
    severity: 'error',
    title: 'a number beyond all bounds',
    message: ({ text }) => `\`${text}\` is no finite number`,
    help: () => 'check for a division by zero or an exponent that is too large',
    explanation:
      'Values are IEEE 754 doubles. A constant that is infinite or undefined would make a condition that never or always holds.',
    bad: `const most = 5 / 0\n\n${policyWhen('queue > most')}`,
    good: `const most = 5 / 2\n\n${policyWhen('queue > most')}`,
  }),
  'loosened-change': entry<{ readonly given: string; readonly standard: string }>({
    code: 'DDL3022',
    severity: 'error',
    title: 'a loosened change budget without a reason',
    message: ({ given, standard }) => `\`${given}\` allows more change than ${standard}, and says no reason`,
    help: () => 'say why behind it: `because "stateless, boots in 5 s"`',
    explanation:
      'How much of a fleet may change in a stretch of time is what stands between a wrong policy and an outage. Whoever allows more says why, for the reviewer and for later.',
    bad: 'fleet search {\n  service "search"\n  change at most 50% per 5m\n}\n\npolicy example {\n  on service\n  when latency > 500ms\n  do restart(search)\n}\n',
    good: 'fleet search {\n  service "search"\n  change at most 50% per 5m because "stateless, boots in 5 s"\n}\n\npolicy example {\n  on service\n  when latency > 500ms\n  do restart(search)\n}\n',
  }),
  'empty-range': entry<{ readonly from: string; readonly to: string }>({
    code: 'DDL3023',
    severity: 'error',
    title: 'a range that ends before it begins',
    message: ({ from, to }) => `the range \`${from}..${to}\` ends before it begins`,
    help: () => 'write the smaller number first',
    explanation: 'A range has its least value first.',
    bad: 'fleet search {\n  service "search"\n  size 40..2\n}\n\npolicy example {\n  on service\n  when latency > 500ms\n  do restart(search)\n}\n',
    good: 'fleet search {\n  service "search"\n  size 2..40\n}\n\npolicy example {\n  on service\n  when latency > 500ms\n  do restart(search)\n}\n',
  }),
  'not-a-metric': entry<{ readonly callee: string; readonly what: string }>({
    code: 'DDL3024',
    severity: 'error',
    title: 'the name of a metric or tag is needed',
    message: ({ callee, what }) => `\`${callee}\` takes the name of a metric or tag, and this is ${what}`,
    help: () => 'name one metric, for example `missing(error_rate) for 2m`',
    explanation: '`missing` asks whether an event carries a value of a metric, or a tag; nothing else can be missing.',
    bad: policyWhen('missing(latency > 5s) for 2m'),
    good: policyWhen('missing(latency) for 2m'),
  }),
  'misplaced-fleet': entry({
    code: 'DDL3025',
    severity: 'error',
    title: 'a fleet where a value is needed',
    message: () => '`fleet of …` is a target of an action and no value',
    help: () => 'use it as the first argument of an action: `do scale_up(fleet of service_id, by: 2)`',
    explanation: 'A fleet is what an action acts on. It has no value that could be compared.',
    bad: policyWhen('abs(fleet of service_id) > 5'),
    good: policyWhen('latency > 1s and service_id == "x"'),
  }),
};
