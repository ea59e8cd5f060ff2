// `ddlc check --against` and `ddlc snapshot`: drift between declared schemas and real telemetry, both ways.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

const project = {
  'shop/shop.ddl': `schema web {
  key service_id from "service.name"
  metric http_requests_total: counter
  metric error_rate: ratio
  every 1s   stale after 10s
}

policy busy {
  on web
  when rate(http_requests_total over 1m) > 100/s
  do notify("busy")
}

policy failing {
  on web
  when error_rate > 5%
  do notify("failing")
}
`,
};

interface Recorded {
  readonly requests: string;
  readonly count?: number;
  readonly schema?: string;
  readonly more?: Readonly<Record<string, number>>;
}

function events({ requests, count = 20, schema, more = {} }: Recorded): string {
  return Array.from({ length: count }, (_, second) =>
    JSON.stringify({
      id: String(second),
      timestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
      ...(schema === undefined ? {} : { schema }),
      metrics: { [requests]: 1000 + second * 50, error_rate: 0.01, ...more },
      tags: { 'service.name': 'shop' },
    }),
  ).join('\n');
}

test('telemetry that is as declared: exit code 0', () => {
  const folder = scratch({ ...project, 'events.jsonl': events({ requests: 'http_requests_total' }) });
  const { code, out, note } = runDdlc(['check', 'shop', '--against', 'events.jsonl'], { folder });
  expect({ code, out }).toEqual({ code: 0, out: '' });
  expect(note).toBe('2 policies and 0 tests in 1 file: no problems found\n');
});

test('a renamed metric fails and names what it is called now; once, not again as undeclared', () => {
  const folder = scratch({ ...project, 'events.jsonl': events({ requests: 'http_requests_count' }) });
  const { code, out } = runDdlc(['check', 'shop', '--against', 'events.jsonl'], { folder });
  expect(code).toBe(1);
  expect(out).toMatchInlineSnapshot(`
    "error[DDL8001]: metric \`http_requests_total\` of \`web\` never comes, but \`http_requests_count\` does
     --> shop/shop.ddl:3:3
      |
    3 |   metric http_requests_total: counter
      |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      = help: did you mean \`http_requests_count\`? then write \`from "http_requests_count"\`; it looks like \`counter\`
    "
  `);
});

test('every renderer takes drift', () => {
  const folder = scratch({ ...project, 'events.jsonl': events({ requests: 'http_requests_count' }) });
  const run = (format: string): string =>
    runDdlc(['check', 'shop', '--against', 'events.jsonl', '--format', format], { folder }).out;
  const [problem] = JSON.parse(run('json')).problems;
  expect(problem).toMatchObject({ code: 'DDL8001', severity: 'error', file: 'shop/shop.ddl', line: 3, column: 3 });
  expect(JSON.parse(run('sarif')).runs[0].results[0].ruleId).toBe('DDL8001');
  expect(run('github')).toMatch(/^::error file=shop\/shop\.ddl,line=3,/);
});

test('standard input, gzip, and a snapshot of them say the same', () => {
  const recorded = events({ requests: 'http_requests_count' });
  const folder = scratch({ ...project, 'events.jsonl.gz': gzipSync(recorded) });
  const direct = runDdlc(['check', 'shop', '--against', 'events.jsonl.gz'], { folder });
  const piped = runDdlc(['check', 'shop', '--against', '-'], { folder, input: recorded });
  const written = runDdlc(['snapshot', '--events', 'events.jsonl.gz', '--out', 'telemetry.snapshot.json'], { folder });
  expect(written).toMatchObject({ code: 0, out: 'telemetry.snapshot.json\n' });
  const committed = runDdlc(['check', 'shop', '--against', 'telemetry.snapshot.json'], { folder });
  expect(piped.out).toBe(direct.out);
  expect(committed.out).toBe(direct.out);
  expect([direct.code, piped.code, committed.code]).toEqual([1, 1, 1]);
});

test('a snapshot is stable, sorted, and holds no measured value but least and greatest', () => {
  const recorded = events({ requests: 'http_requests_total', more: { 'zz.last': 3, 'aa.first': 4 } });
  const folder = scratch({ 'events.jsonl': recorded });
  const once = runDdlc(['snapshot', '--events', 'events.jsonl'], { folder }).out;
  const again = runDdlc(['snapshot', '--events', '-'], { folder, input: recorded }).out;
  expect(again).toBe(once);
  expect(once).toMatchInlineSnapshot(`
    "{
      "format": "ddl-telemetry",
      "version": 1,
      "from": "2026-01-01T00:00:00.000Z",
      "to": "2026-01-01T00:00:19.000Z",
      "streams": [
        {
          "schema": null,
          "source": "events",
          "events": 20,
          "metrics": [
            {"name":"aa.first","form":"number","count":20,"min":4,"max":4,"trend":"still","unit":null},
            {"name":"error_rate","form":"number","count":20,"min":0.01,"max":0.01,"trend":"still","unit":null},
            {"name":"http_requests_total","form":"number","count":20,"min":1000,"max":1950,"trend":"grows","unit":null},
            {"name":"zz.last","form":"number","count":20,"min":3,"max":3,"trend":"still","unit":null}
          ],
          "tags": [
            {"name":"service.name","count":20,"values":1,"more":false,"samples":["shop"]}
          ]
        }
      ]
    }
    "
  `);
  const none = runDdlc(['snapshot', '--events', 'events.jsonl', '--samples', '0'], { folder }).out;
  expect(none).toContain('"values":1,"more":false,"samples":[]');
});

test('a snapshot that was changed by hand is read with care', () => {
  const folder = scratch({ ...project, 'events.jsonl': events({ requests: 'http_requests_total' }) });
  runDdlc(['snapshot', '--events', 'events.jsonl', '--out', 's.json'], { folder });
  const path = join(folder, 's.json');
  writeFileSync(path, readFileSync(path, 'utf8').replace('"events": 20', '"events": "many"'));
  const { code, note } = runDdlc(['check', 'shop', '--against', 's.json'], { folder });
  expect(code).toBe(2);
  expect(note).toContain("s.json is a snapshot that can't be read: `streams.0.events`");
});

test('undeclared metrics are warnings with a guess of kind and unit', () => {
  const more = { 'http.server.duration_ms': 12, heap_bytes: 5e8, jobs_total: 7 };
  const folder = scratch({ ...project, 'events.jsonl': events({ requests: 'http_requests_total', more }) });
  const { code, out } = runDdlc(['check', 'shop', '--against', 'events.jsonl'], { folder });
  expect(code).toBe(0);
  expect(out).toContain('warning[DDL8003]');
  expect(out).toContain('`metric http_server_duration_ms: duration in ms from "http.server.duration_ms"`');
  expect(out).toContain('`metric heap_bytes: bytes`');
  expect(out).toContain('`metric jobs_total: counter`');
  expect(runDdlc(['check', 'shop', '--against', 'events.jsonl', '--deny-warnings'], { folder }).code).toBe(1);
});

function otlp(name: string, kind: object, unit = ''): object {
  return {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeMetrics: [{ metrics: [{ name, unit, ...kind }] }],
      },
    ],
  };
}

const point = { timeUnixNano: '1767225600000000000', asDouble: 63.5 };

test('OTLP/JSON, one document over many lines or one a line: kinds and units that senders give', () => {
  const sum = { sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [{ ...point, asInt: '7' }] } };
  const requests = otlp('http_requests_total', sum);
  const errors = otlp('error_rate', { gauge: { dataPoints: [point] } }, '%');
  const folder = scratch({
    ...project,
    'lines.json': `${JSON.stringify(requests)}\n${JSON.stringify(errors)}\n`,
    'document.json': JSON.stringify(otlp('http_requests_count', sum), null, 2),
  });
  const lines = runDdlc(['check', 'shop', '--against', 'lines.json'], { folder });
  expect(lines.code).toBe(1);
  expect(lines.out).toContain('error[DDL8005]: `error_rate` is declared as `ratio` and comes in `percent`');
  const document = runDdlc(['check', 'shop', '--against', 'document.json'], { folder });
  expect(document.out).toContain('`http_requests_total` of `web` never comes, but `http_requests_count` does');
});

test('a time that no calendar has is none', () => {
  const late = { gauge: { dataPoints: [{ timeUnixNano: 1e300, asDouble: 1 }, point] } };
  const folder = scratch({ ...project, 'late.json': JSON.stringify(otlp('error_rate', late)) });
  const snapshot = runDdlc(['snapshot', '--events', 'late.json'], { folder });
  expect(snapshot.code).toBe(0);
  expect(JSON.parse(snapshot.out)).toMatchObject({ to: '2026-01-01T00:00:00.000Z', streams: [{ events: 1 }] });
});

test('a Kafka or an engine that is not there is told as such', () => {
  const folder = scratch(project);
  const kafka = runDdlc(['check', 'shop', '--against', 'kafka', '--brokers', '127.0.0.1:9'], { folder });
  expect(kafka.code).toBe(2);
  expect(kafka.note).toContain("can't read topic otlp_metrics at 127.0.0.1:9: ");
  expect(kafka.note).toContain('DDL_KAFKA_BROKERS');
  const address = runDdlc(['check', 'shop', '--against', 'kafka', '--brokers', 'broker'], { folder });
  expect(address.code).toBe(2);
  expect(address.note).toContain('`broker` is no address of a Kafka broker');
  const engine = runDdlc(['check', 'shop', '--against', 'engine', '--engine', 'http://127.0.0.1:9'], { folder });
  expect(engine.code).toBe(2);
  expect(engine.note).toContain("can't read telemetry from the engine at http://127.0.0.1:9");
});

test('input without telemetry, and events of which nobody knows the schema, are wrong usage', () => {
  const second = 'schema other {\n  key a\n  metric b: number\n}\n';
  const folder = scratch({
    ...project,
    'shop/other.ddl': second,
    'empty.jsonl': '',
    'odd.jsonl': 'hello\nworld\n',
    'events.jsonl': events({ requests: 'http_requests_total' }),
  });
  const run = (...args: string[]) => runDdlc(['check', 'shop', '--against', ...args], { folder });
  expect(run('empty.jsonl')).toMatchObject({
    code: 2,
    note: expect.stringContaining('holds no telemetry: it is empty'),
  });
  expect(run('odd.jsonl')).toMatchObject({ code: 2, note: expect.stringContaining('none of its 2 lines is one') });
  expect(run('missing.jsonl')).toMatchObject({ code: 2, note: expect.stringContaining('there is no such file') });
  expect(run('events.jsonl')).toMatchObject({ code: 2, note: expect.stringContaining('--schema: ') });
  expect(run('events.jsonl', '--schema', 'web').code).toBe(0);
  expect(run('events.jsonl', '--schema', 'wob')).toMatchObject({ code: 2 });
});

test('a warning of drift may be let stand, and without telemetry nobody says that there is none', () => {
  const ignored = project['shop/shop.ddl'].replace('schema web', '// ddl-ignore DDL8003: read by others\nschema web');
  const recorded = events({ requests: 'http_requests_total', more: { jobs_total: 7 } });
  const folder = scratch({ 'shop/shop.ddl': ignored, 'events.jsonl': recorded });
  expect(runDdlc(['check', 'shop'], { folder })).toMatchObject({ code: 0, out: '' });
  expect(runDdlc(['check', 'shop', '--against', 'events.jsonl'], { folder })).toMatchObject({ code: 0, out: '' });
  const quiet = scratch({ 'shop/shop.ddl': ignored, 'events.jsonl': events({ requests: 'http_requests_total' }) });
  const idle = runDdlc(['check', 'shop', '--against', 'events.jsonl'], { folder: quiet });
  expect(idle.out).toContain('DDL8003');
});
