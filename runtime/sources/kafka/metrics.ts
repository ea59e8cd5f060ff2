// What a Kafka source tells of itself: plain numbers, read when somebody asks.

import type { LanePhase, PartitionLane } from './partition-lane.ts';

export interface KafkaPartitionMetrics {
  readonly topic: string;
  readonly partition: number;
  readonly phase: LanePhase;
  /** Messages not yet read. */
  readonly lag: number;
  readonly position: number;
  /** −1: nothing yet. */
  readonly committed: number;
  /** Greatest event time so far, epoch ms; `null` before the first event. */
  readonly watermark: number | null;
}

export interface KafkaCounts {
  readonly messages: number;
  /** Messages of which nothing could be used. */
  readonly poison: number;
  readonly rebalances: number;
  /** Partitions that were read again from further back when they were taken up. */
  readonly warmups: number;
  /** Connections made anew because nothing came though there was something. */
  readonly reconnects: number;
  readonly commits: number;
  readonly refusedCommits: number;
}

export interface KafkaMetrics extends KafkaCounts {
  readonly partitions: readonly KafkaPartitionMetrics[];
  /** Of all partitions together. */
  readonly lag: number;
  /** Messages in the dead-letter topic. */
  readonly deadLetters: number;
  /** Keys seen on more than one partition. */
  readonly splitKeys: number;
}

export function readMetrics(
  lanes: Iterable<PartitionLane>,
  counts: KafkaCounts,
  more: { readonly deadLetters: number; readonly splitKeys: number },
): KafkaMetrics {
  const partitions = [...lanes].map(({ partition, phase, lag, position, committed, watermark }) => ({
    ...partition,
    phase,
    lag,
    position,
    committed,
    watermark: watermark === Number.NEGATIVE_INFINITY ? null : watermark,
  }));
  return { partitions, lag: partitions.reduce((sum, { lag }) => sum + lag, 0), ...counts, ...more };
}

/** Of each partition that this engine owns, with how far its newest event time lies behind `now` (epoch ms). */
export function partitionReadings(source: { metrics(): KafkaMetrics } | null, now: number) {
  const all = source?.metrics().partitions ?? [];
  return all.map(({ topic, partition, lag, watermark }) => ({
    topic,
    partition,
    lag,
    behindMs: watermark === null ? Number.NaN : now - watermark,
  }));
}
