// Redis, one server or a cluster. The only file that imports ioredis. Nothing is queued while there is no connection and
// nothing is sent twice behind the caller's back: a command is answered, or has failed within its time.

import { createHash } from 'node:crypto';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

export interface RedisSettings {
  /**
   * `redis://[user:password@]host[:port][/database]`, `rediss://` for TLS; several, in a list or with commas between, are
   * nodes of a cluster, of which the first may carry user and password.
   */
  readonly url: string | readonly string[];
  /** One address, of a cluster all the same. */
  readonly cluster?: boolean;
  /** Certificates to trust beside the system's, PEM. */
  readonly tlsCa?: string;
  /** How long a command may take, redirections within a cluster included. */
  readonly commandTimeoutMs?: number;
}

/** A script by its text and the digest under which a server knows it. */
export interface RedisScript {
  readonly text: string;
  readonly digest: string;
}

/** No answer, and nobody can tell whether it was done; or an answer that says no. `message` is for people. */
export class RedisProblem extends Error {
  override readonly name = 'RedisProblem';
  /** `false`: it was never sent, so it is certain that nothing was done. */
  readonly sent: boolean;

  constructor(message: string, sent = true) {
    super(message);
    this.sent = sent;
  }
}

export interface RedisPort {
  /**
   * Runs a script on the server that keeps the keys; one command, two where it does not know the script yet.
   * Errors: `RedisProblem`.
   */
  run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<string>;
  /** A setting as every server has it, different ones with commas between; `null` when it may not be read. */
  setting(name: string): Promise<string | null>;
  /** The server's clock, epoch ms. Errors: `RedisProblem`. */
  now(): Promise<number>;
  /** Whether there is a connection at this moment. */
  readonly connected: boolean;
  /** Called whenever a connection has been made, the first included. */
  onConnected(call: () => void): void;
  close(): Promise<void>;
}

const defaultTimeoutMs = 100;

export function redisScript(text: string): RedisScript {
  return { text, digest: createHash('sha1').update(text).digest('hex') };
}

/** Connects in the background, again and again. Errors: `RedisProblem` when the address is none. */
export function openRedis(settings: RedisSettings): RedisPort {
  const addresses = [settings.url].flat().flatMap((url) => url.split(',').map((text) => addressOf(text.trim())));
  const timeoutMs = settings.commandTimeoutMs ?? defaultTimeoutMs;
  const [first] = addresses;
  if (first === undefined) throw new RedisProblem('no address of a Redis is given');
  const shared: RedisOptions = {
    username: first.username,
    password: first.password,
    ...(first.tls ? { tls: settings.tlsCa === undefined ? {} : { ca: settings.tlsCa } } : {}),
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Callers are answered within their time (`#ask`); what goes before a first command may take longer.
    commandTimeout: Math.max(timeoutMs, 1_000),
    connectTimeout: 2_000,
    connectionName: 'ddl',
  };
  if (addresses.length > 1 || settings.cluster === true) {
    const cluster = new Cluster(
      addresses.map(({ host, port }) => ({ host, port })),
      {
        redisOptions: shared,
        enableOfflineQueue: false,
        // What was not done is sent on to where it belongs; what may have been done is not sent again.
        maxRedirections: 4,
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        retryDelayOnTryAgain: 10,
        clusterRetryStrategy: pauseMs,
        slotsRefreshTimeout: 1_000,
        slotsRefreshInterval: 1_000,
        clusterNodeRetryStrategy: pauseMs,
      },
    );
    return new IoredisPort(cluster, () => cluster.nodes('master'), timeoutMs);
  }
  const redis = new Redis({
    ...shared,
    ...{ host: first.host, port: first.port, db: first.database },
    enableOfflineQueue: false,
    retryStrategy: pauseMs,
  });
  return new IoredisPort(redis, () => [redis], timeoutMs);
}

/** Between attempts to connect. */
function pauseMs(attempt: number): number {
  return Math.min(1_000, 50 * attempt);
}

class IoredisPort implements RedisPort {
  readonly #client: Redis | Cluster;
  readonly #servers: () => readonly Redis[];
  readonly #timeoutMs: number;
  readonly #calls: (() => void)[] = [];
  /** What the last attempt to connect said. */
  #problem = 'not connected yet';

  constructor(client: Redis | Cluster, servers: () => readonly Redis[], timeoutMs: number) {
    this.#client = client;
    this.#servers = servers;
    this.#timeoutMs = timeoutMs;
    client.on('error', (error: unknown) => {
      this.#problem = textOf(error);
    });
    // A cluster connects to a node when it first needs it, and answers nothing of it until it has.
    client.on('+node', (node: Redis) => void connect(node));
    client.on('ready', () => void this.#ready());
  }

  get connected(): boolean {
    return this.#client.status === 'ready';
  }

  onConnected(call: () => void): void {
    this.#calls.push(call);
    if (this.connected) call();
  }

  async #ready(): Promise<void> {
    await Promise.all(this.#servers().map(connect));
    for (const call of this.#calls) call();
  }

  async run(script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<string> {
    const values = [...keys, ...args];
    const answer = await this.#ask(async () => {
      try {
        return await this.#client.evalsha(script.digest, keys.length, ...values);
      } catch (error) {
        // It says so before it does anything.
        if (!textOf(error).startsWith('NOSCRIPT')) throw error;
        return await this.#client.eval(script.text, keys.length, ...values);
      }
    });
    if (typeof answer !== 'string') throw new RedisProblem(`a script answered ${typeof answer}, no text`);
    return answer;
  }

  async setting(name: string): Promise<string | null> {
    const answers = await this.#ask(() => Promise.all(this.#servers().map((server) => readSetting(server, name))));
    const values = new Set(answers.filter((value) => value !== null));
    return values.size === 0 ? null : [...values].sort().join(', ');
  }

  async now(): Promise<number> {
    const [server] = this.#servers();
    if (server === undefined) throw new RedisProblem(`no server of the cluster is known: ${this.#problem}`);
    const [seconds, microseconds] = await this.#ask(() => server.time());
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  async close(): Promise<void> {
    this.#client.disconnect();
  }

  async #ask<T>(ask: () => Promise<T>): Promise<T> {
    if (!this.connected) throw new RedisProblem(`no connection to Redis: ${this.#problem}`, false);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new RedisProblem(`no answer from Redis within ${this.#timeoutMs} ms`)),
        this.#timeoutMs,
      );
    });
    const asked = ask();
    // Which of the two comes second is nobody's concern.
    asked.catch(() => {});
    late.catch(() => {});
    try {
      return await Promise.race([asked, late]);
    } catch (error) {
      throw error instanceof RedisProblem ? error : new RedisProblem(`Redis: ${textOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Resolves when it is connected, or could not be; it goes on trying then. */
async function connect(server: Redis): Promise<void> {
  if (server.status === 'wait') await server.connect().catch(() => {});
  else if (server.status === 'connecting' || server.status === 'connect')
    await new Promise<void>((resolve) => {
      server.once('ready', resolve);
      server.once('close', resolve);
    });
}

/** `null` where `CONFIG` is not for everybody, as with most that is run by others. */
async function readSetting(server: Redis, name: string): Promise<string | null> {
  try {
    const answer: unknown = await server.config('GET', name);
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : null;
  } catch (error) {
    if (/unknown command|NOPERM|not allowed|disabled/i.test(textOf(error))) return null;
    throw error;
  }
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly tls: boolean;
}

function addressOf(text: string): Address {
  const url = URL.parse(text.includes('://') ? text : `redis://${text}`);
  const database = Number(url?.pathname.slice(1) ?? '');
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !Number.isInteger(database))
    throw new RedisProblem('the address of Redis must be like `redis://127.0.0.1:6379`, or `rediss://` for TLS');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    database,
    tls: url.protocol === 'rediss:',
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
