// A real Redis for tests, on loopback. It writes what it is told to an append-only file, so that a restart keeps it.

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { locate } from './programs.ts';
import { createFolder, ServerProcess, type Weather, withFreePorts } from './server-process.ts';

export interface RedisServer extends Weather {
  /** `redis://127.0.0.1:PORT` */
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly address: string;
  readonly port: number;
  /** Sends one command over a connection of its own. */
  command(...words: Command): Promise<unknown>;
}

type Command = readonly [string, ...(string | number)[]];

/** `settings`: as in `redis.conf`, such as `{ 'maxmemory-policy': 'allkeys-lru' }`. */
export function startRedis(settings: Readonly<Record<string, string>> = {}): Promise<RedisServer> {
  return withFreePorts(async () => launch(settings, await freePort()));
}

async function launch(settings: Readonly<Record<string, string>>, port: number): Promise<RedisServer> {
  const command = await locate({
    name: 'redis-server',
    packages: ['redis-server', 'redis-tools'],
    variable: 'DDL_TEST_REDIS_URL',
  });
  const folder = createFolder();
  const data = join(folder, 'data');
  const all = { port: String(port), bind: '127.0.0.1', dir: data, save: '', appendonly: 'yes', ...settings };
  const address = `127.0.0.1:${port}`;
  const url = `redis://${address}`;
  const ask = (...words: Command): Promise<unknown> => askRedis(url, words);
  const server = new ServerProcess({
    name: 'Redis',
    folder,
    command,
    args: Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]),
    user: null,
    async prepare() {
      rmSync(data, { recursive: true, force: true });
      mkdirSync(data);
    },
    async answers() {
      await ask('ping');
    },
  });
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    url,
    address,
    port,
    command: ask,
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.kill(),
    shutDown: () => server.shutDown(),
    restart: (how) => server.restart(how),
    stop: () => server.stop(),
  };
}

/** One command over a connection of its own. */
export async function askRedis(url: string, [word, ...words]: Command): Promise<unknown> {
  const client = new Redis(url, {
    lazyConnect: true,
    enableReadyCheck: false,
    connectTimeout: 2000,
    commandTimeout: 5000,
    retryStrategy: () => null,
  });
  let failure: Error | null = null;
  client.on('error', (error) => {
    failure = error;
  });
  try {
    await client.connect();
    return await client.call(word, ...words);
  } catch (error) {
    // What broke the connection says more than "Connection is closed".
    throw failure ?? error;
  } finally {
    client.disconnect();
  }
}
