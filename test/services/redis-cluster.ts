// A real Redis Cluster for tests: three masters with a replica each, on loopback. A master that is gone is replaced by
// its replica within two seconds or so.

import { freePort } from './free-port.ts';
import { askRedis, type RedisServer, startRedis } from './redis.ts';

export interface RedisCluster {
  /** `127.0.0.1:PORT` of each node, with commas between. */
  readonly addresses: string;
  /** The same as `redis://…`, as the engine's `DDL_REDIS_URL` takes them. */
  readonly urls: string;
  /** First the three that began as masters, then their replicas. */
  readonly nodes: readonly RedisServer[];
  /** The node that answers for a key now. */
  masterOf(key: string): Promise<RedisServer>;
  /** Resolves when every node that runs sees all slots served, and by a node that runs. */
  settled(): Promise<void>;
  /** Kills the master of a key; resolves with it when its replica has taken over. */
  failOver(key: string): Promise<RedisServer>;
  stop(): Promise<void>;
}

const slots = 16_384;
const masters = 3;
const settlesWithinMs = 60_000;

export async function startRedisCluster(): Promise<RedisCluster> {
  const begun = await Promise.allSettled(Array.from({ length: 2 * masters }, startNode));
  const nodes = begun.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
  const stop = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.stop()));
  };
  try {
    for (const start of begun) if (start.status === 'rejected') throw start.reason;
    await join(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  const masterOf = async (key: string): Promise<RedisServer> => {
    const slot = Number(await anyAnswer(nodes, (node) => node.command('cluster', 'keyslot', key)));
    const port = await anyAnswer(nodes, async (node) => servingPort(await describe(node), slot));
    const found = nodes.find((node) => node.port === port);
    if (found === undefined) throw new Error(`no node serves slot ${slot}`);
    return found;
  };
  return {
    addresses: nodes.map(({ address }) => address).join(','),
    urls: nodes.map(({ url }) => url).join(','),
    nodes,
    masterOf,
    settled: () => until(() => agree(nodes), 'the cluster did not settle'),
    async failOver(key) {
      const killed = await masterOf(key);
      await killed.kill();
      await until(async () => (await masterOf(key)) !== killed, 'no replica took over');
      await until(() => agree(nodes), 'the cluster did not settle');
      return killed;
    },
    stop,
  };
}

/** Whether every node at `addresses` says that all slots are served. */
export async function askRedisCluster(addresses: string): Promise<void> {
  for (const address of addresses.split(',')) {
    const info = String(await askRedis(`redis://${address}`, ['cluster', 'info']));
    if (!info.includes('cluster_state:ok'))
      throw new Error(`${address}: ${/cluster_state:\w+/.exec(info)?.[0] ?? info}`);
  }
}

async function startNode(): Promise<RedisServer> {
  return startRedis({
    'cluster-enabled': 'yes',
    'cluster-port': String(await freePort()),
    'cluster-node-timeout': '1000',
    'cluster-replica-validity-factor': '0',
    // By default a node that starts again waits for two seconds before it serves.
    'repl-diskless-sync-delay': '0',
  });
}

/** What `redis-cli --cluster create` does, without asking. */
async function join(nodes: readonly RedisServer[]): Promise<void> {
  const [first] = nodes;
  const share = Math.ceil(slots / masters);
  const meet = await Promise.all(
    nodes.map(async (node, index) => {
      await node.command('cluster', 'set-config-epoch', index + 1);
      if (index < masters)
        await node.command('cluster', 'addslotsrange', index * share, Math.min(slots, (index + 1) * share) - 1);
      const bus = await node.command('config', 'get', 'cluster-port');
      return ['127.0.0.1', node.port, String((bus as string[])[1])] as const;
    }),
  );
  for (const address of meet.slice(1)) await first.command('cluster', 'meet', ...address);
  const know = async (node: RedisServer): Promise<boolean> =>
    (await describe(node)).filter(({ flags }) => !flags.includes('handshake')).length === nodes.length;
  await until(async () => (await Promise.all(nodes.map(know))).every(Boolean), 'the nodes did not meet');
  await Promise.all(
    nodes.slice(masters).map(async (node, index) => {
      await node.command('cluster', 'replicate', String(await nodes[index].command('cluster', 'myid')));
    }),
  );
  await until(() => agree(nodes), 'the cluster did not settle');
}

interface Described {
  readonly id: string;
  readonly port: number;
  readonly flags: readonly string[];
  readonly master: string;
  readonly ranges: readonly (readonly [number, number])[];
}

/** The cluster as a node sees it, from the lines of CLUSTER NODES. */
async function describe(node: RedisServer): Promise<readonly Described[]> {
  const text = String(await node.command('cluster', 'nodes'));
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [id = '', address = '', flags = '', master = '', , , , , ...ranges] = line.split(' ');
      return {
        id,
        port: Number(/:(\d+)@/.exec(address)?.[1]),
        flags: flags.split(','),
        master,
        ranges: ranges.map((range) => {
          const [from = 0, to = from] = range.split('-').map(Number);
          return [from, to] as const;
        }),
      };
    });
}

function servingPort(nodes: readonly Described[], slot: number): number {
  const serving = nodes.find(
    ({ flags, ranges }) => !flags.includes('fail') && ranges.some(([from, to]) => from <= slot && slot <= to),
  );
  return serving?.port ?? 0;
}

/** Whether every node that runs says that all is well, and each replica that runs has its master's data. */
async function agree(nodes: readonly RedisServer[]): Promise<boolean> {
  const running = (await Promise.allSettled(nodes.map((node) => node.command('ping').then(() => node)))).flatMap(
    (answer) => (answer.status === 'fulfilled' ? [answer.value] : []),
  );
  const states = await Promise.all(
    running.map(async (node) => {
      const info = String(await node.command('cluster', 'info'));
      const replication = String(await node.command('info', 'replication'));
      return (
        info.includes('cluster_state:ok') &&
        (replication.includes('role:master') || replication.includes('master_link_status:up'))
      );
    }),
  );
  return running.length > 0 && states.every(Boolean);
}

async function anyAnswer<T>(nodes: readonly RedisServer[], ask: (node: RedisServer) => Promise<T>): Promise<T> {
  let failure: unknown;
  for (const node of nodes) {
    try {
      return await ask(node);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  let failure: unknown;
  for (const begin = Date.now(); Date.now() - begin < settlesWithinMs; ) {
    try {
      if (await holds()) return;
    } catch (error) {
      failure = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} within ${settlesWithinMs / 1000} s`, { cause: failure });
}
