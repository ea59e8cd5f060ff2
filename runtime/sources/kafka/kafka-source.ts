// Kafka as a source: a member of a consumer group with a session for each partition that it is given. An offset is
// committed only when everything that arose before it is durable; a partition that is taken up is read again as far back
// as its policies look, with nothing decided twice, and goes on with the state that its predecessor had.

import type { DeadLetter } from '../../evaluate/intake.ts';
import type { Session } from '../../evaluate/session.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KafkaMember, KafkaMessage, KafkaPartition, KafkaPort } from '../../ports/kafka-port.ts';
import type { Cancel, Timers } from '../../ports/timers.ts';
import { DeadLetterTopic } from './dead-letters.ts';
import { KeyPlaces } from './key-places.ts';
import { limitTelling } from './limit-telling.ts';
import type { KafkaEncoding } from './message-decoder.ts';
import { type KafkaMetrics, readMetrics } from './metrics.ts';
import { NewKeys } from './new-keys.ts';
import { OffsetCommits } from './offset-commits.ts';
import { type LaneHost, PartitionLane, type SessionKeeper } from './partition-lane.ts';
import type { PartitionSnapshots } from './partition-snapshots.ts';
import { StallWatch } from './stall-watch.ts';
import { findStart, type StartFrom, type StartPosition, type StartQuestion } from './start-position.ts';

export interface KafkaSourceOptions {
  readonly port: KafkaPort;
  readonly group: string;
  readonly topics: readonly string[];
  readonly encoding: KafkaEncoding;
  /** Schema of plain events that don't name one. */
  readonly schema: string | null;
  /** `null`: messages of no use are counted and told, and not kept. */
  readonly deadLetterTopic: string | null;
  /** Where a group that has never committed begins. */
  readonly startFrom: StartFrom;
  /** How far back in event time the state of the program goes, lateness included. */
  readonly lookBackMs: () => number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly sessions: SessionKeeper;
  /** False: no further message is judged until it is true again. */
  readonly accepting: () => boolean;
  /** Resolves when everything proposed before the call is durable. */
  readonly settled: () => Promise<void>;
  readonly snapshots?: PartitionSnapshots;
  readonly snapshotEveryMs?: number;
  /** Told of the rows of each slice before they are judged. */
  readonly onRows?: (session: Session, lane: PartitionLane, messages: number) => void;
  /** Told once a second of each partition. */
  readonly onLook?: (lane: PartitionLane) => void;
  /** One sentence for people. */
  readonly onTrouble: (message: string) => void;
  /** The source can't go on: a fault of ours. */
  readonly onFailure: (error: unknown) => void;
  readonly times?: Partial<KafkaTimes>;
}

export interface KafkaTimes {
  readonly commitEveryMs: number;
  /** How long a rebalance or a stop may be held up by what is under way. */
  readonly drainMs: number;
  /** Assigned, lagging and silent for so long: the connection is made anew. */
  readonly stallMs: number;
  readonly watchEveryMs: number;
  readonly sessionTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly fetchWaitMs: number;
}

const defaultTimes: KafkaTimes = {
  commitEveryMs: 1_000,
  drainMs: 10_000,
  stallMs: 30_000,
  watchEveryMs: 2_000,
  sessionTimeoutMs: 10_000,
  heartbeatMs: 2_000,
  fetchWaitMs: 100,
};
const idleEveryMs = 1_000;
const prepareAgainMs = 1_000;
const snapshotEveryMsDefault = 60_000;

export class KafkaSource {
  readonly #options: KafkaSourceOptions;
  readonly #times: KafkaTimes;
  readonly #lanes = new Map<string, PartitionLane>();
  readonly #host: LaneHost;
  readonly #places: KeyPlaces;
  readonly #newKeys = new NewKeys();
  readonly #cancels: Cancel[] = [];
  readonly #commits: OffsetCommits;
  readonly #stalls: StallWatch;
  readonly counts = { messages: 0, poison: 0, rebalances: 0, warmups: 0, reconnects: 0 };
  #letters: DeadLetterTopic | null = null;
  #closeProducer: () => Promise<void> = async () => {};
  #member: KafkaMember | null = null;
  #epoch = 0;
  #joining: Promise<void> | null = null;
  #stopping = false;
  readonly #tell: (message: string) => void;

  private constructor(options: KafkaSourceOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
    this.#tell = limitTelling(options.onTrouble, options.clock);
    this.#places = new KeyPlaces((message) => this.#tell(message));
    this.#commits = new OffsetCommits({
      clock: options.clock,
      lanes: () => this.lanes,
      epoch: () => this.#epoch,
      member: () => this.#member,
      settled: () => Promise.all([options.settled(), this.#letters?.settled()]),
      snapshots: options.snapshots ?? null,
      snapshotEveryMs: options.snapshotEveryMs ?? snapshotEveryMsDefault,
      onTrouble: (message) => this.#tell(message),
      onFailure: options.onFailure,
    });
    this.#stalls = new StallWatch({
      port: options.port,
      topics: options.topics,
      clock: options.clock,
      lanes: () => this.lanes,
      member: () => this.#member,
      stallMs: this.#times.stallMs,
      tell: (message) => this.#tell(message),
      reconnect: () => this.#reconnect(),
    });
    this.#host = {
      clock: options.clock,
      timers: options.timers,
      decoding: { encoding: options.encoding, schema: options.schema, now: options.clock.now },
      sessions: options.sessions,
      lookBackMs: options.lookBackMs,
      accepting: () => options.accepting() && (this.#letters?.accepting ?? true),
      poison: (partition, message, letter) => this.#poison(partition, message, letter),
      decoded: (lane, messages) => {
        this.counts.messages += messages;
        options.onRows?.(lane.session, lane, messages);
      },
      keepsSnapshots: options.snapshots !== undefined,
    };
  }

  /** Joins the group. Errors: `KafkaUnreachable` when Kafka can't be had, with what to do. */
  static async start(options: KafkaSourceOptions): Promise<KafkaSource> {
    const source = new KafkaSource(options);
    await source.#open();
    return source;
  }

  async #open(): Promise<void> {
    const { port, deadLetterTopic, timers } = this.#options;
    const onTrouble = (message: string): void => this.#tell(message);
    if (deadLetterTopic !== null) {
      await port.ensureTopic(deadLetterTopic, 1);
      const producer = await port.producer();
      this.#closeProducer = () => producer.close();
      this.#letters = new DeadLetterTopic({ topic: deadLetterTopic, producer, timers, onTrouble });
    }
    await this.#join();
    this.#cancels.push(
      timers.every(this.#times.commitEveryMs, () => void this.#commits.commit(false)),
      timers.every(idleEveryMs, () => this.#passTime()),
      timers.every(this.#times.watchEveryMs, () => void this.#stalls.look()),
    );
  }

  async #join(): Promise<void> {
    const { port, group, topics } = this.#options;
    const { drainMs, sessionTimeoutMs, heartbeatMs, fetchWaitMs } = this.#times;
    const owned = [...this.#lanes.values()].map(({ partition }) => partition);
    this.#member = await port.join(
      { group, topics, drainMs, sessionTimeoutMs, heartbeatMs, fetchWaitMs, owned },
      {
        assigned: (partitions, member) => this.#assigned(partitions, member),
        revoked: () => this.#revoked(),
        batch: async (batch, turn) => {
          const lane = this.#lanes.get(keyOf(batch));
          if (lane === undefined || lane.held) return 0;
          try {
            return await lane.take(batch, turn);
          } catch (error) {
            this.#options.onFailure(error);
            throw error;
          }
        },
        passed: (partition, end) => this.#lanes.get(keyOf(partition))?.pass(end),
        trouble: (message) => this.#tell(message),
      },
    );
  }

  /** Commits what is durable and leaves the group. What waits for its time is left to whoever reads on. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const cancel of this.#cancels.splice(0)) cancel();
    await this.#joining;
    await this.#member?.leave();
    for (const [key, lane] of this.#lanes) this.#drop(key, lane);
    this.#letters?.close();
    await this.#closeProducer().catch(() => {});
  }

  get lanes(): Iterable<PartitionLane> {
    return this.#lanes.values();
  }

  metrics(): KafkaMetrics {
    const { commits, refused: refusedCommits } = this.#commits;
    const more = { deadLetters: this.#letters?.sent ?? 0, splitKeys: this.#places.split };
    return readMetrics(this.lanes, { ...this.counts, commits, refusedCommits }, more);
  }

  #assigned(partitions: readonly KafkaPartition[], member: KafkaMember): void {
    this.#member = member;
    this.counts.rebalances++;
    const epoch = ++this.#epoch;
    const keep = new Set(partitions.map(keyOf));
    for (const [key, lane] of this.#lanes) {
      if (!keep.has(key)) this.#drop(key, lane);
    }
    for (const partition of partitions) {
      const lane = this.#lanes.get(keyOf(partition));
      if (lane !== undefined) lane.epoch = epoch;
    }
    void this.#prepare(partitions, member, epoch);
  }

  #drop(key: string, lane: PartitionLane): void {
    lane.drop();
    this.#lanes.delete(key);
    this.#newKeys.forget(key);
  }

  /** Finds out where to begin, and begins; tries again until it is done or the group is shared out anew. */
  async #prepare(partitions: readonly KafkaPartition[], member: KafkaMember, epoch: number): Promise<void> {
    let open = partitions;
    let told = false;
    while (open.length > 0 && epoch === this.#epoch && !this.#stopping) {
      try {
        const { port, group, topics } = this.#options;
        const committed = await port.committed(group, topics);
        const ranges = (await Promise.all(topics.map((topic) => port.ranges(topic)))).flat();
        for (const partition of open) {
          const same = (other: KafkaPartition): boolean => keyOf(other) === keyOf(partition);
          const range = ranges.find(same);
          if (range === undefined) throw new Error(`nobody knows yet how far ${keyOf(partition)} goes`);
          const ofTopic = committed.filter(({ topic }) => topic === partition.topic);
          const newGroup = ofTopic.every(({ offset }) => offset === null);
          await this.#begin({ partition, range, newGroup, committed: committed.find(same) ?? null }, member, epoch);
          open = open.filter((each) => each !== partition);
        }
      } catch (error) {
        if (!told) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#tell(`${open.length} partitions can’t be taken up: ${reason}; it is tried again`);
        }
        told = true;
        await new Promise<void>((resolve) => this.#options.timers.after(prepareAgainMs, resolve));
      }
    }
  }

  async #begin(
    found: Pick<StartQuestion, 'partition' | 'range' | 'newGroup' | 'committed'>,
    member: KafkaMember,
    epoch: number,
  ): Promise<void> {
    const { partition, committed, range } = found;
    const key = keyOf(partition);
    const known = this.#lanes.get(key) ?? null;
    const { port, startFrom, lookBackMs, clock, snapshots = null } = this.#options;
    const question = { ...found, port, known, startFrom, snapshots };
    const start = await findStart({ ...question, lookBackMs: lookBackMs(), now: clock.now() });
    if (epoch !== this.#epoch || this.#stopping) return;
    let lane = known;
    if (lane === null || !start.keep) {
      if (lane !== null) this.#drop(key, lane);
      lane = await this.#takeUp(question, start);
      if (epoch !== this.#epoch || this.#stopping) return lane.drop();
      this.#lanes.set(key, lane);
    } else {
      lane.liveFrom = start.liveFrom;
      lane.resume();
    }
    lane.epoch = epoch;
    lane.committed = committed?.offset ?? -1;
    lane.high = Math.max(lane.high, range.high);
    member.begin(partition, lane.position);
  }

  /** A lane at its start; when the snapshot can't be used, from as far back as the log must be read without it. */
  async #takeUp(question: Omit<StartQuestion, 'lookBackMs' | 'now'>, start: StartPosition): Promise<PartitionLane> {
    const { lookBackMs, clock } = this.#options;
    const lane = new PartitionLane(question.partition, this.#host);
    let begun = start;
    let kept = lane;
    try {
      if (start.snapshot !== null) lane.session.restore(start.snapshot.state);
    } catch (error) {
      const { topic, partition } = question.partition;
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell(
        `the state kept for partition ${partition} of ${topic} can’t be used: ${reason}; the log is read instead`,
      );
      lane.drop();
      begun = await findStart({
        ...question,
        known: null,
        snapshots: null,
        lookBackMs: lookBackMs(),
        now: clock.now(),
      });
      kept = new PartitionLane(question.partition, this.#host);
    }
    kept.begin(begun.position, begun.from, begun.liveFrom);
    kept.snapshotOffset = begun.snapshot?.offset ?? -1;
    if (begun.position < begun.liveFrom) this.counts.warmups++;
    return kept;
  }

  /** Holds everything, then commits what becomes durable within the bound that the member sets. */
  async #revoked(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.hold();
    await this.#commits.commit(true);
  }

  #poison(partition: KafkaPartition, message: KafkaMessage, letter: DeadLetter): void {
    this.counts.poison++;
    this.#letters?.add(partition, message, letter);
  }

  #passTime(): void {
    for (const lane of this.#lanes.values()) {
      lane.passTime();
      this.#options.onLook?.(lane);
      this.#newKeys.look(keyOf(lane.partition), lane.session, (schema, key) =>
        this.#places.see(schema, key, lane.partition),
      );
    }
  }

  #reconnect(): void {
    if (this.#joining !== null || this.#stopping) return;
    const { timers } = this.#options;
    this.counts.reconnects++;
    this.#joining = (async () => {
      await this.#member?.leave();
      while (!this.#stopping) {
        try {
          await this.#join();
          return;
        } catch (error) {
          this.#tell(error instanceof Error ? error.message : String(error));
          await new Promise<void>((resolve) => timers.after(prepareAgainMs, resolve));
        }
      }
    })().finally(() => {
      this.#joining = null;
    });
  }
}

function keyOf({ topic, partition }: KafkaPartition): string {
  return `${topic} ${partition}`;
}
