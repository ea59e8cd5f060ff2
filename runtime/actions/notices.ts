// What people are told besides `notify`: written down with what it is about, sent from the outbox. At least once, with a
// key by which the receiver knows a repetition; however long nobody takes it.

import type { Decision } from '../decision.ts';
import type { ClaimedNotice, Notice, NoticeEnding, Outbox } from '../ledger/outbox.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fetch } from '../ports/fetch.ts';
import type { Random } from '../ports/random.ts';
import type { Timers } from '../ports/timers.ts';
import type { ActionEnding } from './action-run.ts';
import type { ActionLog, ActionResult } from './executor.ts';
import { type Notification, notificationOf, type PolicyNote } from './notify.ts';
import type { ProviderLimits } from './provider-limits.ts';
import { postWebhook, type WebhookSettings } from './webhook-transport.ts';

/** That a decision was refused for a reason that a person should look at. */
export function refusalNotice(decision: Decision, note: PolicyNote | null): Notice {
  const said = notificationOf(decision, { args: {} }, note);
  const why = decision.reason ?? decision.gate ?? 'refused';
  return noticeOf(`${decision.id}-refused`, 'refused', said, `not done: ${why}`);
}

/** That an action was decided and not done, or that nobody can tell whether it was. */
export function endingNotice(
  {
    decision,
    action,
    ordinal,
    state,
    detail,
  }: Pick<ActionEnding, 'decision' | 'action' | 'ordinal' | 'state' | 'detail'>,
  note: PolicyNote | null,
): Notice {
  const said = notificationOf(decision, { args: {} }, note);
  const on = action.target === null ? '' : ` on ${action.target}`;
  return noticeOf(`${decision.id}-${ordinal}-${state}`, state, said, `${action.name}${on} ${state}: ${detail ?? ''}`);
}

function noticeOf(key: string, kind: string, said: Notification, what: string): Notice {
  return { key, kind, payload: { ...said, text: `${said.text} · ${what}`.slice(0, 2_000), severity: 'warning' } };
}

export interface NoticeSenderOptions {
  readonly outbox: Pick<Outbox, 'claim' | 'settle'>;
  readonly log: ActionLog;
  readonly fetch: Fetch;
  readonly webhook: WebhookSettings | null;
  /** Shared with the dispatcher: a receiver that fails is left alone by both. */
  readonly limits: ProviderLimits;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly everyMs?: number;
  readonly timeoutMs?: number;
}

const batchMax = 20;
const retryMsMin = 1_000;
const retryMsMax = 300_000;
/** About a day of tries, most of them five minutes apart. */
const attemptsMax = 300;

export class NoticeSender {
  readonly #options: NoticeSenderOptions;
  readonly #stop = new AbortController();
  readonly #stopTicking: () => void;
  #working: Promise<void> | null = null;
  #again = false;

  constructor(options: NoticeSenderOptions) {
    this.#options = options;
    this.#stopTicking = options.timers.every(options.everyMs ?? 1_000, () => this.wake());
  }

  /** There is something to send: it is looked for now, not at the next turn. */
  wake(): void {
    this.#again = this.#working !== null;
    if (this.#working !== null || this.#stop.signal.aborted) return;
    this.#working = this.#work().finally(() => {
      this.#working = null;
      if (this.#again) this.wake();
    });
  }

  /** Cuts off what is under way: it is claimed again by the next start, or by another engine. */
  async close(): Promise<void> {
    this.#stopTicking();
    this.#again = false;
    this.#stop.abort(new Error('the engine shut down'));
    await this.#working;
  }

  async #work(): Promise<void> {
    const { outbox, log, timeoutMs = 10_000 } = this.#options;
    try {
      for (let full = true; full && !this.#stop.signal.aborted; ) {
        const notices = await outbox.claim(batchMax, timeoutMs * 3);
        await Promise.all(notices.map((notice) => this.#deliver(notice)));
        full = notices.length === batchMax;
      }
    } catch (error) {
      log.warn({}, `people can’t be told at the moment: ${textOf(error)}`);
    }
  }

  async #deliver(notice: ClaimedNotice): Promise<void> {
    const { outbox, log, webhook } = this.#options;
    if (notice.attempt === 1)
      log.info({ notification: notice.payload }, `${notice.kind}: ${String(notice.payload.text)}`);
    const result: ActionResult =
      webhook === null ? { state: 'succeeded', detail: null } : await this.#post(notice, webhook);
    if (this.#stop.signal.aborted) return;
    await outbox.settle(notice.key, this.#endingOf(notice, result));
  }

  async #post(notice: ClaimedNotice, webhook: WebhookSettings): Promise<ActionResult> {
    const { limits, fetch, clock, timers, timeoutMs = 10_000 } = this.#options;
    const entry = await limits.enter(new URL(webhook.url).host, this.#stop.signal);
    if (!entry.admitted)
      return { state: 'failed', detail: entry.reason, retriable: true, retryAfterMs: entry.retryAfterMs };
    const timeout = new AbortController();
    const cancel = timers.after(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const signal = AbortSignal.any([timeout.signal, this.#stop.signal]);
      const call = { idempotencyKey: notice.key, signal };
      const result = await postWebhook(fetch, webhook, call, JSON.stringify(notice.payload), clock.now());
      entry.leave(result.state === 'succeeded' || !result.retriable ? 'answered' : 'failed');
      return result;
    } finally {
      cancel();
      entry.leave(null);
    }
  }

  #endingOf({ attempt }: ClaimedNotice, result: ActionResult): NoticeEnding {
    if (result.state === 'succeeded') return { outcome: 'delivered' };
    if (!result.retriable || attempt >= attemptsMax) return { outcome: 'given-up', problem: result.detail };
    const fullMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(attempt - 1, 20));
    const retryMs = Math.round(fullMs / 2 + (fullMs / 2) * this.#options.random.next());
    return { outcome: 'failed', problem: result.detail, retryMs: Math.max(retryMs, result.retryAfterMs ?? 0) };
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
