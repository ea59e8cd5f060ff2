// The HTTP API: what each address answers, who may ask, what is bounded, that every change is written down with who and
// why, and that the document says what is so.

import { request } from 'node:http';
import { expect, test } from 'vitest';
import { unpackBundle } from '../../runtime/bundle/bundle-files.ts';
import { startControlServer } from '../../runtime/control/control-server.ts';
import type { Endpoint } from '../../runtime/control/endpoint.ts';
import { endpoints } from '../../runtime/control/endpoints/index.ts';
import { problemSchema } from '../../runtime/control/schemas.ts';
import { isRole, type Role, roles, Tokens, tokenHash } from '../../runtime/control/tokens.ts';
import type { Decision } from '../../runtime/decision.ts';
import { packed } from '../bundle/bundle-fixtures.ts';
import { type Answer, type Api, ask, post, signer, startApi, upload } from './control-bench.ts';

const signed = (serial: number): Buffer => packed({ signer, serial, thresholdMs: 500 + serial });

const decision: Decision = {
  id: 'a'.repeat(32),
  policy: 'slow',
  policyHash: 'h',
  key: 'shop',
  at: 1_700_000_000_000,
  cause: 'condition',
  outcome: 'refused',
  gate: 'cooldown',
  reason: 'opens again in 3 s',
  mode: 'enforce',
  actions: [
    { name: 'notify', target: null, args: { text: 'slow' }, timeoutMs: 1, retry: 0, endpoint: null, change: null },
  ],
  values: { 'latency > 500ms': 0.7, 'load > 1': null },
  source: 'slow.ddl:1',
};

/** A request to each address that does something there. */
function happy(api: Api, { path, method }: Endpoint, token?: string): Promise<Answer> {
  const of: Readonly<Record<string, () => Promise<Answer>>> = {
    '/api/policies': () => upload(api, '/api/policies?why=a%20release', signed(2), token),
    '/api/plan': () => upload(api, '/api/plan', signed(3), token),
    '/api/bundles/rollback': () => post(api, '/api/bundles/rollback', { why: 'pages' }, token),
    '/api/pause': () => post(api, '/api/pause', { scope: { kind: 'fleet', fleet: 'shop' }, why: 'work' }, token),
    '/api/kill': () => post(api, '/api/kill', { why: 'stop it' }, token),
    '/api/silence': () => post(api, '/api/silence', { scope: { kind: 'global' }, why: 'moving', forMs: 60_000 }, token),
    '/api/resume': () => post(api, '/api/resume', { all: true, why: 'done' }, token),
  };
  const own = of[path];
  if (method === 'POST' && own === undefined) throw new Error(`the test does not ask ${path}`);
  return own === undefined ? ask(api, path, token === undefined ? {} : { token }) : own();
}

function token(
  name: string,
  ...held: readonly Role[]
): { text: string; entry: ConstructorParameters<typeof Tokens>[0][0] } {
  const text = `ddl_${name}_secret`;
  return { text, entry: { name, roles: held, sha256: tokenHash(text) } };
}

test('every address answers in the form that the document gives', async () => {
  const api = await startApi({ decisions: [decision] });
  for (const endpoint of endpoints) {
    const answer = await happy(api, endpoint);
    expect(answer.status, `${endpoint.path} ${JSON.stringify(answer.json)}`).toBe(200);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    if (endpoint.reply === 'package') continue;
    // Exactly: nothing is answered that the form does not know.
    expect(endpoint.reply.parse(answer.json), endpoint.path).toEqual(answer.json);
  }
});

test('the document lists every address, and every reference in it leads somewhere', async () => {
  const api = await startApi();
  const { json } = await ask(api, '/api/openapi.json');
  expect(json.openapi).toBe('3.1.0');
  for (const { method, path, role } of endpoints) {
    const operation = json.paths[path][method.toLowerCase()];
    expect(operation.summary.length, path).toBeGreaterThan(20);
    expect(operation.description).toBe(`Role: ${role}.`);
  }
  const ids = Object.values<Record<string, { operationId: string }>>(json.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(endpoints.length);
  for (const [, reference = ''] of JSON.stringify(json).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    expect(
      reference.split('/').reduce((node, part) => node?.[part], json),
      reference,
    ).toBeDefined();
  }
});

test('each role may do its own and read, no more', async () => {
  const tokens = roles.map((role) => token(role, role));
  const api = await startApi({ tokens: tokens.map(({ entry }) => entry) });
  for (const endpoint of endpoints) {
    for (const [index, role] of roles.entries()) {
      const answer = await happy(api, endpoint, tokens[index].text);
      const may = endpoint.role === 'viewer' || endpoint.role === role;
      expect(answer.status === 403, `${endpoint.path} for ${role}: ${answer.status}`).toBe(!may);
      expect(answer.status).not.toBe(401);
    }
    for (const text of [undefined, 'ddl_viewer_secre', 'x'.repeat(600), '']) {
      const answer = await happy(api, endpoint, text);
      expect(answer.status, endpoint.path).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  }
});

test('changes are written down under the token’s name', async () => {
  const ann = token('ann', 'operator', 'deployer');
  const api = await startApi({ tokens: [ann.entry] });
  await post(api, '/api/kill', { why: 'it runs wild' }, ann.text);
  await upload(api, '/api/policies?why=mended', signed(2), ann.text);
  await upload(api, '/api/policies?why=mended', packed({ serial: 3 }), ann.text);
  await post(api, '/api/bundles/rollback', { why: 'not mended' }, ann.text);
  await post(api, '/api/resume', { ids: [1, 99], why: 'over' }, ann.text);
  const { json } = await ask(api, '/api/audit', { token: ann.text });
  const lines = json.entries.map(({ by, what, reason }: Record<string, string>) => `${by} ${what}: ${reason}`);
  expect(lines).toEqual([
    'ann lift: over',
    'ann rollback: not mended',
    'ann rollback begun: not mended',
    'ann deploy refused: mended',
    'ann deploy: mended',
    'ann deploy begun: mended',
    'ann pause: it runs wild',
  ]);
});

test('a bundle is planned, deployed, seen and taken back', async () => {
  const api = await startApi();
  const plan = await upload(api, '/api/plan', signed(2));
  expect(plan.json).toMatchObject({ result: 'accepted', changes: [{ name: 'slow', stateResetting: true }] });
  const deployed = await upload(api, '/api/policies?why=a', signed(2));
  expect(deployed.json).toMatchObject({ result: 'active', serial: 2, order: 1 });
  const current = await ask(api, '/api/bundles/current');
  expect(current.headers.etag).toBe(`"${deployed.json.hash}"`);
  expect([...unpackBundle(current.bytes).keys()]).toContain('sources.json');
  expect((await ask(api, '/api/status')).json.running).toMatchObject({ serial: 2, signedBy: signer.trusted.id });
  expect((await post(api, '/api/bundles/rollback', { why: 'b' })).json).toMatchObject({ result: 'active', serial: 1 });
  const { json } = await ask(api, '/api/bundles?limit=1');
  expect(json.orders).toMatchObject([{ number: 2, kind: 'rollback', reason: 'b' }]);
});

test.each<[string, Buffer, number, string]>([
  ['unsigned', packed({ serial: 2 }), 422, 'unsigned'],
  ['older', signed(0), 422, 'older'],
  ['no package', Buffer.from('hello'), 422, 'damaged'],
])('a bundle that is %s is refused with its fault', async (_, bytes, status, fault) => {
  const api = await startApi();
  const answer = await upload(api, '/api/policies?why=a', bytes);
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(problemSchema.parse(answer.json)).toMatchObject({ status, fault, instance: 'POST /api/policies?why=a' });
  expect((await ask(api, '/api/status')).json.running.serial).toBe(1);
});

test('what the engine can’t do is told as such', async () => {
  const api = await startApi({
    swap: async () => {
      throw new Error('no memory');
    },
  });
  const failed = await upload(api, '/api/policies?why=a', signed(2));
  expect([failed.status, failed.json.fault]).toEqual([500, 'swap-failed']);
  const none = await post(api, '/api/bundles/rollback', { why: 'a' });
  expect([none.status, none.json.fault]).toEqual([404, 'unknown-bundle']);
  api.controls.failing = true;
  const unavailable = await upload(api, '/api/policies?why=a', signed(2));
  expect([unavailable.status, unavailable.json.fault, unavailable.headers['retry-after']]).toEqual([
    503,
    'unavailable',
    '5',
  ]);
  expect((await post(api, '/api/kill', { why: 'a' })).status).toBe(503);
  expect((await ask(api, '/api/status')).status).toBe(503);
});

test('pauses, the kill switch and silences, and their end', async () => {
  const api = await startApi();
  const scope = { kind: 'direction', direction: 'down' };
  const pause = await post(api, '/api/pause', { scope, why: 'a', forMs: 60_000 });
  expect(pause.json).toMatchObject({ id: 1, kind: 'pause', scope, by: 'local', reason: 'a' });
  expect(Date.parse(pause.json.expiresAt) - Date.parse(pause.json.createdAt)).toBe(60_000);
  const startsAt = new Date(Date.now() + 3_600_000).toISOString();
  const window = { kind: 'maintenance', scope: { kind: 'policy', policy: 'slow' }, why: 'b', forMs: 1000, startsAt };
  expect((await post(api, '/api/silence', window)).json).toMatchObject({ kind: 'maintenance', startsAt });
  expect((await ask(api, '/api/status')).json.killed).toBe(false);
  expect((await post(api, '/api/kill', { why: 'c' })).json).toMatchObject({ id: 3, expiresAt: null });
  const status = (await ask(api, '/api/status')).json;
  expect(status.killed).toBe(true);
  expect(status.policies).toEqual([
    { name: 'slow', mode: expect.any(String), hash: expect.any(String), off: 'TypeError: boom' },
  ]);
  expect((await ask(api, '/api/controls')).json.controls).toHaveLength(3);
  expect((await post(api, '/api/resume', { ids: [3, 7], why: 'd' })).json).toEqual({ lifted: [3], unknown: [7] });
  expect((await post(api, '/api/resume', { all: true, why: 'e' })).json).toEqual({ lifted: [1, 2], unknown: [] });
});

test.each([
  ['/api/pause', {}, /`scope`/],
  ['/api/pause', { scope: { kind: 'galaxy' }, why: 'a' }, /`scope\.kind`/],
  ['/api/pause', { scope: { kind: 'global' }, why: ' ' }, /`why`: say why/],
  ['/api/pause', { scope: { kind: 'global' }, why: 'a', until: 1 }, /until/],
  ['/api/kill', {}, /`why`/],
  ['/api/silence', { scope: { kind: 'global' }, why: 'a' }, /`forMs`/],
  ['/api/silence', { scope: { kind: 'global' }, why: 'a', forMs: 1e15 }, /`forMs`/],
  ['/api/resume', { why: 'a' }, /either `ids`, or `all`/],
  ['/api/resume', { why: 'a', ids: [1], all: true }, /either `ids`, or `all`/],
  ['/api/bundles/rollback', { why: 'a', hash: '../..' }, /no beginning of a hash/],
])('POST %s with %j is a bad request', async (path, body, message) => {
  const api = await startApi();
  const { status, json } = await post(api, path, body);
  expect(status).toBe(400);
  expect(json.detail).toMatch(message);
  expect(api.controls.kept).toEqual([]);
});

test('bad queries and bad JSON', async () => {
  const api = await startApi();
  expect((await ask(api, '/api/decisions?limit=0')).status).toBe(400);
  expect((await ask(api, '/api/decisions?limit=9&wat=1')).status).toBe(400);
  expect((await upload(api, '/api/policies', signed(2))).json.detail).toMatch(/`why`/);
  for (const body of ['{', '{"__proto__": {"a": 1}, "why": "b"}', '']) {
    expect((await ask(api, '/api/kill', { body })).status, body).toBe(400);
  }
  expect((await ask(api, '/api/nothing')).status).toBe(404);
  expect((await ask(api, '/api/kill')).status).toBe(404);
});

test('decisions, of one policy or outcome', async () => {
  const other = { ...decision, id: 'b', policy: 'fast', outcome: 'admitted' as const };
  const api = await startApi({ decisions: [decision, other] });
  const ids = async (query: string): Promise<readonly string[]> =>
    (await ask(api, `/api/decisions${query}`)).json.decisions.map(({ id }: Decision) => id[0]);
  expect(await ids('')).toEqual(['a', 'b']);
  expect(await ids('?limit=1')).toEqual(['a']);
  expect(await ids('?policy=fast&limit=1')).toEqual(['b']);
  expect(await ids('?outcome=refused&key=shop')).toEqual(['a']);
  expect(await ids('?key=elsewhere')).toEqual([]);
});

test.each<[string, Record<string, string>, number]>([
  ['a name that leads here', { host: 'evil.example:4320' }, 403],
  ['a name that looks local', { host: '127.0.0.1.evil.example' }, 403],
  ['a page of another origin', { origin: 'https://evil.example' }, 403],
  ['a page without an origin', { origin: 'null' }, 403],
  ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a form of a page', { 'content-type': 'text/plain' }, 415],
  ['a form of a page, encoded', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ['this machine', { host: 'localhost:4320' }, 200],
])('asked by %s', async (_, headers, status) => {
  const api = await startApi();
  const answer = await ask(api, '/api/kill', { body: '{"why":"a"}', headers });
  expect(answer.status).toBe(status);
  expect(api.controls.kept).toHaveLength(status === 200 ? 1 : 0);
});

/** Sends a package in chunks until it is answered or cut off, and tells how much went out. */
function sendLong(
  api: Api,
  headers: Readonly<Record<string, string>>,
  megabytesMax: number,
): Promise<[string, number]> {
  const chunk = Buffer.alloc(1 << 20);
  return new Promise((resolve) => {
    let megabytes = 0;
    const sent = request(new URL('/api/policies?why=a', api.url), {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.ddl.bundle', ...headers },
    });
    const end = (how: string): void => {
      resolve([how, megabytes]);
      sent.destroy();
    };
    sent.on('response', (response) => end(String(response.statusCode)));
    sent.on('error', () => end('cut off'));
    const more = (): void => {
      while (megabytes < megabytesMax && !sent.destroyed) {
        megabytes++;
        if (!sent.write(chunk)) return void sent.once('drain', more);
      }
    };
    sent.flushHeaders();
    more();
  });
}

test('a body of 100 MB is refused before it is read, with its length given or not', async () => {
  const api = await startApi();
  expect(await sendLong(api, { 'content-length': String(100 << 20) }, 0)).toEqual(['413', 0]);
  // Who goes on sending may find the connection closed before the answer can be read.
  const [how, megabytes] = await sendLong(api, {}, 100);
  expect(['413', 'cut off']).toContain(how);
  expect(megabytes).toBeGreaterThan(30);
  expect(megabytes).toBeLessThan(60);
  expect((await ask(api, '/api/kill', { body: JSON.stringify({ why: 'a'.repeat(70_000) }) })).status).toBe(413);
  expect((await ask(api, '/api/status')).status).toBe(200);
});

test('beyond this machine only with tokens; a port that is taken is told', async () => {
  const api = await startApi();
  const base = { tokens: [], log: { info: () => {}, warn: () => {}, error: () => {} }, parts: null as never };
  await expect(startControlServer({ ...base, host: '0.0.0.0', port: 0 })).rejects.toThrow(
    /without tokens: anybody could/,
  );
  const port = Number(new URL(api.url).port);
  await expect(startControlServer({ ...base, host: '127.0.0.1', port })).rejects.toThrow(
    /the HTTP API can't listen on 127\.0\.0\.1:\d+: the port is in use; stop what uses it \(another engine\?\)/,
  );
});

test('a token is found by its hash alone', () => {
  const ann = token('ann', 'viewer');
  const known = new Tokens([token('bob', 'operator').entry, ann.entry]);
  expect(known.callerOf(`Bearer ${ann.text}`)).toEqual({ name: 'ann', roles: ['viewer'] });
  expect(known.callerOf(`bearer ${ann.text}`)?.name).toBe('ann');
  for (const header of [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    ann.text,
    `Basic ${ann.text}`,
    `Bearer ${ann.entry.sha256}`,
  ])
    expect(known.callerOf(header), header).toBe(null);
  expect(isRole('root')).toBe(false);
});
