// Members that are silent or had no place, as people are told of them: by `why`, `test` and `backtest`.

import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

/** `more` stands in its test. */
const program = (more = ''): string => `schema service {
  key service_id from "service.name"
  tag instance at most 3
  metric cpu: ratio
  every 10s   stale after 30s
}
fleet shop {
  service "shop"
  size 2..40
}
policy idle {
  on service
  when avg(cpu across instance) < 20%
  do scale_down(shop, by: 1)
}
test "all are idle" {
  given service(service_id: "shop", instance: "a") every 10s { 0s .. 60s: cpu 5% }
  given service(service_id: "shop", instance: "b") every 10s { 0s .. 60s: cpu 5% }
  given service(service_id: "shop", instance: "c") every 10s { 0s .. 60s: cpu 5% }
  ${more}
  expect nothing
}
`;

const begin = Date.UTC(2026, 0, 1, 10);

/** Each instance sends from second 0 to its last one. */
function recorded(lasts: Readonly<Record<string, number>>): string {
  const lines: string[] = [];
  for (let second = 0; second <= 1200; second += 10) {
    for (const [instance, last] of Object.entries(lasts)) {
      if (second > last) continue;
      lines.push(
        JSON.stringify({
          id: `${second} ${instance}`,
          timestamp: new Date(begin + second * 1000).toISOString(),
          metrics: { cpu: instance === 'busy' ? 0.95 : 0.05 },
          tags: { 'service.name': 'shop', instance },
        }),
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

function why(folder: string, second: number): string {
  const at = new Date(begin + second * 1000).toISOString();
  const where = ['--policy', 'idle', '--key', 'shop', '--at', at];
  return runDdlc(['why', 'a.ddl', '--events', 'events.jsonl', ...where], { folder }).out;
}

function decidedAt(folder: string): readonly string[] {
  const { out } = runDdlc(['backtest', 'a.ddl', '--events', 'events.jsonl'], { folder });
  return out
    .trimEnd()
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line).at.slice(11, 19)]));
}

test('`why` names the member that fell silent, and says until when it is missing', () => {
  const folder = scratch({ 'a.ddl': program(), 'events.jsonl': recorded({ a: 1200, busy: 600 }) });
  expect(why(folder, 700)).toContain(
    '`instance` "busy" has been silent for longer than 30s and is missing until nothing has come of it for 330s',
  );
  // 600 s and 330 s, and the first event behind.
  expect(decidedAt(folder)[0]).toBe('10:15:40');
});

test('`why` says that a key has more members than places, and `backtest` does once', () => {
  const folder = scratch({ 'a.ddl': program(), 'events.jsonl': recorded({ a: 1200, b: 1200, c: 1200, busy: 1200 }) });
  expect(why(folder, 700)).toContain('more than the 3 members that `tag instance at most 3` has room for');
  const { out, note } = runDdlc(['backtest', 'a.ddl', '--events', 'events.jsonl'], { folder });
  expect(out).toBe('');
  expect(note.match(/warning: tag `instance` of schema `service` has more than 3 values/g)).toHaveLength(1);
  const compared = runDdlc(['backtest', 'a.ddl', '--events', 'events.jsonl', '--base', 'a.ddl'], { folder });
  expect(compared.note.match(/warning: tag `instance` of schema `service` has more than 3 values/g)).toHaveLength(1);
});

test('`test` says so below the test that has too many', () => {
  const fourth = 'given service(service_id: "shop", instance: "d") every 10s { 0s .. 60s: cpu 95% }';
  const folder = scratch({ 'a.ddl': program(fourth), 'b/a.ddl': program() });
  const { code, out } = runDdlc(['test', 'a.ddl'], { folder });
  expect(code).toBe(0);
  expect(out).toMatch(/^ok {3}all are idle .*\n {7}warning: tag `instance` of schema `service` has more than 3 values/);
  const enough = runDdlc(['test', 'b'], { folder });
  expect(enough.code).toBe(1);
  expect(enough.out).not.toContain('warning');
  const json = JSON.parse(runDdlc(['test', 'a.ddl', '--format', 'json'], { folder }).out);
  expect(json.tests[0].notices).toHaveLength(1);
});
