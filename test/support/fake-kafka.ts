// Kafka in memory, by the port's contract: partitions, groups that are shared out anew, commits by generation. A test may
// let it deliver again what was delivered, take partitions in any order, and drop a member that believes itself alive.

import { shareOut } from '../../runtime/ports/kafka-assigner.ts';
import {
  type KafkaBatch,
  type KafkaCommit,
  type KafkaGroupOptions,
  type KafkaMember,
  type KafkaMemberHandlers,
  type KafkaMessage,
  type KafkaPartition,
  type KafkaPort,
  type KafkaProducer,
  type KafkaRecord,
  KafkaRefused,
  KafkaUnreachable,
} from '../../runtime/ports/kafka-port.ts';

export interface FakeKafkaOptions {
  /** Messages of one fetch and partition at most. */
  readonly batchMax?: number;
  /** From 0 to below 1: decides on the order of partitions and on redeliveries. Without it everything goes in order. */
  readonly chance?: () => number;
  /** How likely a fetch begins again with what it brought before. */
  readonly redelivery?: number;
}

interface Group {
  readonly members: FakeMember[];
  readonly commits: Map<string, KafkaCommit>;
  sharing: Promise<void> | null;
  again: boolean;
}

const keyOf = ({ topic, partition }: KafkaPartition): string => `${topic} ${partition}`;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class FakeKafka {
  readonly options: FakeKafkaOptions;
  readonly logs = new Map<string, KafkaMessage[][]>();
  readonly #groups = new Map<string, Group>();
  #members = 0;
  /** By topic: what lies before has been deleted. */
  readonly deletedBefore = new Map<string, number>();
  /** Refuses sends to this topic while it is set. */
  refusing: string | null = null;

  constructor(options: FakeKafkaOptions = {}) {
    this.options = options;
  }

  createTopic(topic: string, partitions: number): void {
    if (!this.logs.has(topic)) {
      this.logs.set(
        topic,
        Array.from({ length: partitions }, () => []),
      );
    }
  }

  log({ topic, partition }: KafkaPartition): KafkaMessage[] {
    const log = this.logs.get(topic)?.[partition];
    if (log === undefined) throw new KafkaUnreachable(`there is no partition ${partition} of ${topic}`);
    return log;
  }

  append(topic: string, record: KafkaRecord): void {
    const partitions = this.logs.get(topic);
    if (partitions === undefined || this.refusing === topic) throw new KafkaRefused(`${topic} takes nothing`);
    const partition = record.partition ?? hash(record.key) % partitions.length;
    const log = partitions[partition];
    const headers = Object.entries(record.headers ?? {}).map(([name, value]) => [name, bytes(value)]);
    log.push({
      key: bytes(record.key),
      value: bytes(record.value),
      offset: String(log.length),
      timestamp: String(record.timestampMs ?? Date.now()),
      headers: Object.fromEntries(headers),
    });
  }

  port(): KafkaPort {
    return {
      join: async (options, handlers) => {
        for (const topic of options.topics) {
          if (!this.logs.has(topic)) throw new KafkaUnreachable(`Kafka has no topic ${topic}`);
        }
        const group = this.#group(options.group);
        const member = new FakeMember(this, group, `member-${this.#members++}`, options, handlers);
        group.members.push(member);
        await this.share(group);
        void member.read();
        return member;
      },
      producer: async (): Promise<KafkaProducer> => ({
        send: async (topic, records) => {
          await turn();
          for (const record of records) this.append(topic, record);
        },
        close: async () => {},
      }),
      ranges: async (topic) =>
        this.#partitions(topic).map((log, partition) => ({
          topic,
          partition,
          low: this.deletedBefore.get(topic) ?? 0,
          high: log.length,
        })),
      committed: async (name, topics) =>
        topics.flatMap((topic) =>
          this.#partitions(topic).map((_, partition) => {
            const commit = this.#group(name).commits.get(keyOf({ topic, partition }));
            return { topic, partition, offset: commit?.offset ?? null, metadata: commit?.metadata ?? '' };
          }),
        ),
      offsetsAt: async (topic, timeMs) =>
        this.#partitions(topic).map((log, partition) => {
          const found = log.findIndex(({ timestamp }) => Number(timestamp) >= timeMs);
          return { topic, partition, offset: found < 0 ? log.length : found };
        }),
      topics: async () => [...this.logs.keys()],
      ensureTopic: async (topic, partitions) => this.createTopic(topic, partitions),
      close: async () => {},
    };
  }

  #partitions(topic: string): KafkaMessage[][] {
    const partitions = this.logs.get(topic);
    if (partitions === undefined) throw new KafkaUnreachable(`Kafka has no topic ${topic}`);
    return partitions;
  }

  #group(name: string): Group {
    const known = this.#groups.get(name) ?? { members: [], commits: new Map(), sharing: null, again: false };
    this.#groups.set(name, known);
    return known;
  }

  /** Shares the group out anew; who comes meanwhile is taken up in another round. */
  async share(group: Group): Promise<void> {
    group.again = true;
    group.sharing ??= this.#shareUntilQuiet(group);
    await group.sharing;
  }

  async #shareUntilQuiet(group: Group): Promise<void> {
    while (group.again) {
      group.again = false;
      for (const member of group.members) member.rebalancing = true;
      await Promise.all(group.members.map((member) => member.release()));
      const topics = [...new Set(group.members.flatMap(({ options }) => options.topics))];
      const partitions = topics.flatMap((topic) =>
        this.#partitions(topic).map((_, partition) => ({ topic, partition })),
      );
      const claimants = group.members.map(({ id, options, owned }) => ({ id, topics: options.topics, owned }));
      const shares = shareOut(claimants, partitions);
      for (const member of [...group.members]) member.take(shares.get(member.id) ?? []);
    }
    group.sharing = null;
  }

  /** The group forgets a member that goes on as if nothing had happened, until its next sign of life. */
  async expire(member: KafkaMember): Promise<void> {
    for (const group of this.#groups.values()) {
      const zombie = group.members.find((each) => each === member);
      if (zombie === undefined) continue;
      zombie.expired = true;
      group.members.splice(group.members.indexOf(zombie), 1);
      await this.share(group);
    }
  }

  async back(member: FakeMember, group: Group): Promise<void> {
    member.expired = false;
    await member.handlers.revoked();
    group.members.push(member);
    await this.share(group);
  }
}

class FakeMember implements KafkaMember {
  readonly id: string;
  readonly options: KafkaGroupOptions;
  readonly handlers: KafkaMemberHandlers;
  readonly #kafka: FakeKafka;
  readonly #group: Group;
  readonly #positions = new Map<string, number>();
  readonly #paused = new Set<string>();
  owned: readonly KafkaPartition[];
  rebalancing = false;
  expired = false;
  #left = false;
  #given = false;
  #reading: Promise<void> | null = null;

  constructor(kafka: FakeKafka, group: Group, id: string, options: KafkaGroupOptions, handlers: KafkaMemberHandlers) {
    this.#kafka = kafka;
    this.#group = group;
    this.id = id;
    this.options = options;
    this.owned = options.owned ?? [];
    this.handlers = handlers;
  }

  async read(): Promise<void> {
    while (!this.#left) {
      await turn();
      if (this.rebalancing) continue;
      const order = [...this.owned];
      const { chance } = this.#kafka.options;
      if (chance !== undefined) order.sort(() => chance() - 0.5);
      this.#reading = this.#round(order);
      await this.#reading;
    }
  }

  async #round(order: readonly KafkaPartition[]): Promise<void> {
    let some = false;
    for (const partition of order) {
      if (this.rebalancing || this.#left) return;
      if (await this.#fetch(partition)) some = true;
    }
    if (this.expired && !this.#left) void this.#kafka.back(this, this.#group);
    // Not a busy loop while there is nothing to read.
    if (!some) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  async #fetch(partition: KafkaPartition): Promise<boolean> {
    const key = keyOf(partition);
    let position = this.#positions.get(key);
    if (position === undefined || this.#paused.has(key)) return false;
    const log = this.#kafka.log(partition);
    const { batchMax = 100, chance, redelivery = 0 } = this.#kafka.options;
    if (chance !== undefined && chance() < redelivery)
      position = Math.max(0, position - Math.floor(chance() * batchMax));
    if (position < (this.#kafka.deletedBefore.get(partition.topic) ?? 0)) return false;
    const messages = log.slice(position, position + batchMax);
    if (messages.length === 0) return false;
    const batch: KafkaBatch = { ...partition, messages, end: position + messages.length, highWatermark: log.length };
    const before = this.#positions.get(key);
    const next = await this.handlers.batch(batch, {
      breathe: async () => {
        await turn();
        if (this.expired) return false;
        return !this.rebalancing && !this.#left && this.#positions.get(key) === before;
      },
    });
    if (this.#positions.get(key) === before) this.#positions.set(key, Math.max(next, before ?? 0));
    return true;
  }

  async release(): Promise<void> {
    await this.#reading;
    if (this.#given) await this.handlers.revoked();
  }

  take(share: readonly KafkaPartition[]): void {
    this.owned = share;
    this.#given = true;
    this.#positions.clear();
    this.#paused.clear();
    this.rebalancing = false;
    if (!this.#left) this.handlers.assigned(share, this);
  }

  begin(partition: KafkaPartition, offset: number): void {
    this.#positions.set(keyOf(partition), offset);
    this.#paused.delete(keyOf(partition));
  }

  pause(partition: KafkaPartition): void {
    this.#paused.add(keyOf(partition));
  }

  resume(partition: KafkaPartition): void {
    this.#paused.delete(keyOf(partition));
  }

  async commit(offsets: readonly KafkaCommit[]): Promise<void> {
    await turn();
    const owns = (partition: KafkaPartition): boolean => this.owned.some((each) => keyOf(each) === keyOf(partition));
    if (this.#left || this.expired || !offsets.every(owns)) throw new KafkaRefused('the member is not of this group');
    for (const commit of offsets) this.#group.commits.set(keyOf(commit), commit);
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.rebalancing = true;
    await this.release();
    this.#left = true;
    const at = this.#group.members.indexOf(this);
    if (at < 0) return;
    this.#group.members.splice(at, 1);
    await this.#kafka.share(this.#group);
  }
}

function bytes(value: Uint8Array | string | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function hash(key: Uint8Array | string | null): number {
  let sum = 0;
  for (const byte of bytes(key) ?? []) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum;
}
