// Who reads which partition, decided by the group's leader when somebody joins or leaves: evenly, and so that as few
// partitions as possible move, since each that moves has to be warmed up by its new owner.

import { AssignerProtocol, type GroupMember, type PartitionAssigner } from 'kafkajs';
import { z } from 'zod';
import type { KafkaPartition } from './kafka-port.ts';

/** All engines of a group must know the same one. */
const name = 'ddl-sticky';
const version = 0;

const ownedSchema = z.record(z.string(), z.array(z.int().min(0)));
type ByTopic = Record<string, number[]>;

export interface Claimant {
  readonly id: string;
  /** Topics that it reads. */
  readonly topics: readonly string[];
  /** What it has state of: most often what it had until now. */
  readonly owned: readonly KafkaPartition[];
}

/** Shares `partitions` out: nobody has two more than another, and whoever has one keeps it if that leaves it even. */
export function shareOut(
  claimants: readonly Claimant[],
  partitions: readonly KafkaPartition[],
): ReadonlyMap<string, readonly KafkaPartition[]> {
  const byOwner = [...claimants].sort((a, b) => b.owned.length - a.owned.length || (a.id < b.id ? -1 : 1));
  const shares = new Map(byOwner.map(({ id }) => [id, [] as KafkaPartition[]]));
  const free = new Map(partitions.map((partition) => [keyOf(partition), partition]));
  const least = Math.floor(partitions.length / Math.max(1, claimants.length));
  let withOneMore = partitions.length - least * claimants.length;
  for (const { id, owned, topics } of byOwner) {
    const share = shares.get(id) ?? [];
    for (const each of owned) {
      if (!topics.includes(each.topic) || !free.has(keyOf(each))) continue;
      if (share.length === least && withOneMore === 0) break;
      if (share.length > least) break;
      if (share.length === least) withOneMore--;
      share.push(each);
      free.delete(keyOf(each));
    }
  }
  for (const partition of free.values()) {
    const able = byOwner.filter(({ topics }) => topics.includes(partition.topic)).map(({ id }) => shares.get(id) ?? []);
    able
      .reduce<KafkaPartition[] | null>(
        (fewest, share) => (fewest === null || share.length < fewest.length ? share : fewest),
        null,
      )
      ?.push(partition);
  }
  return shares;
}

/** `owned` is asked each time the group is joined anew. */
export function stickyAssigner(owned: () => readonly KafkaPartition[]): PartitionAssigner {
  const { MemberAssignment, MemberMetadata } = AssignerProtocol;
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: MemberMetadata.encode({ version, topics, userData: Buffer.from(JSON.stringify(byTopic(owned()))) }),
    }),
    assign: async ({ members, topics }) => {
      const partitions = topics.flatMap((topic) =>
        cluster
          .findTopicPartitionMetadata(topic)
          .map(({ partitionId }) => ({ topic, partition: partitionId }))
          .sort((a, b) => a.partition - b.partition),
      );
      const shares = shareOut(
        members.map((member) => claimant(member)),
        partitions,
      );
      return [...shares].map(([memberId, share]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version,
          assignment: byTopic(share),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });

  function claimant({ memberId, memberMetadata }: GroupMember): Claimant {
    const metadata = MemberMetadata.decode(memberMetadata);
    return { id: memberId, topics: metadata?.topics ?? [], owned: ownedOf(metadata?.userData ?? Buffer.alloc(0)) };
  }
}

/** Of another member, and so read with care: what can't be read claims nothing. */
function ownedOf(userData: Buffer): KafkaPartition[] {
  try {
    const read = ownedSchema.safeParse(JSON.parse(userData.toString('utf8')));
    if (!read.success) return [];
    return Object.entries(read.data).flatMap(([topic, numbers]) => numbers.map((partition) => ({ topic, partition })));
  } catch {
    return [];
  }
}

function byTopic(partitions: readonly KafkaPartition[]): ByTopic {
  const topics = new Map<string, number[]>();
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), partition]);
  return Object.fromEntries(topics);
}

function keyOf({ topic, partition }: KafkaPartition): string {
  return `${topic} ${partition}`;
}
