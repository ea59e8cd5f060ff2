// Everything of Kafka that one engine has, from its settings: the connection, the source, and the step that gives keys.

import type { ProgramMeta, TagMeta } from '../../contract.ts';
import type { Session } from '../../evaluate/session.ts';
import type { Clock } from '../../ports/clock.ts';
import { type KafkaPort, KafkaUnreachable } from '../../ports/kafka-port.ts';
import type { Timers } from '../../ports/timers.ts';
import { SourceError } from '../source-error.ts';
import { type KafkaConfig, topicsOf } from './kafka-config.ts';
import { KafkaSource } from './kafka-source.ts';
import { lookBackMsOf } from './look-back-marks.ts';
import type { MessageDecoder } from './message-decoder.ts';
import type { KafkaMetrics } from './metrics.ts';
import type { SessionKeeper } from './partition-lane.ts';
import { PartitionSnapshots, type SnapshotShelf } from './partition-snapshots.ts';
import { type RedriveReport, redrive, redriveGroup } from './redrive.ts';
import { Rekey } from './rekey.ts';

export interface OpenKafkaOptions {
  /** Closed with the rest, also when the opening fails. */
  readonly port: KafkaPort;
  readonly config: KafkaConfig;
  /** The program at hand: another one after a swap. */
  readonly program: () => { readonly meta: ProgramMeta; readonly bundleHash: string };
  readonly clock: Clock;
  readonly timers: Timers;
  readonly sessions: SessionKeeper;
  /** False: no further message is judged until it is true again. */
  readonly accepting: () => boolean;
  /** Resolves when everything proposed before the call is durable. */
  readonly settled: () => Promise<void>;
  /** Where the state of partitions is kept; `null`: it is read from the log as far back as policies look. */
  readonly shelf: SnapshotShelf | null;
  /** Told of the rows of each slice before they are judged. */
  readonly onRows: (session: Session, messages: number) => void;
  /** One sentence for people. */
  readonly onTrouble: (message: string) => void;
  readonly onFailure: (error: unknown) => void;
  /** Told once a second of each partition: its decoder knows the names that nobody declares. */
  readonly onLook: (session: Session, decoder: MessageDecoder) => void;
}

export interface OpenKafka {
  metrics(): KafkaMetrics;
  /** Sends back what lies in the dead-letter topic. */
  redrive(): Promise<RedriveReport>;
  /** Commits what is durable and leaves the group. */
  close(): Promise<void>;
}

/** Errors: `SourceError`, with what to do, when Kafka can't be had or the settings don't fit the program. */
export async function openKafka(options: OpenKafkaOptions): Promise<OpenKafka> {
  const { config, program, clock, timers, shelf, onTrouble } = options;
  const { group, deadLetterTopic, startFrom, rekey: rekeying } = config;
  const { port } = options;
  const closers: (() => Promise<void>)[] = [() => port.close()];
  const close = async (): Promise<void> => {
    for (const each of closers.splice(0).reverse()) await each();
  };
  try {
    if (config.schema !== null) schemaOf(program().meta, config.schema, 'schema');
    if (rekeying !== null) keyOf(program().meta, rekeying.schema);
    if (rekeying !== null) {
      const { from, to, partitions, schema } = rekeying;
      const key = (): TagMeta => keyOf(program().meta, schema);
      const own = { group: `${group}-rekey`, from, to, partitions, key };
      const rekey = await Rekey.start({ port, ...own, startFrom, deadLetterTopic, clock, timers, onTrouble });
      closers.push(() => rekey.stop());
    }
    const bundleHash = (): string => program().bundleHash;
    const source = await KafkaSource.start({
      port,
      group,
      topics: topicsOf(config),
      encoding: config.encoding,
      schema: config.schema,
      deadLetterTopic,
      startFrom,
      lookBackMs: () => lookBackMsOf(program().meta),
      clock,
      timers,
      sessions: options.sessions,
      accepting: options.accepting,
      settled: options.settled,
      ...(shelf === null ? {} : { snapshots: new PartitionSnapshots({ shelf, group, bundleHash }) }),
      onRows: (session, _lane, messages) => options.onRows(session, messages),
      onLook: (lane) => options.onLook(lane.session, lane.decoder),
      onTrouble,
      onFailure: options.onFailure,
    });
    closers.push(() => source.stop());
    return {
      metrics: () => source.metrics(),
      redrive: () => {
        if (deadLetterTopic === null)
          throw new SourceError('there is no dead-letter topic: set `sources.kafka.deadLetterTopic`');
        return redrive({ port, deadLetterTopic, group: redriveGroup(group), timers });
      },
      close,
    };
  } catch (error) {
    await close();
    if (error instanceof KafkaUnreachable) throw new SourceError(error.message, { cause: error });
    throw error;
  }
}

function keyOf({ schemas }: ProgramMeta, name: string | null): TagMeta {
  if (name !== null) return schemaOf({ schemas }, name, 'rekey.schema').key;
  const [only, ...others] = schemas;
  if (only !== undefined && others.length === 0) return only.key;
  const names = schemas.map((schema) => `\`${schema.name}\``).join(', ');
  throw new SourceError(
    `\`sources.kafka.rekey.schema\` must say whose key it is: the program declares ${names || 'no schema'}`,
  );
}

function schemaOf(
  { schemas }: Pick<ProgramMeta, 'schemas'>,
  name: string,
  setting: string,
): ProgramMeta['schemas'][number] {
  const found = schemas.find((schema) => schema.name === name);
  if (found !== undefined) return found;
  const names = schemas.map((schema) => `\`${schema.name}\``).join(', ');
  throw new SourceError(
    `\`sources.kafka.${setting}\` names the schema \`${name}\`, which is not declared; declared are ${names || 'none'}`,
  );
}
