// What an event means, and what a sender is told when it means nothing.

import { describe, expect, test } from 'vitest';
import { JsonEventDecoder, lineBytesMax } from '../../runtime/sources/json-events.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const now = Date.UTC(2026, 0, 31);
const service = schemaMeta('service_health', {
  key: tagMeta('service_id', { from: 'service.name' }),
  tags: [tagMeta('region'), tagMeta('zone', { from: 'cloud.zone' })],
  metrics: [
    metricMeta('cpu_usage', { divide: 100, from: 'cpu.pct', type: 'ratio' }),
    metricMeta('heap', { multiply: 1024, type: 'bytes' }),
    metricMeta('queue', { optional: true }),
    metricMeta('ready', { optional: true, type: 'bool' }),
  ],
});
const host = schemaMeta('host', { key: tagMeta('host'), metrics: [metricMeta('load')] });

function decode(
  text: string | Buffer,
  more: { schema?: string | null; schemas?: (typeof host)[]; keys?: number } = {},
) {
  const probe = intakeProbe(programMeta(more.schemas ?? [service]), more.keys === undefined ? {} : { keys: more.keys });
  const decoder = new JsonEventDecoder(probe.intake, {
    schema: more.schema ?? null,
    where: 'in.jsonl',
    now: () => now,
  });
  decoder.decode(typeof text === 'string' ? Buffer.from(text) : text);
  decoder.end();
  return { ...probe, decoder };
}

const good = '{"id":"1","timestamp":1000,"metrics":{"cpu_usage":50,"heap":2},"tags":{"service_id":"pay"}}';

describe('an event becomes a row', () => {
  test('in canonical units, by declared or wire name', () => {
    const text =
      '{"timestamp":"1970-01-01T00:00:01Z","metrics":{"cpu.pct":50,"heap":2},"tags":{"service.name":"pay","region":"eu","cloud.zone":"a"}}';
    const [row] = decode(text).rows();
    expect(row).toEqual({
      schema: 'service_health',
      time: 1000,
      key: 'pay',
      seq: 0,
      lacks: 0,
      values: { cpu_usage: 0.5, heap: 2048, queue: Number.NaN, ready: Number.NaN },
      tags: { region: 'eu', zone: 'a' },
    });
  });
  test.each(['{"cpu_usage":1,"cpu.pct":2,"heap":1}', '{"cpu.pct":2,"cpu_usage":1,"heap":1}'])(
    'the declared name wins over the wire name: %s',
    (metrics) => {
      expect(
        decode(`{"timestamp":1,"metrics":${metrics},"tags":{"service_id":"k","service.name":"other"}}`).rows()[0],
      ).toMatchObject({ key: 'k', values: { cpu_usage: 0.01 } });
    },
  );
  test('null and numbers that are not finite are unknown, but present', () => {
    const [row] = decode('{"timestamp":1,"metrics":{"cpu_usage":null,"heap":1e999},"tags":{"service_id":"k"}}').rows();
    expect(row).toMatchObject({ lacks: 0, values: { cpu_usage: Number.NaN, heap: Number.NaN } });
  });
  test('a required metric that is absent makes the row lack something, an optional one does not', () => {
    const rows = decode(`{"timestamp":1,"metrics":{"heap":1,"queue":1},"tags":{"service_id":"k"}}\n${good}`).rows();
    expect(rows.map((row) => row.lacks)).toEqual([1, 0]);
  });
  test('tags: numbers and booleans become text, the rest is ignored', () => {
    const [row] = decode('{"timestamp":1,"metrics":{},"tags":{"service_id":7,"region":true,"zone":{"a":1}}}').rows();
    expect(row).toMatchObject({ key: '7', tags: { region: 'true' }, lacks: 1 });
    expect(row.tags).not.toHaveProperty('zone');
  });
  test('names that JavaScript knows mean nothing, undeclared metrics may be anything', () => {
    const text =
      '{"timestamp":1,"__proto__":{"schema":"x"},"metrics":{"__proto__":{"heap":5},"constructor":"x","toString":[1],"cpu_usage":1,"heap":1},"tags":{"service_id":"k","__proto__":{"region":"eu"}}}';
    const { rows, letters, decoder } = decode(`${text}\n${text}`);
    expect(letters).toEqual([]);
    expect(rows()).toHaveLength(2);
    expect(rows()[0]).toMatchObject({ values: { cpu_usage: 0.01, heap: 1024 }, tags: {} });
    expect(decoder.undeclared(0)).toEqual(['__proto__', 'constructor', 'toString']);
    expect(({} as Record<string, unknown>).heap).toBeUndefined();
  });
  test('blank lines, carriage returns and a byte order mark are passed over, also one cut in two', () => {
    const text = Buffer.from(`\ufeff${good}\r\n\n  \r\n${good}`);
    expect(decode(text).rows()).toHaveLength(2);
    const probe = intakeProbe(programMeta([service]));
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
    for (const byte of text) decoder.decode(Uint8Array.of(byte));
    decoder.end();
    expect(probe.rows()).toHaveLength(2);
    expect(probe.letters).toEqual([]);
  });
});

describe('the schema', () => {
  const event = (schema: string): string => `{"timestamp":1,${schema}"metrics":{"load":1},"tags":{"host":"a"}}`;
  test('is the named one, else the setting, else the only one', () => {
    expect(
      decode(event('"schema":"host",'), { schemas: [service, host], schema: 'service_health' }).rows()[0].schema,
    ).toBe('host');
    expect(decode(event(''), { schemas: [service, host], schema: 'host' }).rows()[0].schema).toBe('host');
    expect(decode(event(''), { schemas: [host] }).rows()[0].schema).toBe('host');
  });
  test('without any of them the event is a dead letter', () => {
    const { letters } = decode(event(''), { schemas: [service, host] });
    expect(letters[0].reason).toBe('no-schema');
    expect(letters[0].message).toBe(
      'the event names no schema and the source has no default (in.jsonl:1): add "schema" to the event or set one for the source: `service_health`, `host`',
    );
  });
  test('a wrong name gets a suggestion', () => {
    const { letters } = decode(event('"schema":"hots",'), { schemas: [service, host] });
    expect(letters[0]).toMatchObject({ reason: 'unknown-schema', where: 'in.jsonl:1' });
    expect(letters[0].message).toContain('did you mean `host`?');
  });
  test('a wrong setting stops the start', () => {
    expect(() => decode('', { schemas: [service, host], schema: 'hosts' })).toThrow('did you mean `host`?');
  });
});

describe('bad input', () => {
  const event = (timestamp: string, metrics = '{"cpu_usage":1,"heap":1}', tags = '{"service_id":"k"}'): string =>
    `{${timestamp === '' ? '' : `"timestamp":${timestamp},`}"metrics":${metrics},"tags":${tags}}`;
  test.each<[string, string, string]>([
    ['hello', 'not-json', 'send one JSON object per line'],
    ['{"timestamp":1', 'not-json', 'send one JSON object per line'],
    ['\u0000\u0001\ufffd', 'not-json', 'in.jsonl:2'],
    [event('1', '{"cpu_usage":NaN}'), 'not-json', 'write null for an unknown value'],
    [event('1', '{"cpu_usage":-Infinity}'), 'not-json', 'write null for an unknown value'],
    ['[1,2]', 'not-an-event', 'is an array'],
    ['null', 'not-an-event', 'is null'],
    ['{}', 'no-timestamp', 'send ISO 8601'],
    ['{"timestamp":1}', 'not-an-event', '`metrics` are absent'],
    [event('1', '[1]'), 'not-an-event', '`metrics` are an array'],
    [event('1', '{}', '"k"'), 'not-an-event', '`tags` are the string "k"'],
    [event(''), 'no-timestamp', 'has no `timestamp`'],
    [event('null'), 'no-timestamp', 'has no `timestamp`'],
    [event('"yesterday"'), 'bad-timestamp', 'the string "yesterday" is not a time'],
    [event('"2026-01-01T00:00:00"'), 'bad-timestamp', 'ISO 8601 with a zone'],
    [event('-5'), 'bad-timestamp', '-5 lies before 1970'],
    [event('{"a":1}'), 'bad-timestamp', 'an object is not a time'],
    [event('1e999'), 'bad-timestamp', 'is not a time'],
    [event('"3000-01-01T00:00:00Z"'), 'future-timestamp', 'lies in the future'],
    [event(`${now + 300_001}`), 'future-timestamp', "check the sender's clock"],
    [event(`${now * 1000}`), 'future-timestamp', 'looks like microseconds'],
    [event(`${now}000000`), 'future-timestamp', 'nanoseconds'],
    [
      event('1', '{"cpu_usage":"7"}'),
      'bad-metric',
      'metric `cpu_usage` is the string "7", not a number (in.jsonl:2): send 7 without quotes',
    ],
    [event('1', '{"cpu_usage":"high"}'), 'bad-metric', 'send a number, or null when it is unknown'],
    [event('1', '{"cpu.pct":true}'), 'bad-metric', 'metric `cpu.pct` is true, not a number'],
    [event('1', '{"ready":"yes"}'), 'bad-metric', 'not true or false (in.jsonl:2): send true or false, or null'],
    [event('1', '{"heap":{}}'), 'bad-metric', 'is an object'],
    [event('1', '{}', '{"region":"eu"}'), 'no-key', 'the key tag `service_id` (or `service.name`) is absent'],
    [event('1', '{}', '{"service_id":""}'), 'no-key', 'is empty'],
    [event('1', '{}', 'null'), 'no-key', 'is absent'],
    [event('1', '{}', '{"service_id":{"a":1}}'), 'no-key', 'is absent'],
    ['{"schema":5,"timestamp":1}', 'unknown-schema', "the event's `schema` is 5"],
    ['{"schema":"__proto__","timestamp":1}', 'unknown-schema', '`__proto__`, which is not declared'],
    [`${'['.repeat(200_000)}`, 'not-json', 'in.jsonl:2'],
  ])('%s', (line, reason, message) => {
    const { rows, letters } = decode(`${good}\n${line}\n${good}\n`);
    expect(rows()).toHaveLength(2);
    expect(letters).toHaveLength(1);
    expect(letters[0].reason).toBe(reason);
    expect(letters[0].message).toContain(message);
    expect(letters[0].where).toBe('in.jsonl:2');
    expect(letters[0].excerpt).toBe(line.slice(0, 200));
  });

  test('the moment before the bound is taken', () => {
    expect(decode(event(`${now + 300_000}`)).rows()).toHaveLength(1);
  });
  test('an empty key in a line of a known shape is no key, and is not remembered', () => {
    const keyed = (key: string): string => event('1', '{"cpu_usage":1,"heap":1}', `{"service_id":"${key}"}`);
    const { rows, letters, intake } = decode([keyed('a'), keyed('b'), keyed('')].join('\n'));
    expect(rows()).toHaveLength(2);
    expect(letters.map((letter) => letter.reason)).toEqual(['no-key']);
    expect(intake.schemas[0].keys.size).toBe(2);
  });
  test('a key of more than 1,024 characters is a dead letter, one of as many is not', () => {
    const keys = ['k', 'k'.repeat(1024), 'k'.repeat(1025), 'ü'.repeat(1024), 'ü'.repeat(1025), 'k'.repeat(100_000)];
    const lines = keys.map((key) => event('1', '{"cpu_usage":1,"heap":1}', `{"service_id":"${key}"}`));
    const { rows, letters, intake, decoder } = decode(lines.join('\n'));
    expect(rows().map((row) => row.key)).toEqual([keys[0], keys[1], keys[3]]);
    expect(letters.map((letter) => letter.reason)).toEqual(['too-large', 'too-large', 'too-large']);
    expect(letters[0].message).toBe(
      'the key tag `service_id` is longer than 1024 characters (in.jsonl:3): schema `service_health` keeps its state by it: send a shorter one',
    );
    expect(intake.schemas[0].keys.size).toBe(3);
    expect(decoder.scanned).toBe(2);
  });
  test('what a dead letter holds is not remembered, whatever comes first in it', () => {
    const keyed = (key: string, region: string, cpu: string): string =>
      `{"timestamp":1,"tags":{"service_id":"${key}","region":"${region}"},"metrics":{"cpu_usage":${cpu},"heap":1}}`;
    const { letters, intake, decoder } = decode(
      [keyed('a', 'eu', '1'), keyed('b', 'us', '"high"'), keyed('a', 'eu', '2')].join('\n'),
    );
    expect(letters).toHaveLength(1);
    expect(decoder.scanned).toBe(1);
    expect(intake.schemas[0].keys.size).toBe(1);
    expect(intake.schemas[0].tags[0].size).toBe(1);
  });
  test('one key too many is a dead letter, known keys go on', () => {
    const lines = ['a', 'b', 'c', 'a', 'c'].map((key) =>
      event('1', '{"cpu_usage":1,"heap":1}', `{"service_id":"${key}"}`),
    );
    const { rows, letters } = decode(lines.join('\n'), { keys: 2 });
    expect(rows().map((row) => row.key)).toEqual(['a', 'b', 'a']);
    expect(letters.map((letter) => letter.reason)).toEqual(['too-many-keys', 'too-many-keys']);
    expect(letters[0].message).toContain('limit of 2 keys');
  });

  const long = `{"timestamp":1,"id":"${'x'.repeat(lineBytesMax)}","metrics":{"cpu_usage":1,"heap":1},"tags":{"service_id":"k"}}`;
  test.each([1 << 16, 1 << 20, 1 << 24])('a line over 1 MiB is one dead letter, in chunks of %i bytes', (size) => {
    // The short form teaches the layout, so that the scanner meets the long one.
    const text = Buffer.from([long.replace(/x+/, 'x'), long, good, long, good, long].join('\n'));
    const probe = intakeProbe(programMeta([service]));
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
    for (let at = 0; at < text.length; at += size) decoder.decode(text.subarray(at, at + size));
    decoder.end();
    expect(probe.rows()).toHaveLength(3);
    expect(probe.rows().map((row) => row.seq)).toEqual([0, 1, 2]);
    expect(probe.letters.map((letter) => letter.where)).toEqual(['in:2', 'in:4', 'in:6']);
    expect(probe.reasons()).toEqual(['too-large', 'too-large', 'too-large']);
    expect(probe.letters[0].excerpt).toHaveLength(200);
  });

  test('10 MB without a line feed need no more memory than the limit', () => {
    const probe = intakeProbe(programMeta([service]));
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
    for (let at = 0; at < 160; at++) decoder.decode(Buffer.alloc(65_536, 'z'));
    decoder.decode(Buffer.from(`\n${good}\n`));
    expect(probe.reasons()).toEqual(['too-large']);
    expect(probe.rows()).toHaveLength(1);
  });

  test('an empty input and binary input', () => {
    expect(decode('').rows()).toEqual([]);
    const { letters, rows } = decode(Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 37) % 256)));
    expect(rows()).toEqual([]);
    expect(letters.length).toBeGreaterThan(0);
    expect(new Set(letters.map((letter) => letter.reason))).toEqual(new Set(['not-json']));
  });
});

test('decode stops after the number of lines asked for and says how far it came', () => {
  const probe = intakeProbe(programMeta([service]));
  const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'in', now: () => now });
  const chunk = Buffer.from(`${good}\n`.repeat(10) + good.slice(0, 20));
  const slices: number[] = [];
  for (let at = 0; at < chunk.length; ) {
    const before = probe.rows().length;
    at = decoder.decode(chunk, 4, at);
    slices.push(probe.rows().length - before);
  }
  expect(slices).toEqual([4, 4, 2]);
  decoder.decode(Buffer.from(good.slice(20)));
  decoder.end();
  expect(probe.rows()).toHaveLength(11);
});
