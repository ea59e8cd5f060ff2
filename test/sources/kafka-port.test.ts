// The Kafka port by its contract: the one in memory and a real broker; codecs against Kafka's own producer.

import { afterAll, describe, expect, test } from 'vitest';
import { connectKafka } from '../../runtime/ports/kafka.ts';
import { shareOut } from '../../runtime/ports/kafka-assigner.ts';
import { lz4Codec, snappyCodec, zstdCodec } from '../../runtime/ports/kafka-codecs.ts';
import { type KafkaPort, KafkaUnreachable } from '../../runtime/ports/kafka-port.ts';
import { sharedKafka } from '../services/shared.ts';
import { FakeKafka } from '../support/fake-kafka.ts';
import { kafkaContract } from './kafka-contract.ts';

describe('in memory', () => {
  const kafka = new FakeKafka();
  kafkaContract(async () => kafka.port());
});

describe('a real broker', () => {
  const ports: KafkaPort[] = [];
  afterAll(async () => {
    for (const port of ports) await port.close();
  });

  kafkaContract(async () => {
    const address = await sharedKafka();
    const port = await connectKafka({ brokers: address.split(','), clientId: 'contract' });
    ports.push(port);
    return port;
  });

  test('a broker that does not answer is told with what to check', async () => {
    const connecting = connectKafka({ brokers: ['127.0.0.1:1'], clientId: 'contract' });
    await expect(connecting).rejects.toThrow(KafkaUnreachable);
    await expect(connecting).rejects.toThrow(/127\.0\.0\.1:1 can’t be used: .*check the address/);
  });
});

describe('codecs', () => {
  const text = Buffer.from('the same words again and again, '.repeat(5_000));
  test.each([
    ['snappy', snappyCodec],
    ['lz4', lz4Codec],
    ['zstd', zstdCodec],
  ])('%s gives back what it took', async (_, codec) => {
    const packed = await codec.compress({ buffer: text });
    expect(packed.length).toBeLessThan(text.length / 5);
    expect((await codec.decompress(packed)).equals(text)).toBe(true);
  });

  test('snappy reads blocks without a frame, and refuses what is cut or claims too much', async () => {
    const framed = await snappyCodec.compress({ buffer: text.subarray(0, 1000) });
    expect((await snappyCodec.decompress(framed.subarray(20))).equals(text.subarray(0, 1000))).toBe(true);
    await expect(snappyCodec.decompress(framed.subarray(0, framed.length - 5))).rejects.toThrow(
      'longer than its stream',
    );
    await expect(snappyCodec.decompress(Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]))).rejects.toThrow(
      'unpacks to more',
    );
  });
});

describe('who reads what', () => {
  const partitions = Array.from({ length: 12 }, (_, partition) => ({ topic: 't', partition }));
  const claim = (id: string, ...owned: number[]) => ({
    id,
    topics: ['t'],
    owned: owned.map((partition) => ({ topic: 't', partition })),
  });
  const numbers = (shares: ReturnType<typeof shareOut>, id: string): number[] =>
    (shares.get(id) ?? []).map(({ partition }) => partition).sort((a, b) => a - b);

  test('a newcomer takes no more than its share, the others keep the rest', () => {
    const shares = shareOut([claim('a', 0, 1, 2, 3, 4, 5), claim('b', 6, 7, 8, 9, 10, 11), claim('c')], partitions);
    expect(numbers(shares, 'a')).toEqual([0, 1, 2, 3]);
    expect(numbers(shares, 'b')).toEqual([6, 7, 8, 9]);
    expect(numbers(shares, 'c')).toEqual([4, 5, 10, 11]);
  });

  test('what two claim goes to one, and nobody has two more than another', () => {
    const shares = shareOut(
      [claim('a', 0, 1, 2, 3, 4), claim('b', 3, 4, 5), claim('c'), claim('d'), claim('e')],
      partitions,
    );
    const all = ['a', 'b', 'c', 'd', 'e'].flatMap((id) => numbers(shares, id));
    expect(all.sort((a, b) => a - b)).toEqual(partitions.map(({ partition }) => partition));
    for (const id of ['a', 'b', 'c', 'd', 'e']) expect([2, 3]).toContain(numbers(shares, id).length);
  });

  test('who does not read a topic gets nothing of it', () => {
    const shares = shareOut([claim('a'), { id: 'b', topics: ['other'], owned: [] }], partitions);
    expect(numbers(shares, 'a')).toHaveLength(12);
    expect(numbers(shares, 'b')).toEqual([]);
  });
});
