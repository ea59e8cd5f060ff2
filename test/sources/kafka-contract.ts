// What every adapter of the Kafka port must do, run on the one in memory and on a real broker.

import { describe, expect, test } from 'vitest';
import {
  type KafkaBatch,
  type KafkaMember,
  type KafkaPartition,
  type KafkaPort,
  KafkaRefused,
  KafkaUnreachable,
} from '../../runtime/ports/kafka-port.ts';
import { until } from '../support/until.ts';

/** A client of a group that notes what it is told and reads from `from`. */
class Reader {
  readonly port: KafkaPort;
  readonly log: string[] = [];
  readonly values = new Map<number, string[]>();
  owned: readonly number[] = [];
  readonly next = new Map<number, number>();
  highWatermark = 0;
  /** `null`: begins nothing by itself. */
  from: number | null = 0;
  onRevoked: () => Promise<void> = async () => {};

  constructor(port: KafkaPort) {
    this.port = port;
  }

  async join(group: string, topic: string): Promise<KafkaMember> {
    return this.port.join(
      { group, topics: [topic], drainMs: 2_000, heartbeatMs: 100, fetchWaitMs: 20 },
      {
        assigned: (partitions, member) => {
          this.owned = partitions.map(({ partition }) => partition).sort((a, b) => a - b);
          this.log.push('assigned');
          for (const each of partitions) {
            if (this.from !== null) member.begin(each, this.next.get(each.partition) ?? this.from);
          }
        },
        revoked: async () => {
          await this.onRevoked();
          this.log.push('revoked');
        },
        batch: async (batch, turn) => {
          const seen = this.values.get(batch.partition) ?? [];
          this.values.set(batch.partition, seen);
          for (const { value, offset } of batch.messages) {
            seen.push(Buffer.from(value ?? []).toString());
            this.next.set(batch.partition, Number(offset) + 1);
          }
          this.highWatermark = batch.highWatermark;
          await turn.breathe();
          return lastOf(batch) + 1;
        },
        trouble: (message) => this.log.push(message),
      },
    );
  }

  get count(): number {
    return [...this.values.values()].reduce((sum, { length }) => sum + length, 0);
  }
}

function lastOf({ messages }: KafkaBatch): number {
  return Number(messages[messages.length - 1].offset);
}

/** `open` resolves to a port of its own; `name` makes names that nobody else uses. */
export function kafkaContract(open: () => Promise<KafkaPort>): void {
  let serial = 0;
  const start = `${process.pid}-${Date.now().toString(36)}`;

  async function setUp(partitions: number, values: readonly (readonly string[])[] = []) {
    const port = await open();
    const topic = `contract-${start}-${serial++}`;
    await port.ensureTopic(topic, partitions);
    const producer = await port.producer();
    for (const [partition, each] of values.entries()) {
      if (each.length > 0)
        await producer.send(
          topic,
          each.map((value) => ({ key: null, value, partition })),
        );
    }
    return { port, topic, group: `group-${topic}`, producer };
  }

  describe('reading', () => {
    test('a member is given all partitions and reads each from where it begins, in order', async () => {
      const { port, topic, group, producer } = await setUp(2, [['a', 'b', 'c'], ['d']]);
      const reader = new Reader(port);
      reader.from = 1;
      const member = await reader.join(group, topic);
      await until(() => reader.values.get(0)?.length === 2, 'two messages');
      expect(reader.owned).toEqual([0, 1]);
      expect(reader.values.get(0)).toEqual(['b', 'c']);
      expect(reader.values.get(1)).toBeUndefined();
      expect(reader.highWatermark).toBe(3);
      await producer.send(topic, [{ key: null, value: 'e', partition: 1 }]);
      await until(() => reader.values.get(1)?.[0] === 'e', 'what was sent later');
      await member.leave();
      expect(reader.log.at(-1)).toBe('revoked');
      await producer.close();
    });

    test('nothing is read before it is begun, nor while it is paused; a begun one goes anywhere', async () => {
      const { port, topic, group, producer } = await setUp(1, [['a', 'b', 'c']]);
      const reader = new Reader(port);
      reader.from = null;
      const member = await reader.join(group, topic);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(reader.count).toBe(0);
      member.begin({ topic, partition: 0 }, 2);
      await until(() => reader.count === 1, 'the last message');
      member.begin({ topic, partition: 0 }, 0);
      await until(() => reader.count === 4, 'all messages again');
      expect(reader.values.get(0)).toEqual(['c', 'a', 'b', 'c']);
      member.pause({ topic, partition: 0 });
      await new Promise((resolve) => setTimeout(resolve, 150));
      await producer.send(topic, [{ key: null, value: 'd', partition: 0 }]);
      await new Promise((resolve) => setTimeout(resolve, 150));
      expect(reader.count).toBe(4);
      member.resume({ topic, partition: 0 });
      await until(() => reader.count === 5, 'what came during the pause');
      await member.leave();
      await producer.close();
    });

    test('a topic that is not there is told by its name', async () => {
      const { port, group, producer } = await setUp(1);
      await expect(new Reader(port).join(group, 'nowhere-at-all')).rejects.toThrow(KafkaUnreachable);
      await expect(new Reader(port).join(group, 'nowhere-at-all')).rejects.toThrow('nowhere-at-all');
      await producer.close();
    });
  });

  describe('groups', () => {
    test('commits are kept with their metadata, and refused once the member has left', async () => {
      const { port, topic, group, producer } = await setUp(2, [['a', 'b'], ['c']]);
      const reader = new Reader(port);
      const member = await reader.join(group, topic);
      await until(() => reader.count === 3, 'all messages');
      await member.commit([{ topic, partition: 0, offset: 2, metadata: '{"from":1}' }]);
      const committed = [...(await port.committed(group, [topic]))].sort((a, b) => a.partition - b.partition);
      expect(committed).toEqual([
        { topic, partition: 0, offset: 2, metadata: '{"from":1}' },
        { topic, partition: 1, offset: null, metadata: '' },
      ]);
      await member.leave();
      await expect(member.commit([{ topic, partition: 0, offset: 1, metadata: '' }])).rejects.toThrow(KafkaRefused);
      expect((await port.committed(group, [topic])).find(({ partition }) => partition === 0)?.offset).toBe(2);
      await producer.close();
    });

    test('who joins is given its part after the others have given theirs up, and what they kept stays with them', async () => {
      const { port, topic, group, producer } = await setUp(4, [['a'], ['b'], ['c'], ['d']]);
      const first = new Reader(port);
      const member = await first.join(group, topic);
      first.onRevoked = async () => {
        await member.commit([0, 1, 2, 3].map((partition) => ({ topic, partition, offset: 1, metadata: 'drained' })));
        await new Promise((resolve) => setTimeout(resolve, 100));
      };
      await until(() => first.count === 4, 'all messages');
      // There is always something to read: the wish of the group is heard between two slices.
      const busy = setInterval(() => {
        void producer
          .send(
            topic,
            [0, 1, 2, 3].map((partition) => ({ key: null, value: 'x', partition })),
          )
          .catch(() => {});
      }, 20);
      const second = new Reader(await open());
      second.from = 1;
      const other = await second.join(group, topic);
      await until(() => first.owned.length === 2 && second.owned.length === 2, 'two partitions each');
      expect([...first.owned, ...second.owned].sort()).toEqual([0, 1, 2, 3]);
      expect(first.log.slice(0, 3)).toEqual(['assigned', 'revoked', 'assigned']);
      expect((await port.committed(group, [topic])).map(({ metadata }) => metadata)).toEqual(
        Array.from({ length: 4 }, () => 'drained'),
      );
      first.onRevoked = async () => {};
      const kept = second.owned;
      await member.leave();
      await until(() => second.owned.length === 4, 'all partitions');
      expect(second.owned).toEqual(expect.arrayContaining([...kept]));
      clearInterval(busy);
      await other.leave();
      await producer.close();
    });
  });

  describe('topics and messages', () => {
    test('ranges, and offsets by the time of messages', async () => {
      const { port, topic, producer } = await setUp(2);
      const at = 1_700_000_000_000;
      await producer.send(
        topic,
        [0, 1000, 2000].map((later) => ({ key: null, value: 'x', partition: 0, timestampMs: at + later })),
      );
      const byPartition = <Each extends KafkaPartition>(list: readonly Each[]): Each[] =>
        [...list].sort((a, b) => a.partition - b.partition);
      expect(byPartition(await port.ranges(topic))).toEqual([
        { topic, partition: 0, low: 0, high: 3 },
        { topic, partition: 1, low: 0, high: 0 },
      ]);
      const offsets = async (time: number) =>
        byPartition(await port.offsetsAt(topic, time)).map(({ offset }) => offset);
      expect(await offsets(at + 500)).toEqual([1, 0]);
      expect(await offsets(at - 1)).toEqual([0, 0]);
      expect(await offsets(at + 2001)).toEqual([3, 0]);
      expect(await port.topics()).toContain(topic);
      await producer.close();
    });

    test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
      'messages sent with %s come back as they were, keys together',
      async (compression) => {
        const { port, topic, group, producer } = await setUp(3);
        const records = Array.from({ length: 300 }, (_, index) => ({
          key: `key-${index % 7}`,
          value: Buffer.from(`${'value '.repeat(100)}${index}`),
          headers: { reason: 'none', raw: Buffer.from([0, 255]) },
        }));
        await producer.send(topic, records, compression);
        const reader = new Reader(port);
        const keys = new Map<string, Set<number>>();
        const member = await port.join(
          { group, topics: [topic], drainMs: 100, fetchWaitMs: 20 },
          {
            assigned: () => {},
            revoked: async () => {},
            batch: async (batch) => {
              for (const { key, value, headers } of batch.messages) {
                const name = Buffer.from(key ?? []).toString();
                keys.set(name, (keys.get(name) ?? new Set()).add(batch.partition));
                reader.values.set(0, [...(reader.values.get(0) ?? []), Buffer.from(value ?? []).toString()]);
                expect(headers?.raw).toEqual(Buffer.from([0, 255]));
                expect(headers?.reason).toEqual(Buffer.from('none'));
              }
              return lastOf(batch) + 1;
            },
            trouble: (message) => reader.log.push(message),
          },
        );
        for (const partition of [0, 1, 2]) member.begin({ topic, partition }, 0);
        await until(() => reader.count === 300, 'all messages');
        expect(reader.log).toEqual([]);
        expect(reader.values.get(0)?.sort()).toEqual(records.map(({ value }) => value.toString()).sort());
        expect([...keys.values()].every(({ size }) => size === 1)).toBe(true);
        await member.leave();
        await producer.close();
      },
    );
  });
}
