// `notify` against a real HTTP server that misbehaves in every way we know.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { Dispatcher } from '../../runtime/actions/dispatcher.ts';
import { notify } from '../../runtime/actions/notify.ts';
import type { PlannedAction } from '../../runtime/decision.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { FetchFailed, systemFetch } from '../../runtime/ports/fetch.ts';
import { systemRandom } from '../../runtime/ports/random.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision, start } from '../ledger/fixtures.ts';
import { intentBook, lines } from './fixtures.ts';

interface Seen {
  readonly url: string;
  readonly key: string;
  readonly body: unknown;
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Behaviour = (response: ServerResponse, number: number, request: IncomingMessage) => void;

async function server(
  behave: Behaviour,
): Promise<{ readonly url: string; readonly seen: Seen[]; readonly sent: () => number }> {
  const seen: Seen[] = [];
  let sent = 0;
  const listening = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      seen.push({ url: request.url ?? '', key: String(request.headers['idempotency-key']), body: JSON.parse(body) });
      behave(response, seen.length, request);
      response.on('close', () => {
        sent += response.socket?.bytesWritten ?? 0;
      });
    });
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    listening.closeAllConnections();
    listening.close();
  });
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}/hook?token=secret`,
    seen,
    sent: () => sent,
  };
}

async function notifyThrough(url: string | null, changes: Partial<PlannedAction> = {}) {
  const book = intentBook();
  const log = lines();
  const note = { title: 'High error rate', owner: 'payments', runbook: 'https://runbooks.example/x' };
  const webhook = url === null ? null : { url, headers: { authorization: 'Bearer t' } };
  const executors = [notify({ log, fetch: systemFetch, clock: systemClock, webhook, noteOf: () => note })];
  const dispatcher = new Dispatcher({
    ledger: book,
    executors,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    log,
  });
  const action = {
    name: 'notify',
    target: null,
    args: { severity: 'critical' },
    timeoutMs: 300,
    retry: 2,
    endpoint: null,
    change: null,
    ...changes,
  };
  const begun = performance.now();
  dispatcher.dispatch(decision({ actions: [action], deadline: undefined, key: 'pay\u001b[2Jment' }));
  while (dispatcher.pending > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  return { end: book.last(0), written: log.written, tookMs: performance.now() - begun };
}

describe('notify', () => {
  it('without a webhook is a line in the log', async () => {
    const { end, written } = await notifyThrough(null);
    expect(end).toMatchObject({ to: 'succeeded', detail: 'written to the log', attempts: 1 });
    expect(written).toEqual([
      'info notify: High error rate · pay [2Jment · error_rate > 5% for 30s (0.07), latency_p99 > 500ms for 30s (unknown)',
    ]);
  });

  it('posts what a person needs', async () => {
    const { url, seen } = await server((response) => response.end('ok'));
    const { end } = await notifyThrough(url, { args: { message: 'look here', channel: '#ops' } });
    expect(end).toMatchObject({ to: 'succeeded', detail: 'webhook answered 200' });
    const id = decision({ key: 'pay\u001b[2Jment' }).id;
    expect(seen).toEqual([
      {
        url: '/hook?token=secret',
        key: `${id}-0`,
        body: {
          text: expect.stringMatching(/^look here · pay /),
          title: 'look here',
          severity: null,
          channel: '#ops',
          decisionId: id,
          policy: 'high_error_rate',
          key: 'pay\u001b[2Jment',
          at: new Date(start).toISOString(),
          cause: 'condition',
          values: decision().values,
          owner: 'payments',
          runbook: 'https://runbooks.example/x',
          source: 'policies/payment.ddl:12',
        },
      },
    ]);
  });

  it('tries again after a 500, with the same key, and says it once in the log', async () => {
    const { url, seen } = await server((response, number) => {
      response.statusCode = number === 1 ? 500 : 200;
      response.end('trouble');
    });
    const { end, written } = await notifyThrough(url);
    expect(end).toMatchObject({ to: 'succeeded', attempts: 2 });
    expect(new Set(seen.map((one) => one.key)).size).toBe(1);
    expect(written).toHaveLength(1);
  });

  it.each([408, 425, 429, 503])('tries again after a %d, as often as it may', async (status) => {
    const { url, seen } = await server((response) => {
      response.statusCode = status;
      response.end('<b>later\u001b[31m\n\nplease');
    });
    const { end } = await notifyThrough(url, { retry: 1 });
    expect(end).toMatchObject({
      to: 'failed',
      detail: `webhook answered ${status}: <b>later [31m please`,
      attempts: 2,
    });
    expect(seen).toHaveLength(2);
  });

  it.each([400, 401, 404, 410])('does not try again after a %d', async (status) => {
    const { url, seen } = await server((response) => {
      response.statusCode = status;
      response.end();
    });
    expect((await notifyThrough(url)).end).toMatchObject({
      to: 'failed',
      detail: `webhook answered ${status}`,
      attempts: 1,
    });
    expect(seen).toHaveLength(1);
  });

  it('follows no redirect', async () => {
    const { url, seen } = await server((response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/stolen?token=x' });
      response.end();
    });
    const { end } = await notifyThrough(url);
    expect(end?.detail).toBe(
      'webhook answered 307, a redirect to 127.0.0.1:1; redirects are not followed, set the final address',
    );
    expect(seen).toHaveLength(1);
  });

  it('gives up on one that never answers, in time', async () => {
    const { url, seen } = await server(() => {});
    const { end, tookMs } = await notifyThrough(url, { retry: 1 });
    expect(end).toMatchObject({ to: 'expired', attempts: 2 });
    expect(end?.detail).toMatch(/^webhook: no answer within 300 ms; it may have arrived; the outcome/);
    expect(seen).toHaveLength(2);
    expect(tookMs).toBeLessThan(2_000);
  });

  it('gives up on one that never stops answering, in time', async () => {
    const { url } = await server((response) => {
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const { end, tookMs } = await notifyThrough(url, { retry: 0 });
    expect(end).toMatchObject({ to: 'expired', attempts: 1 });
    expect(tookMs).toBeLessThan(1_000);
  });

  it('reads no more of a huge answer than it needs', async () => {
    const { url, sent } = await server((response) => {
      const block = Buffer.alloc(1_000_000, 'x');
      const pump = (): void => {
        while (response.writable && response.write(block));
      };
      response.on('drain', pump);
      pump();
    });
    const { end } = await notifyThrough(url, { timeoutMs: 2_000 });
    expect(end).toMatchObject({ to: 'succeeded', attempts: 1 });
    expect(sent()).toBeLessThan(50_000_000);
  });

  it.each([
    ['an address with a password', 'http://me:hunter2@127.0.0.1:9/secret', {}],
    ['no address', 'http://hunter2:secret', {}],
    ['a header that none can be', 'http://127.0.0.1:9/secret', { authorization: 'Bearer hunter2\n\u0000' }],
  ])('nothing secret is told of %s', async (_name, url, headers) => {
    const signal = AbortSignal.timeout(5_000);
    const failure: unknown = await systemFetch({
      method: 'POST',
      url,
      headers,
      body: '{}',
      signal,
      answerBytesMax: 10,
    }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FetchFailed);
    expect(inspect(failure, { depth: 9 }).replace(/\n +at .*/g, '')).not.toMatch(/hunter2|secret/);
    expect(String(failure)).toMatch(/no request could be made to (127\.0\.0\.1:9|an invalid address)/);
  });

  it('names the host, and nothing secret, when nobody is there', async () => {
    const { end } = await notifyThrough('http://127.0.0.1:1/hook?token=secret', { retry: 0 });
    expect(end).toMatchObject({ to: 'failed', attempts: 1 });
    expect(end?.detail).toMatch(/^webhook: .*127\.0\.0\.1:1/);
    expect(end?.detail).not.toMatch(/secret|fetch failed/);
    const free = await server(() => {});
    for (const close of closers.splice(0)) close();
    expect((await notifyThrough(free.url, { retry: 1 })).end).toMatchObject({
      detail: `webhook: connection refused by ${new URL(free.url).host}`,
      attempts: 2,
    });
  });

  it('survives one that hangs up', async () => {
    const { url } = await server((response) => response.socket?.destroy());
    const { end } = await notifyThrough(url, { retry: 0 });
    expect(end?.detail).toMatch(/connection closed by 127/);
  });
});
