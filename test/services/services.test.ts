// What tests share is started when asked for, answers, and is told of in a sentence when it can't be reached.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { scratch } from '../support/scratch.ts';
import { type KindName, kinds } from './kinds.ts';
import { locate } from './programs.ts';
import { ownDatabase, sharedKafka, sharedPostgres, sharedRedis, sharedRedisCluster } from './shared.ts';

describe('shared servers', () => {
  test('each kind answers, and is the same one for who asks again', async () => {
    const [redis, cluster, postgres, kafka] = await Promise.all([
      sharedRedis(),
      sharedRedisCluster(),
      sharedPostgres(),
      sharedKafka(),
    ]);
    await kinds.redis.ask(redis);
    await kinds['redis-cluster'].ask(cluster);
    await kinds.postgres.ask(postgres);
    await kinds.kafka.ask(kafka);
    expect(await sharedRedis()).toBe(redis);
  });

  test('a database of one’s own is empty, and gone afterwards', async () => {
    const database = await ownDatabase();
    await kinds.postgres.ask(database.url);
    await database.drop();
    await expect(kinds.postgres.ask(database.url)).rejects.toThrow(/does not exist/);
  });

  test.each(Object.entries(kinds))(
    '%s: one that does not answer is told by its variable',
    async (name, { variable }) => {
      const nobody =
        name === 'redis' ? 'redis://127.0.0.1:1' : name === 'postgres' ? 'postgres://127.0.0.1:1/x' : '127.0.0.1:1';
      await expect(ask(name as KindName, { [variable]: nobody })).rejects.toThrow(
        new RegExp(
          `${variable} names ${nobody}, which does not answer \\(.*ECONNREFUSED.*\\): start it, or unset the variable`,
        ),
      );
    },
  );

  test('without the set-up the variable is named', async () => {
    await expect(ask('redis', {})).rejects.toThrow('name a server in DDL_TEST_REDIS_URL');
  });

  /** Asks in a process of its own, with these variables alone. */
  async function ask(name: KindName, environment: Readonly<Record<string, string>>): Promise<string> {
    const functions = {
      redis: 'sharedRedis',
      'redis-cluster': 'sharedRedisCluster',
      postgres: 'sharedPostgres',
      kafka: 'sharedKafka',
    };
    const script = `import('${join(import.meta.dirname, 'shared.ts')}').then((all) => all.${functions[name]}()).catch((error) => { console.error(error.message); process.exitCode = 1; })`;
    const child = spawn(process.execPath, ['-e', script], {
      env: { PATH: process.env.PATH, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const [code] = await once(child, 'close');
    if (code !== 0) throw new Error(said);
    return said;
  }
});

describe('programs', () => {
  const program = { name: 'serve', packages: ['server'], variable: 'DDL_TEST_SERVER' };
  const sentence =
    '`serve` is not on this machine: install it (Debian: `apt-get install server`), or name a running server in DDL_TEST_SERVER';

  test('one that is missing is installed by root, where there is apt-get', async () => {
    const folder = scratch();
    executable(folder, 'apt-get');
    const install = async (packages: readonly string[]): Promise<void> => {
      expect(packages).toEqual(['server']);
      executable(folder, 'serve');
    };
    expect(await locate(program, { folders: [folder], root: true, install })).toBe(join(folder, 'serve'));
  });

  test('else a sentence says what to do', async () => {
    const install = async (): Promise<void> => {
      throw new Error('not to be called');
    };
    const folder = scratch();
    await expect(locate(program, { folders: [folder], root: true, install })).rejects.toThrow(sentence);
    executable(folder, 'apt-get');
    await expect(locate(program, { folders: [folder], root: false, install })).rejects.toThrow(sentence);
  });

  function executable(folder: string, name: string): void {
    spawnSync('install', ['-m', '755', '/dev/null', join(folder, name)]);
  }
});

test('a server ends with a process that is killed, and the next that starts one removes its folder', async () => {
  const temporary = scratch();
  const owner = startOwner(temporary, 'setInterval(() => {}, 1000)');
  onTestFinished(() => void owner.kill('SIGKILL'));
  const url = String((await once(owner.stdout, 'data'))[0]).trim();
  await kinds.redis.ask(url);
  owner.kill('SIGKILL');
  await once(owner, 'exit');
  for (let attempt = 0; attempt < 100 && (await answers(url)); attempt++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await answers(url)).toBe(false);

  expect(readdirSync(temporary)).toHaveLength(1);
  const next = startOwner(temporary, 'server.stop()');
  expect(await once(next, 'exit')).toEqual([0, null]);
  expect(readdirSync(temporary)).toEqual([]);
});

/** A process that starts a Redis, tells its address and does what `then` says. */
function startOwner(temporary: string, then: string) {
  const module = join(import.meta.dirname, 'redis.ts');
  const script = `import('${module}').then(async ({ startRedis }) => {
    const server = await startRedis();
    console.log(server.url);
    ${then};
  })`;
  const env = { ...process.env, TMPDIR: temporary };
  return spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function answers(url: string): Promise<boolean> {
  return kinds.redis.ask(url).then(
    () => true,
    () => false,
  );
}

test('npm run services: starts, checks and stops what people name', () => {
  const env = { PATH: process.env.PATH, DDL_TEST_SERVICES_FOLDER: scratch() };
  const services = (...words: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'command.ts'), ...words], { encoding: 'utf8', env });
  expect(services('check', 'redis').stderr).toContain('redis: not started, and DDL_TEST_REDIS_URL is not set');
  const started = services('start', 'redis');
  expect(started.stdout).toMatch(/^export DDL_TEST_REDIS_URL='redis:\/\/127\.0\.0\.1:\d+'\n$/);
  expect(services('start', 'redis').stdout).toBe(started.stdout);
  expect(services('check', 'redis')).toMatchObject({ status: 0, stdout: expect.stringContaining('answers, in') });
  expect(services('stop')).toMatchObject({ status: 0, stderr: 'stopped\n' });
  expect(services('check', 'redis').status).toBe(1);
  expect(services('start', 'mysql')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('there is no `mysql`'),
  });
});
