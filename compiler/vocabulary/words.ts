// The words of the grammar itself: declarations, clauses, items of a schema, parts of a condition. One entry is one word
// with its documentation and an example that compiles; the words of functions, actions and properties have registries of
// their own.

/** What the word belongs to, which is also what its example is: a condition, lines of a policy, a line of a schema … */
export type WordPlace = 'file' | 'schema' | 'policy' | 'condition' | 'test';

export interface WordEntry {
  /** As written; two words where they stand together. */
  readonly name: string;
  readonly place: WordPlace;
  readonly doc: string;
  readonly example: string;
}

export const words: readonly WordEntry[] = [
  {
    name: 'schema',
    place: 'file',
    doc: 'Declares what one kind of source reports: its key, its tags, its metrics, and how often events come.',
    example: 'schema host {\n  key name\n  metric load: number\n  every 10s\n}',
  },
  {
    name: 'fleet',
    place: 'file',
    doc: 'Declares what policies may act on. A target that is not declared does not compile.',
    example: 'fleet search {\n  service "search"\n  size 2..40\n}',
  },
  {
    name: 'policy',
    place: 'file',
    doc: 'Declares when to act and how: `on` a schema, `when` a condition holds, `do` an action. Parameters in parentheses behind the name are constants that `tune` may set differently: `policy slow(limit: duration = 500ms)`.',
    example: 'policy slow {\n  on service\n  when latency > 500ms\n  do notify("slow")\n}',
  },
  {
    name: 'tune',
    place: 'file',
    doc: 'Sets parameters of a policy for some of the rows that it judges: those for which `where`, a condition on key and tags, is true. Two tunes can’t say different things of one row.',
    example:
      'policy slow(limit: duration = 500ms) {\n  on service\n  when latency > limit\n  do notify("slow")\n}\n\ntune slow where service_id == "search" {\n  limit: 900ms\n}',
  },
  {
    name: 'action',
    place: 'file',
    doc: 'Declares a team’s own action, its typed parameters, and through what it is carried out. A parameter with a value behind it may be left out where the action is used.',
    example: 'action drain(target: fleet, wait: duration, force: bool = false) via webhook "https://ops.example/drain"',
  },
  {
    name: 'via',
    place: 'file',
    doc: 'Behind an action of one’s own: through what it is carried out, and its address.',
    example: 'action drain(target: fleet) via webhook "https://ops.example/drain"',
  },
  {
    name: 'test',
    place: 'file',
    doc: 'Says which events come (`given`) and what the policies then decide (`expect`), in virtual time.',
    example:
      'test "quiet" {\n  given service(service_id: "a") every 1s {\n    0s .. 5s: latency 80ms\n  }\n  expect nothing\n}',
  },
  {
    name: 'const',
    place: 'file',
    doc: 'Names a value that never changes, made of literals, other constants and arithmetic. Stands outside of policies.',
    example: 'const peak = 500ms',
  },
  {
    name: 'let',
    place: 'policy',
    doc: 'Names a part of a condition, in a policy for that policy, outside for all. The name stands for the whole expression, which is judged anew at each event.',
    example: 'let busy = queue > 100 and error_rate > 5%',
  },
  {
    name: 'key',
    place: 'schema',
    doc: 'The tag that tells one source from another. State is kept per value of the key; each schema has exactly one.',
    example: 'key name from "host.name"',
  },
  {
    name: 'tag',
    place: 'schema',
    doc: 'A text that comes with an event, perhaps with the closed set of its values. It is compared with `==` and `!=`.',
    example: 'tag zone: "a" | "b"',
  },
  {
    name: 'metric',
    place: 'schema',
    doc: 'A measured value and its type; behind the type its unit on the wire, `optional`, `hold` and `from`.',
    example: 'metric delay: duration in ms optional hold 30s from "net.delay"',
  },
  {
    name: 'in',
    place: 'schema',
    doc: 'The unit in which a metric comes on the wire. Inside the program its value is in the canonical unit. In a condition `x in [a, b]` says that `x` is one of these, and behind hours `in` names their time zone.',
    example: 'metric used: bytes in MiB',
  },
  {
    name: 'optional',
    place: 'schema',
    doc: 'The metric may be absent from an event and is then unknown. Without the word, an event that lacks the metric skips the policies that read it, with a warning.',
    example: 'metric depth: number optional',
  },
  {
    name: 'hold',
    place: 'schema',
    doc: 'For so long the last value of a metric stands in where an event lacks it.',
    example: 'metric depth: number optional hold 30s',
  },
  {
    name: 'from',
    place: 'schema',
    doc: 'The name of a key, tag or metric on the wire, where that is not the name in the program. A key or tag may be made of several, of all (`from *`), or of all `without` some.',
    example: 'metric calls: counter from "http.server.request.count"',
  },
  {
    name: 'without',
    place: 'schema',
    doc: 'Leaves tags out of a key or tag that is made of all: `from * without "pod"` is the same for every pod.',
    example: 'tag series from * without "pod"',
  },
  {
    name: 'at most',
    place: 'schema',
    doc: 'Makes the values of a tag members of the key, at most so many, over which `across` goes. Further ones are counted and not taken; one that was silent for longer than `stale after` is a member no more. Policies that take members away do not fire while one is missing: see `scale_down`.',
    example: 'tag disk at most 20',
  },
  {
    name: 'always',
    place: 'schema',
    doc: 'The value of a key or tag that no event carries: the same for all of the schema’s events.',
    example: 'tag stage always "prod"',
  },
  {
    name: 'every',
    place: 'schema',
    doc: 'How far apart the events of one key are. It sizes windows, and `stale after` when that is left out; in a test, behind `given`, it says how often events come.',
    example: 'every 10s',
  },
  {
    name: 'stale after',
    place: 'schema',
    doc: 'Two events further apart than this break a `for`. Five times `every` when left out, 5m without `every`.',
    example: 'stale after 30s',
  },
  {
    name: 'lateness',
    place: 'schema',
    doc: 'How much later than others an event may arrive. Events wait so long to be put in the order of their times; what comes later is counted and skipped. 0s when left out.',
    example: 'lateness 5s',
  },
  {
    name: 'on',
    place: 'policy',
    doc: 'The schema whose events the policy judges, and with `where` which of them.',
    example: 'on service where service_id == "payment-service"',
  },
  {
    name: 'where',
    place: 'policy',
    doc: 'Chooses by key and tags the events that the policy judges; it can not ask for metrics.',
    example: 'on service where region == "eu-west-1"',
  },
  {
    name: 'when',
    place: 'policy',
    doc: 'The condition on which the policy fires: on the change to true, and again after each `cooldown` while it stays true. Unknown never fires.',
    example: 'when error_rate > 5% for 30s',
  },
  {
    name: 'until',
    place: 'policy',
    doc: 'The condition on which a policy that has fired is ready to fire again. Without it that is when `when` is false.',
    example: 'until error_rate < 1% for 1m',
  },
  {
    name: 'do',
    place: 'policy',
    doc: 'An action, taken when the policy fires; several are taken in the order of the text. Options such as `timeout 5s` stand on its line.',
    example: 'do scale_up(payment, by: 2) timeout 5s retry 3',
  },
  {
    name: 'on missing',
    place: 'policy',
    doc: 'What an unknown condition does: `hold`, as when left out, keeps timers and the policy as they are; `reset` ends the run of each `for` whose condition is unknown; `treat_as false` does too and re-arms the policy. Unknown never fires.',
    example: 'on missing hold',
  },
  {
    name: 'reset',
    place: 'policy',
    doc: 'An unknown condition ends the run of each `for` above it; the policy neither fires nor re-arms meanwhile.',
    example: 'on missing reset',
  },
  {
    name: 'treat_as',
    place: 'policy',
    doc: 'An unknown condition ends the run of each `for` above it and re-arms the policy. Unknown still never fires.',
    example: 'on missing treat_as false',
  },
  {
    name: 'active',
    place: 'policy',
    doc: 'Hours outside of which the policy does not fire: days, times, a time zone (UTC without one). Several are joined by or. Times end before their end, and run past midnight when that lies before their beginning.',
    example: 'active mon..fri 08:00..18:00 in "Europe/Berlin"',
  },
  {
    name: 'inactive',
    place: 'policy',
    doc: 'Hours in which the policy does not fire, whatever `active` says: maintenance.',
    example: 'inactive sun 02:00..04:00 in "Europe/Berlin"',
  },
  {
    name: 'for',
    place: 'condition',
    doc: '`C for D`: C was true at every event for at least D, with no two events further apart than `stale after`. With `of` a part will do. It binds tighter than `not`, `and` and `or`.',
    example: 'latency > 500ms for 30s',
  },
  {
    name: 'over',
    place: 'condition',
    doc: 'The width of a window of event time, behind the first or the last argument of a function such as `avg`. Behind it may stand `ago`, and `where` with a condition on key and tags that chooses the events of the window.',
    example: 'avg(latency over 5m) > 500ms',
  },
  {
    name: 'within',
    place: 'condition',
    doc: '`C within D`: C was true at some event in the last D, this one included.',
    example: '(latency > 500ms within 10m) and error_rate > 5%',
  },
  {
    name: 'then',
    place: 'condition',
    doc: '`A then B within D`: B is true now, and A was true at an earlier event, D before at most. Both at one event are not one after the other.',
    example: 'error_rate > 5% then missing(error_rate) for 1m within 5m',
  },
  {
    name: 'across',
    place: 'condition',
    doc: 'Behind an argument: the function goes over the members of the key, which a tag with `at most` tells apart, each with the latest that is known of it. Of a histogram in a window, `p99(delay over 5m across instance)`, over what all of them observed together.',
    example: 'count(latency > 500ms across instance) >= 3',
  },
  {
    name: 'between',
    place: 'condition',
    doc: '`x between a and b` is `x >= a and x <= b`: both bounds belong to it.',
    example: 'error_rate between 1% and 5%',
  },
  {
    name: 'like',
    place: 'condition',
    doc: 'Whether the whole value of a tag or key fits a pattern: `*` stands for any text, also none, `?` for any one character. There are no regular expressions.',
    example: 'region like "eu-*" and latency > 500ms',
  },
  {
    name: 'of',
    place: 'condition',
    doc: '`C for 3 of 5`: C was true at 3 at least of the last 5 events at which it was known. `C for 80% of 5m`: events have come for 5m, with no two further apart than `stale after`, and C was true at 80% at least of those in the last 5m at which it was known.',
    example: 'latency > 500ms for 3 of 5',
  },
  {
    name: 'ago',
    place: 'condition',
    doc: '`x ago D`: the last value of `x` that was known D before, unless it was older then than `stale after`. In a window, behind `over`: the window ended so long before.',
    example: 'latency > 2 * latency ago 1h',
  },
  {
    name: 'and',
    place: 'condition',
    doc: 'True when both sides are, false when one is false, else unknown. Binds tighter than `or`.',
    example: 'latency > 500ms and error_rate > 5%',
  },
  {
    name: 'or',
    place: 'condition',
    doc: 'True when one side is, false when both are false, else unknown.',
    example: 'latency > 500ms or error_rate > 5%',
  },
  {
    name: 'not',
    place: 'condition',
    doc: 'True when the condition is false, and unknown when that is unknown. `for` binds tighter: write `(not C) for D` or `not (C for D)`.',
    example: '(not ready) for 30s',
  },
  {
    name: 'true',
    place: 'condition',
    doc: 'What a `bool` is compared with; the metric alone says the same.',
    example: 'ready == true',
  },
  {
    name: 'false',
    place: 'condition',
    doc: 'What a `bool` is compared with; `not` before the metric says the same.',
    example: 'ready == false',
  },
  {
    name: 'given',
    place: 'test',
    doc: 'Events of one key: rows of times, or stretches of time, with the values of metrics. A metric that is not written is absent; `NaN` is sent without a value. `80ms to 900ms` rises from the first event to the last, `[80ms, 900ms, absent]` is sent over and over. Of a histogram each event carries one observation, the value written. In the brackets a key or tag that is made of several fields may be given as a whole, or by its fields.',
    example: 'given service(service_id: "a") every 1s {\n  0s .. 5s: latency 80ms, ready true\n}',
  },
  {
    name: 'to',
    place: 'test',
    doc: 'A ramp: from the first event of the row to its last the value goes from one number to the other, in equal steps by time.',
    example: 'given service(service_id: "b") every 1s {\n  0s .. 9s: latency 80ms to 300ms\n}\nexpect nothing',
  },
  {
    name: 'absent',
    place: 'test',
    doc: 'The event does not carry the metric; among the values of a cycle in brackets, which follow one another over and over.',
    example:
      'given service(service_id: "b") every 1s {\n  0s .. 9s: latency [80ms, NaN, absent], queue absent\n}\nexpect nothing',
  },
  {
    name: 'expect',
    place: 'test',
    doc: 'A decision of a policy at a time, one that a gate refuses (`blocked by`), that a policy is ready to fire again (`rearmed`), or `nothing`, or `nothing else`.',
    example: 'expect blocked by cooldown at 95s',
  },
  {
    name: 'nothing',
    place: 'test',
    doc: 'That no policy acts at all; what a gate refuses did not act.',
    example: 'expect nothing',
  },
  {
    name: 'nothing else',
    place: 'test',
    doc: 'That nothing acts beyond what the test expects.',
    example: 'expect blocked by cooldown at 95s\nexpect nothing else',
  },
  {
    name: 'blocked by',
    place: 'test',
    doc: 'A decision that the named gate refuses: `cooldown`, `limit`, `settling`, `budget`, `opposite`, `inventory`, `unknown_target`.',
    example: 'expect blocked by cooldown at 95s',
  },
  {
    name: 'rearmed',
    place: 'test',
    doc: 'That the policy is ready to fire again, from the event of that time on.',
    example: 'expect example rearmed at 50s',
  },
  {
    name: 'arriving',
    place: 'test',
    doc: 'Behind the time of an event, with `late`: how long after its time it comes.',
    example: 'given service(service_id: "b") {\n  60s arriving 5s late: latency 80ms\n}\nexpect nothing',
  },
  {
    name: 'NaN',
    place: 'test',
    doc: 'The event carries the metric without a value: it is unknown.',
    example: 'given service(service_id: "b") {\n  0s: latency NaN\n}\nexpect nothing',
  },
];
