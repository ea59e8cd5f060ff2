// What people are to be told, written in the transaction of what it is about and sent from here: at least once, by
// whoever claims it, with a key by which the receiver knows a repetition.

export interface Notice {
  /** The same for every attempt and different for every other notice; a second one with it is left out. */
  readonly key: string;
  /** What it is about, such as `decision` or `ending`: the sender's own word. */
  readonly kind: string;
  /** JSON. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface ClaimedNotice extends Notice {
  /** Epoch ms. */
  readonly createdAt: number;
  /** Claims so far, this one included. */
  readonly attempt: number;
}

export type NoticeEnding =
  | { readonly outcome: 'delivered' }
  /** To be claimed again after `retryMs`. */
  | { readonly outcome: 'failed'; readonly problem: string; readonly retryMs: number }
  /** Never again: kept with its problem until retention drops it. */
  | { readonly outcome: 'given-up'; readonly problem: string };

export interface Outbox {
  /** Writes notices that belong to no decision; those whose key is there already are left out. */
  add(notices: readonly Notice[]): Promise<void>;
  /**
   * Up to `count` notices that are due, oldest first, held by this engine for `holdMs`: nobody else gets them before.
   * One that is not settled by then is claimed again by anybody.
   */
  claim(count: number, holdMs: number): Promise<readonly ClaimedNotice[]>;
  /** False when the hold had run out and another engine has it now. */
  settle(key: string, ending: NoticeEnding): Promise<boolean>;
  /** Waiting to be delivered, and given up. */
  counts(): Promise<{ readonly waiting: number; readonly givenUp: number }>;
}
