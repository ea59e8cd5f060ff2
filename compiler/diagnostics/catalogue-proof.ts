// DDL41xx: what the meaning of conditions gives away. Each finding comes with events that show it.

import { entry, policyWhen, policyWith } from './entry.ts';

function scaling(up: string, down: string, priority = ''): string {
  const more = priority === '' ? '' : `  priority ${priority}\n`;
  return `policy grow {\n  on service\n  when ${up}\n  do scale_up(payment, by: 2)\n${more}}\n\npolicy shrink {\n  on service\n  when ${down}\n  do scale_down(payment, by: 1)\n}\n`;
}

/** A fleet of its own: what stands in the shared example is no finding of a case. */
function exposed(limit: string, by = '2'): string {
  return `fleet other {\n  deployment "other" in "shop"\n  size 4..8\n}\n\npolicy example {\n  owner "shop"\n  runbook "https://runbooks.example/grow"\n  on service where service_id == "other"\n  when latency > 500ms for 30s\n  do scale_up(other, by: ${by})\n  limit ${limit}\n  mode enforce\n}\n`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}

function telling(first: string, second: string, message = 'look here'): string {
  return `policy example {\n  on service\n  when ${first}\n  do notify("look here")\n}\n\npolicy other {\n  on service\n  when ${second}\n  do notify("${message}")\n}\n`;
}

interface Pair {
  readonly policy: string;
  readonly other: string;
}

export const proofEntries = {
  'unsatisfiable-condition': entry<{
    readonly policy: string;
    readonly clause: 'where' | 'when' | 'until';
    readonly whole: boolean;
    readonly beside: boolean;
  }>({
    code: 'DDL4101',
    severity: 'warning',
    title: 'a condition that can never hold',
    message: ({ policy, clause, whole, beside }) => {
      const what = beside ? 'this can never hold together with what stands beside it' : 'this can never hold';
      if (!whole) return `${what}: it contributes nothing to \`${clause}\``;
      return clause === 'until'
        ? `${what}: once fired, \`${policy}\` is never armed again`
        : `${what}: \`${policy}\` never fires`;
    },
    help: ({ beside }) =>
      beside ? 'change one of the two, or join them by `or`' : 'change the threshold, or remove it',
    explanation:
      'No event makes the condition true: its bounds contradict each other, or a value would have to be what it can never be, such as a negative count. A policy that never fires looks like one that is never needed.',
    bad: policyWhen('error_rate > 5% and error_rate < 1%'),
    good: policyWhen('error_rate > 5% or latency > 1s'),
  }),
  'always-true-condition': entry<{ readonly text: string; readonly whole: boolean; readonly clause: string }>({
    code: 'DDL4102',
    severity: 'warning',
    title: 'a condition that always holds',
    message: ({ text, whole, clause }) =>
      whole
        ? `\`${clause} ${text}\` holds at every event at which it is known`
        : `\`${text}\` holds at every event at which it is known, so it decides nothing`,
    help: ({ whole }) => (whole ? 'write `true` if that is meant' : 'remove it, or change the threshold'),
    explanation:
      'The condition is false at no event: a count is never negative, and every value is above 5 or at most 5. Only missing data keeps it from holding.',
    bad: policyWhen('error_rate > 5% or error_rate <= 10%'),
    good: policyWhen('error_rate > 5% or latency > 1s'),
  }),
  'redundant-clause': entry<{ readonly text: string; readonly beside: string; readonly alternative: boolean }>({
    code: 'DDL4103',
    severity: 'warning',
    title: 'a clause that says nothing beside another',
    message: ({ text, beside, alternative }) =>
      alternative
        ? `\`${text}\` adds nothing: whenever it holds, so does \`${beside}\``
        : `\`${text}\` adds nothing: it holds whenever \`${beside}\` does`,
    help: () => 'remove it, or change what it compares',
    explanation:
      'One clause follows from another beside it, so the policy behaves the same without it. Mostly one of the two thresholds, or one of the two metrics, is not the one that was meant.',
    bad: policyWhen('latency > 500ms and latency > 300ms'),
    good: policyWhen('latency > 500ms and error_rate > 3%'),
  }),
  'duplicate-policy': entry<Pair>({
    code: 'DDL4104',
    severity: 'warning',
    title: 'a policy that is written twice',
    message: ({ policy, other }) => `\`${policy}\` does the same as \`${other}\`, under the same condition`,
    help: () => 'remove one of the two',
    explanation:
      'Two policies that say the same act twice, and a change to one of them is soon forgotten in the other.',
    bad: telling('latency > 500ms for 30s', 'latency > 500ms for 30s'),
    good: telling('latency > 500ms for 30s', 'error_rate > 5% for 30s'),
  }),
  'subsumed-policy': entry<Pair>({
    code: 'DDL4105',
    severity: 'warning',
    title: 'a policy that adds nothing to another',
    message: ({ policy, other }) =>
      `whenever this holds, so does the condition of \`${other}\`, and \`${policy}\` does the same`,
    help: () => 'remove the narrower of the two, or let it do something else',
    explanation:
      'The condition of one policy follows from that of another, and both do the same. The narrower one only repeats what has been done.',
    bad: telling('latency > 500ms for 30s', 'latency > 800ms for 1m'),
    good: telling('latency > 500ms for 30s', 'latency > 800ms for 1m', 'much too slow'),
  }),
  'shadowed-policy': entry<Pair>({
    code: 'DDL4106',
    severity: 'warning',
    title: 'a policy that never gets its turn',
    message: ({ policy, other }) =>
      `whenever this holds, so does the condition of \`${other}\`, which acts on the same fleet with a greater priority than \`${policy}\``,
    help: () => 'give the narrower policy the greater priority',
    explanation:
      'Of two policies that want the same fleet the one with the greater priority goes first. When it always wants it too, the other never has its way; usually the special case was meant to go first.',
    bad: 'policy general {\n  on service\n  when latency > 500ms\n  do scale_up(payment, by: 1)\n  priority 10\n}\n\npolicy special {\n  on service\n  when latency > 2s\n  do scale_up(payment, by: 4)\n}\n',
    good: 'policy general {\n  on service\n  when latency > 500ms\n  do scale_up(payment, by: 1)\n}\n\npolicy special {\n  on service\n  when latency > 2s\n  do scale_up(payment, by: 4)\n  priority 10\n}\n',
  }),
  'opposite-actions': entry<{
    readonly policy: string;
    readonly other: string;
    readonly action: string;
    readonly otherAction: string;
    readonly fleet: string;
  }>({
    code: 'DDL4107',
    severity: 'warning',
    title: 'opposite actions on one fleet, and none goes first',
    message: ({ policy, other, action, otherAction, fleet }) =>
      policy === other
        ? `\`${policy}\` does both \`${otherAction}\` and \`${action}\` to ${fleet}`
        : `\`${policy}\` and \`${other}\` may both hold; then one does \`${action}\` and the other \`${otherAction}\` to ${fleet}`,
    help: ({ policy, other }) =>
      policy === other
        ? 'keep one of the two'
        : 'let the conditions exclude each other, or give one of the two a greater `priority`',
    explanation:
      'Two policies that pull a fleet into opposite directions at the same moment undo each other. With a `priority` it is decided which of them goes first.',
    bad: scaling('latency > 500ms', 'queue < 10'),
    good: scaling('latency > 500ms', 'queue < 10', '10'),
  }),
  oscillation: entry<{
    readonly policy: string;
    readonly other: string;
    readonly fleet: string;
    readonly measure: string;
  }>({
    code: 'DDL4108',
    severity: 'warning',
    title: 'growing and shrinking without a band between them',
    message: ({ policy, other, fleet, measure }) =>
      `\`${policy}\` and \`${other}\` change ${fleet} to and fro${measure === '' ? '' : ` at nearly the same value of \`${measure}\``}`,
    help: () => 'leave a band between the two thresholds that one step does not cross',
    explanation:
      'A fleet that grows has less load per member, so the value falls. If it then falls below the threshold for shrinking, the fleet shrinks again, and so on. Thresholds less than a tenth apart leave no room for that.',
    bad: scaling('queue > 100', 'queue < 95'),
    good: scaling('queue > 100', 'queue < 30'),
  }),
  'until-overlaps-when': entry<{ readonly policy: string }>({
    code: 'DDL4109',
    severity: 'warning',
    title: '`until` holds while `when` does',
    message: ({ policy }) =>
      `this may hold while \`when\` does: \`${policy}\` is armed again although nothing has become better`,
    help: () => 'let `until` hold only where `when` does not: `when error_rate > 5%`, `until error_rate < 1%`',
    explanation:
      '`until` says when a policy that fired may fire anew. Where it holds together with `when`, the policy fires and is armed again at every other event.',
    bad: policyWith('  when error_rate > 5%\n  until error_rate < 10%\n  do notify("look here")'),
    good: policyWith('  when error_rate > 5%\n  until error_rate < 1%\n  do notify("look here")'),
  }),
  'idle-until': entry<{ readonly policy: string }>({
    code: 'DDL4110',
    severity: 'warning',
    title: '`until` says what holds anyway',
    message: ({ policy }) => `this holds as soon as \`when\` does not: \`${policy}\` is armed again then without it`,
    help: () => 'leave a gap between the two thresholds, or remove `until`',
    explanation:
      'Without `until` a policy is armed again when its condition becomes false. An `until` that holds exactly then changes nothing; it was most likely meant to keep a value that wavers around the threshold from firing again and again.',
    bad: policyWith('  when error_rate > 5% for 30s\n  until error_rate <= 5%\n  do notify("look here")'),
    good: policyWith('  when error_rate > 5% for 30s\n  until error_rate <= 2%\n  do notify("look here")'),
  }),
  'exposed-fleet': entry<{ readonly fleet: string; readonly share: number; readonly most: number }>({
    code: 'DDL5101',
    severity: 'error',
    title: 'a fleet of which too much can be touched in an hour',
    message: ({ fleet, share, most }) =>
      `this program can touch up to ${percent(share)} of fleet \`${fleet}\` in an hour, and the project allows ${percent(most)}`,
    help: () =>
      'lengthen a `cooldown`, lower a `limit` or the fleet’s `change at most`, or raise `fleetSharePerHour` in `ddl.json`',
    explanation:
      'Cooldowns, limits, numbers of keys and the fleet’s budget are composed into an upper bound: what all policies in `enforce` and `approve` could touch if each fired as often as it may. `limits.fleetSharePerHour` in `ddl.json` says how much of one fleet that may be; `ddlc check` prints the figure.',
    limits: { fleetSharePerHour: 0.5 },
    bad: exposed('3 per 1h'),
    good: exposed('1 per 1h', '1'),
  }),
};
