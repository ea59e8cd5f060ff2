// A real PostgreSQL for tests, on loopback, as a user that is not root. It outlives kills of its processes, but not of
// the machine: nothing is synced to the disk, unless asked for.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { freePort } from './free-port.ts';
import { locate, run, type User } from './programs.ts';
import { createFolder, ServerProcess, type Weather, withFreePorts } from './server-process.ts';

export interface PostgresServer extends Weather {
  /** `postgres://postgres@127.0.0.1:PORT/postgres` */
  readonly url: string;
  readonly port: number;
  /** Ends every connection from the server's side; resolves with how many there were. */
  cutConnections(): Promise<number>;
}

export interface PostgresOptions {
  /** Waits for the disk at every commit, as in production. */
  readonly durable?: boolean;
  /** As in `postgresql.conf`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  return withFreePorts(async () => launch(options, await freePort()));
}

async function launch({ durable = false, settings = {} }: PostgresOptions, port: number): Promise<PostgresServer> {
  const program = { packages: ['postgresql'], variable: 'DDL_TEST_POSTGRES_URL' };
  const command = await locate({ name: 'postgres', ...program });
  const user = unprivilegedUser();
  const folder = createFolder(user);
  const data = join(folder, 'data');
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const all = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    max_connections: '200',
    fsync: durable ? 'on' : 'off',
    ...settings,
  };
  const server = new ServerProcess({
    name: 'PostgreSQL',
    folder,
    command,
    args: ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    user,
    async prepare() {
      rmSync(data, { recursive: true, force: true });
      const words = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
      await run(await locate({ name: 'initdb', ...program }), words, { cwd: dirname(data), user });
    },
    async answers() {
      await askPostgres(url, 'select 1');
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
    port,
    async cutConnections() {
      const others = `select pg_terminate_backend(pid) from pg_stat_activity
        where backend_type = 'client backend' and pid <> pg_backend_pid()`;
      return askPostgres(url, others);
    },
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.kill(),
    shutDown: () => server.shutDown(),
    restart: (how) => server.restart(how),
    stop: () => server.stop(),
  };
}

/** Runs one statement over a connection of its own; resolves with the number of rows. */
export async function askPostgres(url: string, statement: string): Promise<number> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 });
  // A connection that breaks rejects the query too.
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(statement)).rows.length;
  } finally {
    await client.end().catch(() => {});
  }
}

/** PostgreSQL refuses to run as root: then it is its own user, or nobody. */
export function unprivilegedUser(): User | null {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((option) => spawnSync('id', [option, name], { encoding: 'utf8' }));
    if (uid.status === 0 && gid.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and this machine has neither a user `postgres` nor `nobody`');
}
