// What `ddlc init` writes: a schema, two policies, their tests, and a page on how to go on. A test holds the texts to
// the compiler, the formatter and the test runner.

const service = `/// What your service reports. One event is one line of JSON:
/// {"id": "1", "timestamp": "2026-01-01T00:00:00Z", "metrics": {"latency": 120, …}, "tags": {"service.name": "shop"}}
schema service {
  // One state is kept per value of the key; "service.name" is its name in the event.
  key service_id from "service.name"

  metric error_rate: ratio  // 0.07 in the event, 7% here
  metric latency: duration in ms  // 812 in the event, 812ms here
  metric queue_depth: number optional  // may be absent

  // How often events come, after what silence what they said no longer holds, and how far senders may be apart: an
  // event waits so long for one with an earlier time.
  every 1s   stale after 10s   lateness 2s
}

/// What a policy may act on. A target that is not declared does not compile.
fleet shop {
  service "shop"
  deployment "shop" in "default"
  size 2..10
}
`;

const policies = `/// Tells people. A policy that changes nothing may act from the start.
policy slow_responses {
  title "Responses are slow"
  owner "your-team"
  runbook "https://runbooks.example/slow-responses"

  on service
  when latency > 500ms for 30s
  // Quiet again only below this: no flapping around one threshold.
  until latency < 300ms for 1m

  do notify("responses are slow", severity: warning)

  cooldown 10m
}

/// Would add capacity. In \`mode shadow\` everything is judged and recorded and nothing is done; \`mode enforce\` acts.
policy high_error_rate {
  title "Many errors under load"
  owner "your-team"
  runbook "https://runbooks.example/high-error-rate"

  on service
  when error_rate > 5% for 30s
   and avg(queue_depth over 1m) > 100

  do scale_up(fleet of service_id, by: 1)

  cooldown 5m
  settle 1m
  limit 2 per 1h
  mode shadow
}
`;

const tests = `test "half a minute of slow responses is told once" {
  given service(service_id: "shop") every 1s {
    0s .. 59s: error_rate 1%, latency 120ms
    60s .. 120s: error_rate 1%, latency 800ms
  }
  expect slow_responses at 90s { notify() }
  expect nothing else
}

test "errors add capacity only under load" {
  given service(service_id: "shop") every 1s {
    0s .. 60s: error_rate 7%, latency 120ms, queue_depth 5
    61s .. 180s: error_rate 7%, latency 120ms, queue_depth 400
  }
  // The queue's average over a minute passes 100 at 75s.
  expect high_error_rate at 75s { scale_up(shop) }
  expect nothing else
}
`;

const readme = `# Policies

What on-call would do, written down: \`service.ddl\` says what the service reports and what may be acted on,
\`policies.ddl\` what is done when, \`tests.ddl\` shows it.

    ddlc check .                              # find mistakes
    ddlc test .                               # run the tests
    ddlc fmt .                                # one layout
    ddlc backtest . --events recorded.jsonl   # what would have been done on recorded events
    ddlc explain DDL2002                      # what a message means; also: ddlc explain cooldown

To make it yours: put your metrics with their units into \`service.ddl\`, change a threshold in \`policies.ddl\`, run
\`ddlc test .\` and see which test no longer holds.
`;

/** Texts by file name. */
export const firstProject: ReadonlyMap<string, string> = new Map([
  ['service.ddl', service],
  ['policies.ddl', policies],
  ['tests.ddl', tests],
  ['README.md', readme],
]);
