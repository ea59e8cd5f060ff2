// The page for receivers says what the engine does: its examples are what is sent, its table is what becomes of answers,
// its code tells the engine's requests from others.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { requestOf } from '../../runtime/actions/webhook.ts';
import { signatureHeader, signatureOf } from '../../runtime/actions/webhook-signature.ts';
import { postWebhook } from '../../runtime/actions/webhook-transport.ts';
import { WebhookInventory } from '../../runtime/inventory/webhook-inventory.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import type { FetchAnswer, FetchRequest } from '../../runtime/ports/fetch.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { decision } from '../ledger/fixtures.ts';

const page = readFileSync(join(import.meta.dirname, '../../runtime/actions/webhooks.md'), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);
const [sentText = '', sizeText = ''] = blocks('json');

const about = decision();
const [, scaling] = about.actions;
if (scaling === undefined) throw new Error('the decision has no such action');
const sent = requestOf(about, scaling);

describe('the example', () => {
  it('is what is sent', () => {
    expect(JSON.parse(sentText)).toEqual({ ...sent, decisionId: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(Object.keys(JSON.parse(sentText))).toEqual(Object.keys(sent));
  });

  it('of a size is one', async () => {
    const inventory = new WebhookInventory({
      fetch: async () => ({ status: 200, location: null, retryAfter: null, body: sizeText, cut: false }),
      clock: systemClock,
      timers: systemTimers,
      addressOf: () => 'https://ops.example/payment',
      guard: { refuse: () => null, admit: () => () => null },
    });
    expect(await inventory.sizeOf('payment')).toMatchObject(JSON.parse(sizeText));
  });
});

it('every field and every header has its line', async () => {
  const described = [...page.matchAll(/^\| ((?:`[\w-]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name),
  );
  let headers: FetchRequest['headers'] = {};
  const fetch = async (request: FetchRequest): Promise<FetchAnswer> => {
    headers = request.headers;
    return { status: 200, location: null, retryAfter: null, body: '', cut: false };
  };
  const call = { idempotencyKey: 'k', signal: new AbortController().signal };
  await postWebhook(fetch, { url: 'https://ops.example/', headers: { [signatureHeader]: 's' } }, call, '{}', 0);
  expect(described).toEqual([...Object.keys(sent), 'content-type', 'idempotency-key', signatureHeader]);
  expect(Object.keys(headers).sort()).toEqual(['content-type', 'idempotency-key', signatureHeader].sort());
});

describe('an answer', () => {
  const rows = [...page.matchAll(/^\| (\d{3}(?:, \d{3})*) \| (.*) \|$/gm)];

  it('of every kind has its line', () => {
    expect(rows).toHaveLength(6);
  });

  it.each(
    rows.flatMap(([, statuses = '', text = '']) =>
      statuses.split(', ').map((status) => [Number(status), text] as const),
    ),
  )('%d: %s', async (status, text) => {
    const fetch = async () => ({ status, location: null, retryAfter: null, body: '', cut: false });
    const call = { idempotencyKey: 'k', signal: new AbortController().signal };
    const result = await postWebhook(fetch, { url: 'https://ops.example/' }, call, '{}', 0);
    const state = text.startsWith('done') ? 'succeeded' : text.startsWith('may') ? 'unknown' : 'failed';
    expect(result.state).toBe(state);
    const again = text.includes('; tried again');
    if (result.state !== 'succeeded') expect(result.retriable).toBe(again);
    else expect(again).toBe(false);
  });
});

it('the code tells the engine’s requests from others', async () => {
  const [code = ''] = blocks('js');
  const { isFromEngine } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const body = JSON.stringify(sent);
  const now = Date.UTC(2026, 2, 1, 12, 0, 1);
  const signature = signatureOf('the-new-secret-of-16', now, body);
  const seconds = now / 1_000;
  const secrets = ['the-old-secret-of-16', 'the-new-secret-of-16'];
  const is = (text: string | undefined, bytes = body, known: readonly string[] = secrets, at = seconds): boolean =>
    isFromEngine(text, Buffer.from(bytes), known, at);
  expect(is(signature)).toBe(true);
  expect(is(signature, body.replace('"to":6', '"to":9'))).toBe(false);
  expect(is(signature, body, ['the-old-secret-of-16'])).toBe(false);
  expect(is(signature, body, secrets, seconds + 301)).toBe(false);
  expect(is(signature.replace(/t=\d+/, `t=${seconds + 1}`))).toBe(false);
  expect(is(undefined)).toBe(false);
  expect(is('v1=00')).toBe(false);
});
