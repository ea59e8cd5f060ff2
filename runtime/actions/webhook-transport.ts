// One POST of JSON to one address. Obeys the call's signal, follows no redirect, reads a bounded answer, and says of
// every failure whether it may have been done all the same, and whether and when trying again can help.

import { type Fetch, type FetchAnswer, FetchFailed } from '../ports/fetch.ts';
import type { ActionCall, ActionResult } from './executor.ts';

export interface WebhookSettings {
  readonly url: string;
  /** Sent besides our own, for example an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
  /** As `FetchRequest.admit`. */
  readonly admit?: (address: string) => string | null;
}

const answerBytesMax = 64 * 1_024;
const retriableStatuses = new Set([408, 425, 429]);
/** The receiver broke, or the one in front of it lost sight of it: nobody can tell how far it had come. */
const unclearStatuses = new Set([500, 502, 504]);
const preconditionStatuses = new Set([409, 412]);

/** `body` is JSON; `now` is for a `Retry-After` that names a date. */
export async function postWebhook(
  fetch: Fetch,
  { url, headers = {}, admit }: WebhookSettings,
  call: Pick<ActionCall, 'idempotencyKey' | 'signal'>,
  body: string,
  now: number,
): Promise<ActionResult> {
  try {
    const answer = await fetch({
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': call.idempotencyKey },
      body,
      signal: call.signal,
      answerBytesMax,
      ...(admit === undefined ? {} : { admit }),
    });
    return judge(answer, now);
  } catch (error) {
    if (error instanceof FetchFailed) {
      const detail = `webhook: ${error.message}`;
      if (error.failure === 'cut')
        return { state: 'unknown', detail: `${detail}; it may have arrived`, retriable: true };
      if (error.failure === 'refused') return { state: 'failed', detail, retriable: false, called: false };
      return { state: 'failed', detail, retriable: true };
    }
    if (!call.signal.aborted) throw error;
    // It may have arrived; the key lets the receiver see a repetition as one.
    return { state: 'unknown', detail: `webhook: ${reasonOf(call.signal)}; it may have arrived`, retriable: true };
  }
}

function judge({ status, location, retryAfter, body }: FetchAnswer, now: number): ActionResult {
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
  const unmet = preconditionStatuses.has(status) ? ', the fleet is not as it was when this was decided' : '';
  const retryAfterMs = retryAfter === null ? null : waitMsOf(retryAfter, now);
  return {
    state: unclearStatuses.has(status) ? 'unknown' : 'failed',
    detail: `webhook answered ${status}${unmet}${said === '' ? '' : `: ${said}`}`,
    retriable: retriableStatuses.has(status) || status >= 500,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}

/** Seconds or a date, RFC 9110, 10.2.3; `null` for anything else. */
function waitMsOf(retryAfter: string, now: number): number | null {
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** The start of an answer, on one line, with nothing that moves a terminal's cursor. */
export function excerpt(body: string): string {
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
