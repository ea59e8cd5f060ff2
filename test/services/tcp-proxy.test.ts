// The port in front of a server: delays, silence, and connections that break before, within and after an answer.

import { once } from 'node:events';
import { connect as connectTo, createServer, type Socket } from 'node:net';
import { Client } from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ownDatabase } from './shared.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** A server that answers each packet with `answer to `, and what it got so far. */
async function startEcho(): Promise<{ readonly proxy: TcpProxy; readonly received: () => string }> {
  let received = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (packet) => {
      received += packet;
      socket.write(`answer to ${packet}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy = await startTcpProxy(`127.0.0.1:${port}`);
  onTestFinished(async () => {
    await proxy.stop();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { proxy, received: () => received };
}

interface Conversation {
  readonly socket: Socket;
  readonly heard: () => string;
  readonly ended: Promise<string>;
  /** Resolves when `text` was heard. */
  hears(text: string): Promise<void>;
}

function talkTo(proxy: TcpProxy): Conversation {
  const socket = connectTo(proxy.port, '127.0.0.1');
  let heard = '';
  socket.on('data', (packet) => {
    heard += packet;
  });
  socket.on('error', () => {});
  const ended = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(heard));
  });
  return {
    socket,
    heard: () => heard,
    ended,
    async hears(text) {
      while (!heard.includes(text)) await once(socket, 'data');
    },
  };
}

test('passes both ways, and an end of one side to the other', async () => {
  const { proxy } = await startEcho();
  const talk = talkTo(proxy);
  talk.socket.write('one');
  await talk.hears('answer to one');
  expect(proxy.connections).toBe(1);
  talk.socket.end();
  await talk.ended;
});

test('delays each packet', async () => {
  const { proxy } = await startEcho();
  proxy.delay(100);
  const talk = talkTo(proxy);
  const begin = performance.now();
  talk.socket.write('one');
  await talk.hears('answer to one');
  expect(performance.now() - begin).toBeGreaterThan(195);
});

test('holds, and gives everything afterwards', async () => {
  const { proxy, received } = await startEcho();
  proxy.hold();
  const talk = talkTo(proxy);
  talk.socket.write('one');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(received()).toBe('');
  proxy.resume();
  await talk.hears('answer to one');
});

test('cuts before an answer: the server has done it, the client does not know', async () => {
  const { proxy, received } = await startEcho();
  const cut = proxy.cutAt({ on: 'reply', containing: 'two' });
  const talk = talkTo(proxy);
  talk.socket.write('one');
  await talk.hears('answer to one');
  talk.socket.write('two');
  await cut;
  expect(await talk.ended).toBe('answer to one');
  expect(received()).toBe('onetwo');
  const next = talkTo(proxy);
  next.socket.write('two');
  await next.hears('answer to two');
});

test('cuts within an answer, before a request, after so many bytes', async () => {
  const { proxy, received } = await startEcho();
  void proxy.cutAt({ on: 'reply', passBytes: 6 });
  const first = talkTo(proxy);
  first.socket.write('one');
  expect(await first.ended).toBe('answer');

  void proxy.cutAt({ on: 'request', containing: 'tw' });
  const second = talkTo(proxy);
  second.socket.write('two');
  expect(await second.ended).toBe('');
  expect(received()).toBe('one');

  proxy.cutAfterBytes(15);
  const third = talkTo(proxy);
  third.socket.write('one');
  await third.hears('answer to one');
  third.socket.write('two');
  expect(await third.ended).toBe('answer to onean');
  proxy.cutAfterBytes(null);
});

test('refuses and accepts; cuts all that are open', async () => {
  const { proxy } = await startEcho();
  const open = talkTo(proxy);
  open.socket.write('one');
  await open.hears('answer to one');
  proxy.refuse();
  expect(await talkTo(proxy).ended).toBe('');
  proxy.cutAll();
  await open.ended;
  proxy.accept();
  const next = talkTo(proxy);
  next.socket.write('one');
  await next.hears('answer to one');
});

describe('before a PostgreSQL', () => {
  test('a connection is cut after the commit: it is done, and the client can’t know', async () => {
    const database = await ownDatabase();
    onTestFinished(() => database.drop());
    const proxy = await startTcpProxy(database.url);
    onTestFinished(() => proxy.stop());
    const through = new URL(database.url);
    through.host = proxy.address;
    const client = new Client({ connectionString: through.href });
    client.on('error', () => {});
    await client.connect();
    await client.query('create table done (id int)');
    await client.query('begin');
    await client.query('insert into done values (1)');
    void proxy.cutAt({ on: 'reply', containing: 'COMMIT' });
    await expect(client.query('commit')).rejects.toThrow(/terminated|ECONNRESET|closed/);
    const direct = new Client({ connectionString: database.url });
    await direct.connect();
    expect((await direct.query('select id from done')).rows).toEqual([{ id: 1 }]);
    await direct.end();
  });
});
