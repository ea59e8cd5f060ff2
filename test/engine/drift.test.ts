// A metric that its sender has renamed: the engine skips the policies that need it with one counted warning, goes on
// with all others, and tells `ddlc check --against engine` what has become of it.

import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runDdlc } from '../support/run-ddlc.ts';
import { type EngineProcess, projectFolder, startEngine } from './engine-process.ts';

const shop = `
schema web {
  key service_id from "service.name"
  metric http_requests_total: counter
  metric error_rate: ratio
  every 1s   stale after 10s
}

policy busy {
  on web
  when rate(http_requests_total over 1m) > 1/s
  do notify("busy")
}

policy failing {
  on web
  when error_rate > 5%
  do notify("failing")
}
`;

const started: EngineProcess[] = [];
afterAll(() => {
  for (const engine of started) engine.process.kill('SIGKILL');
});

function start(folder: string, words: readonly string[]): EngineProcess {
  const engine = startEngine(folder, words);
  started.push(engine);
  return engine;
}

const now = Date.now();
const seconds = 40;

function recorded(requests: string): string {
  const lines = Array.from({ length: seconds }, (_, second) =>
    JSON.stringify({
      id: String(second),
      timestamp: now - (seconds - second) * 1000,
      metrics: { [requests]: 1000 + second * 50, error_rate: second < 10 ? 0.01 : 0.2 },
      tags: { 'service.name': 'shop' },
    }),
  );
  return `${lines.join('\n')}\n`;
}

test('a renamed metric in a recorded stream: one warning with the new name, counted, and the rest goes on', {
  timeout: 60_000,
}, async () => {
  const folder = projectFolder({ 'shop.ddl': shop });
  writeFileSync(join(folder, 'events.jsonl'), recorded('http_requests_count'));
  const engine = start(folder, ['.', '--events', 'events.jsonl']);
  expect(await engine.exit).toBe(0);
  const warnings = engine.errors().match(/policy `busy` was not judged[^\n]*/g) ?? [];
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain('`http_requests_total`');
  expect(warnings[0]).toContain('`http_requests_count`: is that it?');
  expect(engine.errors()).toContain(`${seconds} times a policy lacked a metric`);
  expect(engine.errors()).toContain(`${seconds} events judged`);
  expect(engine.decisions.map(({ policy }) => policy)).toEqual(['failing']);

  const check = runDdlc(['check', '.', '--against', 'events.jsonl'], { folder });
  expect(check.code).toBe(1);
  expect(check.out).toContain('did you mean `http_requests_count`?');
});

function otlp(metric: string, value: number): object {
  const timeUnixNano = `${Date.now()}000000`;
  const point = { timeUnixNano, asDouble: value };
  return {
    resourceMetrics: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
        scopeMetrics: [
          {
            metrics: [
              { name: metric, sum: { isMonotonic: true, aggregationTemporality: 2, dataPoints: [point] } },
              { name: 'error_rate', gauge: { dataPoints: [{ ...point, asDouble: 63.5 }] } },
              { name: 'jvm.threads', gauge: { dataPoints: [point] } },
            ],
          },
        ],
      },
    ],
  };
}

async function post(address: string, body: object): Promise<void> {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

test('a running engine tells what comes and what never does', { timeout: 60_000 }, async () => {
  const folder = projectFolder({ 'shop.ddl': shop });
  const engine = start(folder, ['.']);
  const [, address = ''] = await engine.says(/OpenTelemetry metrics at (\S+)/, 30_000);
  const { origin } = new URL(address);
  const silent = runDdlc(['check', '.', '--against', 'engine', '--engine', origin], { folder });
  expect(silent).toMatchObject({
    code: 0,
    out: expect.stringContaining('nothing of schema `web` is in the telemetry'),
  });

  for (const value of [1000, 1050, 1100]) await post(address, otlp('http_requests_count', value));
  const { code, out } = runDdlc(['check', '.', '--against', 'engine', '--engine', origin], { folder });
  expect(code).toBe(1);
  expect(out).toContain('metric `http_requests_total` of `web` never comes, but `http_requests_count` does');
  expect(out).toContain(
    '`error_rate` is declared as `ratio`, 0 to 1 on the wire, and comes with values from 63.5 to 63.5',
  );
  expect(out).toContain('that no schema declares: `jvm.threads`');

  const snapshot = JSON.parse(await (await fetch(`${origin}/api/telemetry`)).text());
  expect(snapshot.streams[0]).toMatchObject({
    schema: 'web',
    metrics: [{ name: 'error_rate', min: 63.5, max: 63.5 }],
    tags: [{ name: 'service.name', values: 1, samples: ['shop'] }],
  });
  expect(await statusWithHost(`${origin}/api/telemetry`, 'rebound.example')).toBe(403);
  expect(await engine.end('SIGTERM')).toBe(0);
});

/** A page in a browser that reached the engine by a name of its own. */
function statusWithHost(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}
