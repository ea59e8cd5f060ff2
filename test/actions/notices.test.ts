// What people are told comes from the outbox, once if it can, again and again if it must, and to nobody's harm.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { endingNotice, NoticeSender, refusalNotice } from '../../runtime/actions/notices.ts';
import { ProviderLimits } from '../../runtime/actions/provider-limits.ts';
import type { ClaimedNotice, Notice, NoticeEnding } from '../../runtime/ledger/outbox.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemFetch } from '../../runtime/ports/fetch.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision } from '../ledger/fixtures.ts';
import { lines } from './fixtures.ts';

const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const note = { title: 'High error rate', owner: 'payments', runbook: 'https://runbooks.example/x' };

/** An outbox in memory in which a notice is due again at once. */
function outboxOf(notices: readonly Notice[]) {
  const waiting: ClaimedNotice[] = notices.map((notice) => ({ ...notice, createdAt: 0, attempt: 1 }));
  const endings: (readonly [string, NoticeEnding])[] = [];
  const held = new Map<string, ClaimedNotice>();
  return {
    endings,
    problem: null as Error | null,
    async claim(count: number) {
      if (this.problem !== null) throw this.problem;
      const claimed = waiting.splice(0, count);
      for (const notice of claimed) held.set(notice.key, notice);
      return claimed;
    },
    async settle(key: string, ending: NoticeEnding) {
      endings.push([key, ending]);
      const notice = held.get(key);
      held.delete(key);
      if (notice !== undefined && ending.outcome === 'failed') waiting.push({ ...notice, attempt: notice.attempt + 1 });
      return true;
    },
  };
}

async function receiver(statuses: readonly number[]) {
  const got: { readonly key: string; readonly body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const status = statuses[got.length] ?? 200;
    got.push({ key: String(request.headers['idempotency-key']), body: JSON.parse(Buffer.concat(chunks).toString()) });
    if (status !== 0) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

function sender(outbox: ReturnType<typeof outboxOf>, url: string | null) {
  const log = lines();
  const started = new NoticeSender({
    outbox,
    log,
    fetch: systemFetch,
    webhook: url === null ? null : { url },
    limits: new ProviderLimits({ clock: systemClock, random: { next: () => 0 } }),
    clock: systemClock,
    timers: systemTimers,
    random: { next: () => 0 },
    everyMs: 20,
    timeoutMs: 150,
  });
  closers.push(() => started.close());
  return { log, started };
}

const refused = decision({ outcome: 'refused', gate: 'unavailable', reason: 'the gates can’t be asked' });
const notice = refusalNotice(refused, note);

describe('a notice', () => {
  it('says what was not done and why', () => {
    expect(notice).toMatchObject({ key: `${refused.id}-refused`, kind: 'refused' });
    expect(notice.payload).toMatchObject({ owner: 'payments', policy: 'high_error_rate', severity: 'warning' });
    expect(notice.payload.text).toMatch(
      /^High error rate · payment-service · .* · not done: the gates can’t be asked$/,
    );
    const about = decision();
    const [, action] = about.actions;
    if (action === undefined) throw new Error('no action');
    const ending = { decision: about, action, ordinal: 1, state: 'failed', detail: 'no' } as const;
    expect(endingNotice(ending, null)).toMatchObject({ key: `${about.id}-1-failed`, kind: 'failed' });
    expect(endingNotice(ending, null).payload.text).toMatch(/ · scale_up on payment failed: no$/);
  });

  it('is a line in the log, once, where no webhook is set', async () => {
    const outbox = outboxOf([notice]);
    const { log } = sender(outbox, null);
    await expect.poll(() => outbox.endings).toEqual([[notice.key, { outcome: 'delivered' }]]);
    expect(log.written).toEqual([`info refused: ${notice.payload.text}`]);
  });

  it('is sent until it is taken, with one key', async () => {
    const outbox = outboxOf([notice]);
    const { got, url } = await receiver([503, 0, 200]);
    const { log } = sender(outbox, url);
    await expect.poll(() => outbox.endings.at(-1)?.[1].outcome).toBe('delivered');
    expect(outbox.endings.map(([, { outcome }]) => outcome)).toEqual(['failed', 'failed', 'delivered']);
    expect(outbox.endings[0]?.[1]).toEqual({ outcome: 'failed', problem: 'webhook answered 503', retryMs: 500 });
    expect(outbox.endings[1]?.[1]).toMatchObject({ retryMs: 1_000 });
    expect(got.map(({ key }) => key)).toEqual(Array(3).fill(notice.key));
    expect(got[0]?.body).toEqual(notice.payload);
    expect(log.written).toHaveLength(1);
  });

  it('that is refused for good is given up', async () => {
    const outbox = outboxOf([notice]);
    const { url } = await receiver([404]);
    sender(outbox, url);
    await expect
      .poll(() => outbox.endings)
      .toEqual([[notice.key, { outcome: 'given-up', problem: 'webhook answered 404' }]]);
  });
});

describe('the sender', () => {
  it('goes on when the outbox could not be asked, and takes all that waits', async () => {
    const outbox = outboxOf(Array.from({ length: 50 }, (_, n) => ({ ...notice, key: `n${n}` })));
    outbox.problem = new Error('the ledger can’t be read');
    const { log } = sender(outbox, null);
    await expect.poll(() => log.written[0]).toBe('warn people can’t be told at the moment: the ledger can’t be read');
    outbox.problem = null;
    await expect.poll(() => outbox.endings.length).toBe(50);
  });

  it('ends at once, and leaves what was under way to be claimed again', async () => {
    const outbox = outboxOf([notice]);
    const { got, url } = await receiver([0]);
    const { started } = sender(outbox, url);
    await expect.poll(() => got.length).toBe(1);
    const begun = performance.now();
    await started.close();
    expect(performance.now() - begun).toBeLessThan(100);
    expect(outbox.endings).toEqual([]);
  });
});
