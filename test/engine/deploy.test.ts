// A bundle on its way to an engine at work, as people send it: deployed while telemetry comes, kept over a `kill -9`, taken
// back; what is not signed never runs.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { packBundle } from '../../runtime/bundle/bundle-files.ts';
import { auditReply } from '../../runtime/control/schemas.ts';
import { type BundleChoice, bundleOf, newSigner } from '../bundle/bundle-fixtures.ts';
import { policyText, schemaText, scratch } from '../support/scratch.ts';
import { type EngineProcess, startEngine } from './engine-process.ts';

const signer = newSigner();
const started: EngineProcess[] = [];

afterEach(async () => {
  for (const engine of started.splice(0)) await engine.end('SIGKILL');
});

interface Running {
  readonly engine: EngineProcess;
  readonly telemetry: string;
  readonly api: string;
}

async function run(folder: string): Promise<Running> {
  const engine = startEngine(folder, ['shop'], { DDL_BUNDLE_TRUSTED_KEYS: signer.publicPem });
  started.push(engine);
  const [, telemetry = ''] = await engine.says(/OpenTelemetry metrics at (\S+)/, 60_000);
  const [, api = ''] = await engine.says(/status --engine (http:[^`\s]+)/, 10_000);
  return { engine, telemetry, api };
}

/** A latency of 0.4 s of one service, every 100 ms, until a decision about it has come. */
async function decided({ engine, telemetry }: Running, service: string): Promise<readonly string[]> {
  const send = async (): Promise<void> => {
    const timeUnixNano = `${Date.now()}000000`;
    const metric = { name: 'latency', unit: 'ms', gauge: { dataPoints: [{ asDouble: 400, timeUnixNano }] } };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: service } }] };
    const body = JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [metric] }] }] });
    const { status } = await fetch(telemetry, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(status).toBe(200);
  };
  const sending = setInterval(() => void send(), 100);
  try {
    return Object.keys((await engine.decision(({ key }) => key === service, 30_000)).values);
  } finally {
    clearInterval(sending);
  }
}

async function ask({ api }: Running, path: string, body?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(new URL(path, api), body === undefined ? {} : { method: 'POST', body, headers })).json();
}

async function deploy({ api }: Running, choice: BundleChoice): Promise<unknown> {
  const body = new Uint8Array(packBundle(bundleOf({ sources, ...choice })));
  const headers = { 'content-type': 'application/vnd.ddl.bundle' };
  return (await fetch(new URL('/api/policies?why=a%20test', api), { method: 'POST', body, headers })).json();
}

const slow = policyText.replace('for 30s', 'for 1s');
const sources = [
  { file: 'schema.ddl', text: schemaText },
  { file: 'slow.ddl', text: slow.replace('500ms', '300ms') },
];

test('deployed, kept over kill -9, taken back', { timeout: 180_000 }, async () => {
  const folder = scratch();
  mkdirSync(join(folder, 'shop'));
  writeFileSync(join(folder, 'shop/schema.ddl'), schemaText);
  writeFileSync(join(folder, 'shop/slow.ddl'), slow.replace('500ms', '100ms'));
  const one = await run(folder);
  expect(await decided(one, 'first')).toEqual(['latency > 100ms for 1s']);
  expect(await deploy(one, { serial: 2 })).toMatchObject({ status: 422, fault: 'unsigned' });
  expect(await deploy(one, { serial: 2, signer: newSigner() })).toMatchObject({ status: 422, fault: 'untrusted-key' });
  expect(await decided(one, 'second')).toEqual(['latency > 100ms for 1s']);
  expect(await deploy(one, { serial: 2, signer })).toMatchObject({ result: 'active', serial: 2 });
  expect(await decided(one, 'third')).toEqual(['latency > 300ms for 1s']);
  await one.engine.end('SIGKILL');

  const two = await run(folder);
  expect(await ask(two, '/api/status')).toMatchObject({ running: { serial: 2, origin: 'store' } });
  expect(await decided(two, 'fourth')).toEqual(['latency > 300ms for 1s']);
  expect(await ask(two, '/api/bundles/rollback', '{"why": "a test"}')).toMatchObject({ result: 'active', serial: 0 });
  expect(await decided(two, 'fifth')).toEqual(['latency > 100ms for 1s']);
  const { entries } = auditReply.parse(await ask(two, '/api/audit'));
  expect(entries.map(({ what }) => what).toReversed()).toEqual([
    'deploy refused',
    'deploy refused',
    'deploy begun',
    'upload',
    'upload',
    'deploy',
    'rollback begun',
    'rollback',
  ]);
  expect(await two.engine.end('SIGTERM')).toBe(0);
});
