// The kinds of servers that tests can ask for: the variable that names one which runs already, how one is started, and
// how it is asked whether it answers.

import { askKafka, startKafka } from './kafka-broker.ts';
import { askPostgres, startPostgres } from './postgres.ts';
import { askRedis, startRedis } from './redis.ts';
import { askRedisCluster, startRedisCluster } from './redis-cluster.ts';

export interface Started {
  /** What the variable would hold. */
  readonly address: string;
  stop(): Promise<void>;
}

export interface Kind {
  readonly variable: string;
  start(): Promise<Started>;
  /** Rejects when it does not answer. */
  ask(address: string): Promise<unknown>;
}

export type KindName = 'redis' | 'redis-cluster' | 'postgres' | 'kafka';

export const kinds: Readonly<Record<KindName, Kind>> = {
  redis: {
    variable: 'DDL_TEST_REDIS_URL',
    async start() {
      const { url, stop } = await startRedis();
      return { address: url, stop };
    },
    ask: (url) => askRedis(url, ['ping']),
  },
  'redis-cluster': {
    variable: 'DDL_TEST_REDIS_CLUSTER',
    async start() {
      const { addresses, stop } = await startRedisCluster();
      return { address: addresses, stop };
    },
    ask: askRedisCluster,
  },
  postgres: {
    variable: 'DDL_TEST_POSTGRES_URL',
    async start() {
      const { url, stop } = await startPostgres();
      return { address: url, stop };
    },
    ask: (url) => askPostgres(url, 'select 1'),
  },
  kafka: {
    variable: 'DDL_TEST_KAFKA',
    async start() {
      const { address, stop } = await startKafka();
      return { address, stop };
    },
    ask: askKafka,
  },
};

export function isKindName(text: string): text is KindName {
  return Object.hasOwn(kinds, text);
}
