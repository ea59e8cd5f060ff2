// The real servers that tests and people run: each on loopback, with a port and a folder of its own.

export { type KafkaBroker, type KafkaOptions, startKafka } from './kafka-broker.ts';
export { type PostgresOptions, type PostgresServer, startPostgres } from './postgres.ts';
export { type RedisServer, startRedis } from './redis.ts';
export { type RedisCluster, startRedisCluster } from './redis-cluster.ts';
export { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
