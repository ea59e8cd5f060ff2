// A recording as a stream of chunks: a file or standard input, plain or gzip by what it begins with, not by its name.
// Read as fast as it is consumed and no faster.

import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SourceError } from './source-error.ts';

const chunkBytes = 256 * 1024;

export interface FileChunksOptions {
  /** A path, or `-` for standard input. */
  readonly path: string;
  /** What `-` reads from. */
  readonly standardInput?: AsyncIterable<Uint8Array>;
  /** Ends the reading, also while it waits for input that never comes. */
  readonly signal?: AbortSignal;
}

/** Yields the decompressed bytes in order. Throws an `Error` with a sentence for people when they can't be had. */
export async function* fileChunks(options: FileChunksOptions): AsyncGenerator<Uint8Array, void, void> {
  const name = options.path === '-' ? 'standard input' : options.path;
  const raw =
    options.path === '-'
      ? (options.standardInput ?? process.stdin)
      : createReadStream(options.path, { highWaterMark: chunkBytes });
  const source = raw[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const abort = (): void => {
    if (raw instanceof Readable) raw.destroy();
  };
  options.signal?.addEventListener('abort', abort, { once: true });
  try {
    yield* unpacked(source);
  } catch (error) {
    if (options.signal?.aborted !== true) throw new SourceError(fileProblem(error, name), { cause: error });
  } finally {
    options.signal?.removeEventListener('abort', abort);
    // Not awaited: a source that waits for input would not return before it comes.
    source.return?.().catch(() => {});
  }
}

async function* unpacked(source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const head = await firstBytes(source);
  if (head.length === 0) return;
  if (head[0] !== 0x1f || head[1] !== 0x8b) {
    yield* joined(head, source);
    return;
  }
  const packed = Readable.from(joined(head, source), { objectMode: false, highWaterMark: chunkBytes });
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  packed.on('error', (error) => gunzip.destroy(error));
  yield* packed.pipe(gunzip);
}

/** At least two bytes, unless there are fewer. */
async function firstBytes(source: AsyncIterator<Uint8Array>): Promise<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 2) {
    const next = await source.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return head;
}

async function* joined(head: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  yield head;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function fileProblem(error: unknown, name: string): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const what = `can't read events from ${name}`;
  if (code === 'ENOENT') return `${what}: there is no such file; check the path`;
  if (code === 'EISDIR') return `${what}: it is a folder; name a file in it`;
  if (code === 'EACCES' || code === 'EPERM') return `${what}: permission denied; check who may read it`;
  if (code === 'Z_BUF_ERROR') return `${what}: the gzip data is truncated; copy the file again`;
  if (code === 'Z_DATA_ERROR') return `${what}: the gzip data is damaged; copy the file again`;
  return `${what}: ${error instanceof Error ? error.message : String(error)}`;
}
