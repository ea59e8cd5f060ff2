// A real Kafka for tests: one node in KRaft mode on loopback, with a port and a folder of its own, from Kafka's own jars.
// Fetched once by Maven into `.cache/`. Needs `mvn` and Java 17; says so when they are not there.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';

const here = import.meta.dirname;
const jars = join(here, '../../.cache/kafka-4.1.1');

export interface KafkaBroker {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startKafka(): Promise<KafkaBroker> {
  fetchJars();
  const folder = mkdtempSync(join(tmpdir(), 'ddl-kafka-'));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settings = join(folder, 'server.properties');
  writeFileSync(settings, properties(folder, port, controllerPort));
  runJava(folder, ['kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', settings]);
  const server = spawn('java', [...javaOptions, '-cp', `${jars}/*`, 'kafka.Kafka', settings], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [server.stdout, server.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = `${said}${chunk}`.slice(-4000);
    });
  const address = `127.0.0.1:${port}`;
  try {
    await ready(address, server);
  } catch (error) {
    server.kill('SIGKILL');
    throw new Error(`Kafka did not start: ${said}`, { cause: error });
  }
  return {
    address,
    async stop() {
      await new Promise<void>((resolve) => {
        server.on('exit', () => resolve());
        server.kill('SIGKILL');
      });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const javaOptions = ['-Xmx512m', '-Xms64m', '-XX:TieredStopAtLevel=1'];

function fetchJars(): void {
  if (existsSync(jars)) return;
  const partial = `${jars}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const fetched = spawnSync(
    'mvn',
    ['-q', '-B', '-f', join(here, 'kafka-jars.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${partial}`],
    { encoding: 'utf8' },
  );
  if (fetched.error !== undefined)
    throw new Error('Kafka’s jars are fetched by Maven, which is not on this machine: install `maven` and Java 17');
  if (fetched.status !== 0) throw new Error(`Maven could not fetch Kafka’s jars: ${fetched.stdout}${fetched.stderr}`);
  renameSync(partial, jars);
}

function runJava(folder: string, args: readonly string[]): void {
  const ran = spawnSync('java', [...javaOptions, '-cp', `${jars}/*`, ...args], { cwd: folder, encoding: 'utf8' });
  if (ran.error !== undefined) throw new Error('Kafka needs Java 17, which is not on this machine');
  if (ran.status !== 0) throw new Error(`${args[0]} failed: ${ran.stdout}${ran.stderr}`);
}

function clusterId(): string {
  return randomBytes(16).toString('base64url');
}

function properties(folder: string, port: number, controllerPort: number): string {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `log.dirs=${join(folder, 'data')}`,
    'num.partitions=3',
    'offsets.topic.num.partitions=1',
    'offsets.topic.replication.factor=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    '',
  ].join('\n');
}

/** Until it answers, half a minute at most. */
async function ready(address: string, server: ChildProcess): Promise<void> {
  const kafka = new Kafka({ clientId: 'test', brokers: [address], logLevel: logLevel.NOTHING, retry: { retries: 0 } });
  for (let attempt = 0; ; attempt++) {
    if (server.exitCode !== null) throw new Error(`it ended with ${server.exitCode}`);
    const admin = kafka.admin();
    try {
      await admin.connect();
      await admin.listTopics();
      return;
    } catch (error) {
      if (attempt === 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
