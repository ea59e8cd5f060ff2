// Files and standard input as chunks: by content, with backpressure, and with errors that name the file.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { fileChunks } from '../../runtime/sources/file.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { programMeta, workloadLines, workloadSchema } from '../support/program-meta.ts';

const folder = mkdtempSync(join(tmpdir(), 'ddl-file-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function read(path: string, standardInput?: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of fileChunks({ path, standardInput })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* input(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

const content = Buffer.from(`${workloadLines(5000).join('\n')}\n`);

describe('a file', () => {
  test.each([
    ['plain, called .gz', 'a.gz', content],
    ['gzip, called .jsonl', 'a.jsonl', gzipSync(content)],
    [
      'two gzip members in one',
      'b.gz',
      Buffer.concat([gzipSync(content.subarray(0, 1000)), gzipSync(content.subarray(1000))]),
    ],
  ])('%s', async (_name, name, bytes) => {
    expect((await read(file(name, bytes))).equals(content)).toBe(true);
  });
  test.each(['', 'x', '\u001f', 'ab'])('a tiny one: %j', async (text) => {
    expect((await read(file('tiny', text))).toString()).toBe(text);
  });
  test('becomes rows', async () => {
    const probe = intakeProbe(programMeta([workloadSchema]));
    const decoder = new JsonEventDecoder(probe.intake, { schema: null, where: 'a.jsonl', now: Date.now });
    for await (const chunk of fileChunks({ path: file('c', gzipSync(content)) })) {
      for (let at = 0; at < chunk.length; ) at = decoder.decode(chunk, 100, at);
    }
    decoder.end();
    expect(probe.rows()).toHaveLength(5000);
    expect(decoder.scanned).toBe(4999);
  });
  test('may be left in the middle', async () => {
    for await (const chunk of fileChunks({ path: file('d', gzipSync(Buffer.alloc(20_000_000, 'x'))) })) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });
});

describe('standard input', () => {
  test('plain, gzip cut after its first byte, and nothing', async () => {
    const packed = gzipSync(content);
    expect((await read('-', input(content.subarray(0, 1), content.subarray(1)))).equals(content)).toBe(true);
    expect(
      (await read('-', input(packed.subarray(0, 1), packed.subarray(1, 7), packed.subarray(7)))).equals(content),
    ).toBe(true);
    expect(await read('-', input())).toHaveLength(0);
  });
  test('that never comes can be given up', async () => {
    const pipe = new PassThrough();
    pipe.write('abc');
    const controller = new AbortController();
    const chunks: string[] = [];
    setTimeout(() => controller.abort(), 30);
    for await (const chunk of fileChunks({ path: '-', standardInput: pipe, signal: controller.signal })) {
      chunks.push(Buffer.from(chunk).toString());
    }
    expect(chunks).toEqual(['abc']);
  });
  test('is not read faster than it is consumed', async () => {
    let given = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        given++;
        yield Buffer.alloc(256 * 1024, 'x');
      }
    }
    let taken = 0;
    for await (const _chunk of fileChunks({ path: '-', standardInput: endless() })) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (++taken === 20) break;
    }
    expect(given - taken).toBeLessThan(6);
  });
});

describe('errors name the file and what to do', () => {
  test.each([
    ['missing', () => join(folder, 'nowhere.jsonl'), 'nowhere.jsonl: there is no such file; check the path'],
    ['a folder', () => folder, 'it is a folder'],
    ['gzip cut off', () => file('cut.gz', gzipSync(content).subarray(0, 3000)), 'cut.gz: the gzip data is truncated'],
    [
      'gzip damaged',
      () => file('bad.gz', Buffer.concat([gzipSync(content).subarray(0, 2000), Buffer.alloc(5000, 7)])),
      'bad.gz: the gzip data is damaged',
    ],
  ])('%s', async (_name, path, message) => {
    await expect(read(path())).rejects.toThrow(message);
  });
});
