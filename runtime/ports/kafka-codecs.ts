// Snappy, lz4 and zstd for the Kafka client, which has gzip alone: a batch in a codec that it lacks would end the
// consumer. Written as Kafka's own clients write them, read in every form that they do.

import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs, { CompressionTypes } from 'kafkajs';
import { compressFrame, decompressFrame } from 'lz4-napi';
import { compress as snappyCompress, uncompress as snappyUncompress } from 'snappy';

// Not among the names that Node finds in that package by itself.
const { CompressionCodecs } = kafkajs;

interface KafkaCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(bytes: Buffer): Promise<Buffer>;
}

/** What xerial's snappy stream begins with: 0x82 SNAPPY 0, a version and the least compatible one. */
const xerialHead = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1]);
const xerialMagicBytes = 8;
/** Kafka's Java clients cut a stream into blocks of this size. */
const xerialBlockBytes = 32 * 1024;
/** What a batch may unpack to: a hostile one must not take all memory. */
const unpackedBytesMax = 256 * 1024 * 1024;

export const snappyCodec: KafkaCodec = {
  async compress({ buffer }) {
    const parts: Buffer[] = [xerialHead];
    for (let at = 0; at < buffer.length; at += xerialBlockBytes) {
      const block = await snappyCompress(buffer.subarray(at, at + xerialBlockBytes));
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      parts.push(length, block);
    }
    return Buffer.concat(parts);
  },
  async decompress(bytes) {
    const framed = bytes.subarray(0, xerialMagicBytes).equals(xerialHead.subarray(0, xerialMagicBytes));
    // Clients in C write one block without the frame.
    if (!framed) return unpackedSnappy(bytes, unpackedBytesMax);
    const parts: Buffer[] = [];
    let left = unpackedBytesMax;
    for (let at = xerialHead.length; at < bytes.length; ) {
      if (bytes.length - at < 4) throw new Error('a snappy stream ends within a length');
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0 || length > bytes.length - at) throw new Error('a snappy block is longer than its stream');
      const part = await unpackedSnappy(bytes.subarray(at, at + length), left);
      left -= part.length;
      parts.push(part);
      at += length;
    }
    return Buffer.concat(parts);
  },
};

async function unpackedSnappy(block: Buffer, most: number): Promise<Buffer> {
  if (unpackedLength(block) > most) throw new Error(`a snappy batch unpacks to more than ${unpackedBytesMax} bytes`);
  const unpacked = await snappyUncompress(block, { asBuffer: true });
  return typeof unpacked === 'string' ? Buffer.from(unpacked, 'latin1') : unpacked;
}

/** A block begins with its unpacked length, seven bits a byte. */
function unpackedLength(block: Buffer): number {
  let length = 0;
  for (let i = 0; i < Math.min(5, block.length); i++) {
    length += (block[i] & 0x7f) * 2 ** (7 * i);
    if (block[i] < 0x80) break;
  }
  return length;
}

export const lz4Codec: KafkaCodec = {
  compress: ({ buffer }) => compressFrame(buffer),
  decompress: (bytes) => decompressFrame(bytes),
};

export const zstdCodec: KafkaCodec = {
  compress: ({ buffer }) =>
    new Promise((resolve, reject) =>
      zstdCompress(buffer, (error, result) => (error === null ? resolve(result) : reject(error))),
    ),
  decompress: (bytes) =>
    new Promise((resolve, reject) =>
      zstdDecompress(bytes, { maxOutputLength: unpackedBytesMax }, (error, result) =>
        error === null ? resolve(result) : reject(error),
      ),
    ),
};

/** To be called before a client is made; more than once does no harm. */
export function registerKafkaCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = () => snappyCodec;
  CompressionCodecs[CompressionTypes.LZ4] = () => lz4Codec;
  CompressionCodecs[CompressionTypes.ZSTD] = () => zstdCodec;
}
