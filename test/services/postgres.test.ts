// A real PostgreSQL of a test: what was committed survives a kill of all of its processes; bad weather is felt.

import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type PostgresServer, startPostgres } from './services.ts';

let postgres: PostgresServer;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

/** A connection whose breaks are for its queries to tell. */
async function connect(): Promise<Client> {
  const client = new Client({ connectionString: postgres.url });
  client.on('error', () => {});
  onTestFinished(() => client.end().catch(() => {}));
  await client.connect();
  return client;
}

test('what was committed survives a kill; what was not does not', async () => {
  const client = await connect();
  await client.query('create table kept (id int)');
  await client.query('insert into kept values (1)');
  await client.query('begin');
  await client.query('insert into kept values (2)');
  await postgres.kill();
  await expect(client.query('commit')).rejects.toThrow();
  await expect(connect()).rejects.toThrow(/ECONNREFUSED/);
  await postgres.restart();
  expect((await (await connect()).query('select id from kept')).rows).toEqual([{ id: 1 }]);
});

test('begins empty', async () => {
  await (await connect()).query('create table forgotten ()');
  await postgres.restart({ empty: true });
  const left = await (await connect()).query("select 1 from pg_tables where schemaname = 'public'");
  expect(left.rows).toEqual([]);
});

test('ends in order', async () => {
  await postgres.shutDown();
  await expect(connect()).rejects.toThrow(/ECONNREFUSED/);
  await postgres.restart();
  await connect();
});

test('no connection answers while it is paused', async () => {
  const client = await connect();
  postgres.pause();
  let answered = false;
  const answer = client.query('select 1').then(() => {
    answered = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(answered).toBe(false);
  postgres.resume();
  await answer;
});

test('all connections are cut at once, and new ones are served', async () => {
  const clients = [await connect(), await connect()];
  expect(await postgres.cutConnections()).toBeGreaterThanOrEqual(2);
  for (const client of clients) await expect(client.query('select 1')).rejects.toThrow();
  await (await connect()).query('select 1');
});
