// One POST of JSON to one address. Obeys the call's signal, follows no redirect, reads a bounded answer, and says of
// every failure whether trying again can help.

import { type Fetch, type FetchAnswer, FetchFailed } from '../ports/fetch.ts';
import type { ActionCall, ActionResult } from './executor.ts';

export interface WebhookSettings {
  readonly url: string;
  /** Sent besides our own, for example an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

const answerBytesMax = 64 * 1_024;
const retriableStatuses = new Set([408, 425, 429]);

/** `body` is sent as JSON. */
export async function postWebhook(
  fetch: Fetch,
  { url, headers = {} }: WebhookSettings,
  call: Pick<ActionCall, 'idempotencyKey' | 'signal'>,
  body: unknown,
): Promise<ActionResult> {
  try {
    const answer = await fetch({
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': call.idempotencyKey },
      body: JSON.stringify(body),
      signal: call.signal,
      answerBytesMax,
    });
    return judge(answer);
  } catch (error) {
    if (error instanceof FetchFailed) return { state: 'failed', detail: `webhook: ${error.message}`, retriable: true };
    if (!call.signal.aborted) throw error;
    // It may have arrived; the key lets the receiver see a repetition as one.
    return { state: 'unknown', detail: `webhook: ${reasonOf(call.signal)}; it may have arrived`, retriable: true };
  }
}

function judge({ status, location, body }: FetchAnswer): ActionResult {
  if (status >= 200 && status < 300) return { state: 'succeeded', detail: `webhook answered ${status}` };
  if (status >= 300 && status < 400) {
    const where = location === null ? '' : ` to ${hostOf(location)}`;
    return {
      state: 'failed',
      detail: `webhook answered ${status}, a redirect${where}; redirects are not followed, set the final address`,
      retriable: false,
    };
  }
  const said = excerpt(body);
  return {
    state: 'failed',
    detail: `webhook answered ${status}${said === '' ? '' : `: ${said}`}`,
    retriable: retriableStatuses.has(status) || status >= 500,
  };
}

/** The start of an answer, on one line, with nothing that moves a terminal's cursor. */
function excerpt(body: string): string {
  return body
    .slice(0, 1_000)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

function hostOf(location: string): string {
  return URL.canParse(location) ? new URL(location).host : 'another path';
}

function reasonOf(signal: AbortSignal): string {
  return signal.reason instanceof Error ? signal.reason.message : 'cut off';
}
