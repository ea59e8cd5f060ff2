// The servers that test files share, one of each kind for a whole run: started when first asked for, or given by
// `DDL_TEST_*`. Whoever asks takes names of their own inside (`ownName`, `ownDatabase`), and breaks nothing there.

import { randomBytes } from 'node:crypto';
import { type KindName, kinds } from './kinds.ts';
import { askPostgres } from './postgres.ts';

/** The variable through which test files find the set-up of their run. */
export const askedAt = 'DDL_TEST_SERVICES';

/** `redis://HOST:PORT` */
export function sharedRedis(): Promise<string> {
  return shared('redis');
}

/** `HOST:PORT` of the six nodes, with commas between. */
export function sharedRedisCluster(): Promise<string> {
  return shared('redis-cluster');
}

/** `postgres://USER@HOST:PORT/DATABASE`; the user may create databases. */
export function sharedPostgres(): Promise<string> {
  return shared('postgres');
}

/** `HOST:PORT` of a broker, or of several with commas between. */
export function sharedKafka(): Promise<string> {
  return shared('kafka');
}

/** A name that no other test uses: a key prefix, a database, a topic, a consumer group. */
export function ownName(purpose: string): string {
  return `${purpose}_${randomBytes(6).toString('hex')}`;
}

export interface OwnDatabase {
  readonly url: string;
  /** Ends the connections to it and removes it. */
  drop(): Promise<void>;
}

/** An empty database of the shared PostgreSQL. */
export async function ownDatabase(): Promise<OwnDatabase> {
  const server = await sharedPostgres();
  const name = ownName('test');
  await askPostgres(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    async drop() {
      await askPostgres(server, `drop database if exists ${name} with (force)`);
    },
  };
}

const found = new Map<KindName, Promise<string>>();

function shared(name: KindName): Promise<string> {
  const finding = found.get(name) ?? find(name);
  found.set(name, finding);
  return finding;
}

async function find(name: KindName): Promise<string> {
  const { variable, ask } = kinds[name];
  const given = process.env[variable];
  if (given !== undefined && given !== '') {
    try {
      await ask(given);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `${variable} names ${given}, which does not answer (${why}): start it, or unset the variable and the tests start one themselves`,
        { cause },
      );
    }
    return given;
  }
  const setUp = process.env[askedAt];
  if (setUp === undefined)
    throw new Error(`run by vitest with this project’s configuration, or name a server in ${variable}`);
  const response = await fetch(`${setUp}/${name}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
