// Everything that can be wrong with what comes in, as a person meets it: a sentence that says what, where and what to
// do, the right exit code, and nothing sound lost beside it.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EngineProcess, projectFolder, startEngine } from './engine-process.ts';

const main = resolve(import.meta.dirname, '../../cli/main.ts');

interface Outcome {
  readonly status: number | null;
  readonly out: string;
  readonly errors: string;
}

function ddlc(words: readonly string[], cwd: string, input = ''): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], {
    cwd,
    input,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 64 << 20,
  });
  return { status, out: stdout, errors: stderr };
}

const sound = `schema s {
  key k
  metric m: number
  every 1s
}

policy high {
  title "High"
  owner "me"
  runbook "https://runbooks.example/high"
  on s
  when m > 5
  do notify("high")
  cooldown 0s
}
`;

describe('programs', () => {
  const cases: readonly [name: string, files: Readonly<Record<string, string | Buffer>>, says: RegExp][] = [
    ['an empty file', { 'empty.ddl': '' }, /empty/i],
    ['a binary file', { 'binary.ddl': Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 0xff, 0xfe]) }, /not UTF-8 text/],
    ['10 MB', { 'big.ddl': `// ${'x'.repeat(10 << 20)}` }, /large|MiB|MB/],
    ['an unclosed string', { 'a.ddl': 'const a = "open\n' }, /closing/],
    ['an unknown unit', { 'a.ddl': 'const a = 5parsecs\n' }, /unit.*parsecs|parsecs.*unit/s],
    ['10,000 parentheses', { 'a.ddl': `const a = ${'('.repeat(10_000)}1${')'.repeat(10_000)}\n` }, /nested/],
    ['a name declared twice', { 'a.ddl': 'const a = 1\nconst a = 2\n' }, /`a`.*(twice|already|more than once)/s],
    ['a schema without key', { 'a.ddl': 'schema t {\n  metric m: number\n}\n' }, /key/],
  ];
  test.each(cases)('%s', (_name, files, says) => {
    const folder = projectFolder({ 'sound.ddl': sound });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    const { status, out } = ddlc(['check', '.'], folder);
    expect(out).toMatch(says);
    expect(out).toMatch(new RegExp(`${Object.keys(files)[0]}:\\d+:\\d+`));
    // An empty file is odd and no mistake.
    expect(status).toBe(out.includes('error[') ? 1 : 0);
    expect(out).not.toContain('sound.ddl');
    const json: { policies: number; problems: unknown[] } = JSON.parse(
      ddlc(['check', '.', '--format', 'json'], folder).out,
    );
    expect(json.policies).toBe(1);
    expect(json.problems).toHaveLength(1);
  });

  test('a folder that does not exist, and one without programs', () => {
    const folder = projectFolder({});
    expect(ddlc(['check', 'nowhere'], folder)).toMatchObject({ status: 2, errors: expect.stringContaining('nowhere') });
    expect(ddlc(['check', '.'], folder)).toMatchObject({ status: 2, errors: expect.stringContaining('ddlc init') });
  });
});

describe('events', () => {
  const good = '{"id":"1","timestamp":"2026-01-01T00:00:00Z","metrics":{"m":9},"tags":{"k":"a"}}';
  const cases: readonly [name: string, line: string, says: RegExp][] = [
    ['not JSON', 'hello', /not JSON|JSON/],
    ['a string for a number', '{"timestamp":"2026-01-01T00:00:01Z","metrics":{"m":"9"},"tags":{"k":"a"}}', /`m`/],
    ['a bare NaN', '{"timestamp":"2026-01-01T00:00:01Z","metrics":{"m":NaN},"tags":{"k":"a"}}', /JSON/],
    ['no timestamp', '{"metrics":{"m":9},"tags":{"k":"a"}}', /timestamp/],
    ['the year 3000', '{"timestamp":"3000-01-01T00:00:00Z","metrics":{"m":9},"tags":{"k":"a"}}', /3000/],
    [
      'an unknown schema',
      '{"timestamp":"2026-01-01T00:00:01Z","schema":"t","metrics":{"m":9},"tags":{"k":"a"}}',
      /schema/,
    ],
    ['no key', '{"timestamp":"2026-01-01T00:00:01Z","metrics":{"m":9},"tags":{}}', /`k`/],
  ];
  test.each(cases)('%s: said, and the events around it are judged', (_name, line, says) => {
    const folder = projectFolder({ 'sound.ddl': sound });
    const after = good.replace('00:00:00Z', '00:00:05Z');
    const { status, out, errors } = ddlc(['backtest', '.', '--events', '-'], folder, `${good}\n${line}\n${after}\n`);
    expect(status).toBe(0);
    expect(errors).toMatch(says);
    expect(errors).toContain('standard input:2');
    expect(
      out
        .trim()
        .split('\n')
        .map((text) => JSON.parse(text).at),
    ).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:05.000Z']);
  });

  test('`__proto__` as a metric is a name like any other', () => {
    const folder = projectFolder({ 'sound.ddl': sound });
    const line = good.replace('"m":9', '"__proto__":7,"constructor":8,"m":9');
    const { status, out } = ddlc(['backtest', '.', '--events', '-'], folder, `${line}\n`);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ policy: 'high', values: { 'm > 5': 9 } });
  });

  test('a recording that is cut off in the middle', () => {
    const folder = projectFolder({ 'sound.ddl': sound });
    const packed = gzipSync(`${good}\n`.repeat(10_000));
    writeFileSync(join(folder, 'cut.jsonl.gz'), packed.subarray(0, packed.length - 20));
    expect(ddlc(['backtest', '.', '--events', 'cut.jsonl.gz'], folder)).toMatchObject({
      status: 2,
      errors: expect.stringContaining('truncated'),
    });
  });
});

describe('OTLP', () => {
  let engine: EngineProcess;
  let address: string;

  beforeAll(async () => {
    engine = startEngine(projectFolder({ 'sound.ddl': sound }), ['.']);
    [, address] = (await engine.says(/OpenTelemetry metrics at (\S+)/, 30_000)) as unknown as [string, string];
  }, 40_000);

  afterAll(async () => {
    await engine.end('SIGKILL');
  });

  const send = (body: Buffer | string, headers: Record<string, string>): Promise<Response> =>
    fetch(address, { method: 'POST', body: typeof body === 'string' ? body : new Uint8Array(body), headers });

  test.each([
    ['truncated protobuf', Buffer.from([0x0a, 0xff, 0x01, 0x0a]), { 'content-type': 'application/x-protobuf' }, 400],
    ['truncated JSON', '{"resourceMetrics":[', { 'content-type': 'application/json' }, 400],
    ['not gzip', '{}', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, 400],
    ['50 MB', Buffer.alloc(50 << 20), { 'content-type': 'application/x-protobuf' }, 413],
    [
      '50 MB behind gzip',
      gzipSync(Buffer.alloc(50 << 20)),
      { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
      413,
    ],
    ['another type', 'x', { 'content-type': 'text/plain' }, 415],
  ])('%s', async (_name, body, headers, status) => {
    let response: Response;
    try {
      response = await send(body, headers as unknown as Record<string, string>);
    } catch (error) {
      // A sender that is refused while it still sends may find the connection closed.
      expect(status).toBe(413);
      expect(String(error)).toContain('fetch failed');
      return;
    }
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) });
  });

  test('and is ready', async () => {
    for (const path of ['/healthz', '/readyz']) expect((await fetch(new URL(path, address))).status).toBe(200);
  });

  test('and goes on', async () => {
    const now = `${Date.now()}000000`;
    const attributes = [{ key: 'k', value: { stringValue: 'a' } }];
    const gauge = { dataPoints: [{ timeUnixNano: now, asDouble: 9, attributes }] };
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'm', gauge }] }] }] });
    expect((await send(body, { 'content-type': 'application/json' })).status).toBe(200);
    await engine.decision((decision) => decision.key === 'a', 10_000);
  });
});

describe('the ledger’s folder', () => {
  test('a file, and a folder that nobody may write', () => {
    const folder = projectFolder({ 'sound.ddl': sound, taken: 'not a folder' });
    const isFile = ddlc(['run', '.', '--events', '-'], mkdtempSync(join(tmpdir(), 'ddl-')), '');
    expect(isFile.status).toBe(2);
    const settings = (ledger: string): string => {
      writeFileSync(join(folder, 'ddl.config.json'), JSON.stringify({ ledger: { folder: ledger } }));
      return ledger;
    };
    settings('taken');
    expect(ddlc(['run', '.', '--events', '-'], folder)).toMatchObject({
      status: 2,
      errors: expect.stringContaining('taken'),
    });
    mkdirSync(join(folder, 'locked'));
    chmodSync(join(folder, 'locked'), 0o500);
    // Root may write everywhere but below a file system that refuses it.
    settings(process.getuid?.() === 0 ? '/proc/ddl' : 'locked/ledger');
    const { status, errors } = ddlc(['run', '.', '--events', '-'], folder);
    expect(status).toBe(2);
    expect(errors).toMatch(/error: .*(\/proc\/ddl|locked)/);
  });

  test('a setting that can’t be used names its field', () => {
    const folder = projectFolder({
      'sound.ddl': sound,
      'ddl.config.yaml': 'sources:\n  otlp:\n    port: 99999\n  hots: {}\n',
    });
    const { status, errors } = ddlc(['run', '.'], folder);
    expect(status).toBe(2);
    expect(errors).toMatch(/`sources\.otlp\.port`.*for example 4318/);
    expect(errors).toContain('hots');
  });
});
