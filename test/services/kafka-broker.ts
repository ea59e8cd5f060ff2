// A real Kafka for tests: one node in KRaft mode on loopback, from Kafka's own jars, which Maven fetches once into
// `.cache/`. Needs Java 17 and `mvn`.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { freePort } from './free-port.ts';
import { locate, run } from './programs.ts';
import { createFolder, ServerProcess, type Weather, withFreePorts } from './server-process.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface KafkaBroker extends Weather {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** What clients go through, when that was asked for. */
  readonly proxy: TcpProxy | null;
}

export interface KafkaOptions {
  /** Of the jars; `DDL_TEST_KAFKA_VERSION` names another than 4.1.1. */
  readonly version?: string;
  /** Clients are told the address of a proxy in front of the broker. */
  readonly behindProxy?: boolean;
  /** As in `server.properties`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export function startKafka(options: KafkaOptions = {}): Promise<KafkaBroker> {
  return withFreePorts(async () => launch(options, await freePort(), await freePort()));
}

const variable = 'DDL_TEST_KAFKA';
const javaOptions = ['-Xmx512m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

async function launch(options: KafkaOptions, port: number, controllerPort: number): Promise<KafkaBroker> {
  const java = await locate({ name: 'java', packages: ['openjdk-17-jre-headless'], variable });
  const jars = await fetchJars(options.version ?? process.env.DDL_TEST_KAFKA_VERSION ?? '4.1.1');
  const folder = createFolder();
  const proxy = options.behindProxy === true ? await startTcpProxy(`127.0.0.1:${port}`) : null;
  const address = proxy?.address ?? `127.0.0.1:${port}`;
  const settings = join(folder, 'server.properties');
  const data = join(folder, 'data');
  const begin = [...javaOptions, '-cp', `${jars}/*`];
  const server = new ServerProcess({
    name: 'Kafka',
    folder,
    command: java,
    args: [...begin, 'kafka.Kafka', settings],
    user: null,
    async prepare() {
      rmSync(data, { recursive: true, force: true });
      const all = { ...properties(data, port, controllerPort, address), ...options.settings };
      const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
      writeFileSync(settings, lines.join(''));
      const clusterId = randomBytes(16).toString('base64url');
      await run(java, [...begin, 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', settings], {
        cwd: folder,
      });
    },
    answers: () => askKafka(address),
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await proxy?.stop();
  };
  try {
    await server.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    address,
    proxy,
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.kill(),
    shutDown: () => server.shutDown(),
    restart: (how) => server.restart(how),
    stop,
  };
}

async function fetchJars(version: string): Promise<string> {
  const here = import.meta.dirname;
  const jars = join(here, `../../.cache/kafka-${version}`);
  if (existsSync(jars)) return jars;
  const maven = await locate({ name: 'mvn', packages: ['maven', 'openjdk-17-jre-headless'], variable });
  const partial = `${jars}.${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const project = ['-f', join(here, 'kafka-jars.xml'), `-Dkafka.version=${version}`];
  await run(maven, ['-q', '-B', ...project, 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`]);
  try {
    renameSync(partial, jars);
  } catch (error) {
    // Another process was faster.
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(jars)) throw error;
  }
  return jars;
}

function properties(data: string, port: number, controllerPort: number, address: string): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${address}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': data,
    'num.partitions': '3',
    'offsets.topic.num.partitions': '1',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    // A broker that was killed may register again after so long.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    // So that a test need not wait for six seconds until a consumer that was killed is missed.
    'group.min.session.timeout.ms': '500',
  };
}

/** Whether a broker answers, and is a member of its cluster. */
export async function askKafka(address: string): Promise<void> {
  const kafka = new Kafka({
    clientId: 'test',
    brokers: address.split(','),
    connectionTimeout: 2000,
    requestTimeout: 5000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    await admin.listTopics();
    const { brokers } = await admin.describeCluster();
    if (brokers.length === 0) throw new Error('no broker has registered');
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
