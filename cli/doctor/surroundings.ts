// What `ddlc doctor` examines, made from the engine's configuration. Nothing is connected to before a check asks for it,
// and `close` closes whatever was.

import type { BundleGate } from '../../runtime/bundle/bundle-gate.ts';
import type { Config } from '../../runtime/config.ts';
import type {
  BundleSurroundings,
  PostgresSurroundings,
  RedisSurroundings,
  Surroundings,
} from '../../runtime/observe/doctor/check.ts';
import type { Clock } from '../../runtime/ports/clock.ts';
import type { KafkaSettings } from '../../runtime/ports/kafka-port.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import type { Random } from '../../runtime/ports/random.ts';
import { openRedis, type RedisPort } from '../../runtime/ports/redis.ts';
import type { Timers } from '../../runtime/ports/timers.ts';
import { engineSurroundings } from './engine.ts';
import { kafkaSurroundings } from './kafka.ts';
import { Opening } from './opening.ts';

export interface SurroundingsOptions {
  readonly config: Config;
  /** `null` where the configuration names no Kafka. */
  readonly kafka: KafkaSettings | null;
  /** Address of an engine's receiver. */
  readonly engine: URL | null;
  readonly bundle: { readonly name: string; readonly folder: string; readonly gate: BundleGate } | null;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
}

export interface OpenedSurroundings {
  readonly surroundings: Surroundings;
  close(): Promise<void>;
}

/** To a server that is there this is plenty; one that is not shall not be waited for. */
const connectMs = 4_000;
const answerMs = 3_000;

export function openSurroundings(options: SurroundingsOptions): OpenedSurroundings {
  const { config, kafka, engine, bundle, clock, timers } = options;
  const openings: Opening<{ close(): Promise<void> }>[] = [];
  const kept = <T extends { close(): Promise<void> }>(open: () => Promise<T>): Opening<T> => {
    const opening = new Opening(open, timers);
    openings.push(opening);
    return opening;
  };
  const { redis } = config.gates;
  const { postgres } = config.ledger;
  return {
    surroundings: {
      now: () => clock.now(),
      bundle: bundle === null ? null : bundleSurroundings(bundle),
      redis: redis === null ? null : redisSurroundings(redis.url, timers, kept),
      postgres: postgres === null ? null : postgresSurroundings(postgres.url, timers, kept),
      kafka: kafka === null ? null : kafkaSurroundings({ ...options, config: config.sources.kafka, kafka }, kept),
      engine: engine === null ? null : engineSurroundings(engine),
    },
    async close() {
      await Promise.all(openings.map((opening) => opening.close()));
    },
  };
}

type Keep = <T extends { close(): Promise<void> }>(open: () => Promise<T>) => Opening<T>;

function bundleSurroundings({ name, folder, gate }: NonNullable<SurroundingsOptions['bundle']>): BundleSurroundings {
  return {
    address: name,
    async verify() {
      const verdict = await gate.verify(folder, 'folder', null);
      return verdict.passed ? { fault: null, signedBy: verdict.bundle.signedBy } : { fault: verdict.message };
    },
  };
}

function redisSurroundings(url: string | readonly string[], timers: Timers, keep: Keep): RedisSurroundings {
  const redis = keep(() => connectRedis(url, timers));
  return {
    address: [url].flat().map(hostOf(6379)).join(', '),
    setting: async (name) => (await redis.get()).setting(name),
    now: async () => (await redis.get()).now(),
  };
}

/** Without a connection too: the first question then says what is in the way. */
async function connectRedis(url: string | readonly string[], timers: Timers): Promise<RedisPort> {
  const redis = openRedis({ url, commandTimeoutMs: answerMs });
  await new Promise<void>((resolve) => {
    const cancel = timers.after(connectMs, resolve);
    redis.onConnected(() => {
      cancel();
      resolve();
    });
  });
  return redis;
}

function postgresSurroundings(url: string, timers: Timers, keep: Keep): PostgresSurroundings {
  const database = keep(() =>
    openPostgres({
      url,
      timers,
      name: 'ddlc doctor',
      connectionsMax: 1,
      connectTimeoutMs: connectMs,
      statementTimeoutMs: answerMs,
    }),
  );
  return {
    address: `${hostOf(5432)(url)}${new URL(url).pathname}`,
    query: async (sql) => (await database.get()).query(sql),
  };
}

/** `HOST:PORT`, for people: no user and no password. */
function hostOf(port: number): (url: string) => string {
  return (url) => {
    const { hostname, port: own } = new URL(url);
    return `${hostname}:${own === '' ? port : own}`;
  };
}
