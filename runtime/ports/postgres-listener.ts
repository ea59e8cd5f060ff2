// One connection that hears the server's notifications, made when somebody first listens and made again whenever it
// breaks. After each new one everybody is told once: something may have been said meanwhile.

import type { Client } from 'pg';
import { messageOf } from '../ledger/problem.ts';
import type { Cancel, Timers } from './timers.ts';

const backoffMinMs = 250;
const backoffMaxMs = 10_000;
/** A connection that is dead on the way is found by asking. */
const askEveryMs = 10_000;

export class PostgresListener {
  readonly #connect: () => Client;
  readonly #timers: Timers;
  readonly #onProblem: (message: string) => void;
  readonly #channels = new Map<string, Set<() => void>>();
  #client: Client | null = null;
  #cancel: Cancel = () => {};
  #backoffMs = backoffMinMs;
  #closed = false;

  constructor(connect: () => Client, timers: Timers, onProblem: (message: string) => void) {
    this.#connect = connect;
    this.#timers = timers;
    this.#onProblem = onProblem;
  }

  listen(channel: string, run: () => void): Cancel {
    const runs = this.#channels.get(channel) ?? new Set();
    runs.add(run);
    if (!this.#channels.has(channel)) {
      this.#channels.set(channel, runs);
      if (this.#client === null) void this.#open();
      else void this.#subscribe(this.#client, [channel]);
    }
    return () => runs.delete(run);
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#drop();
  }

  async #open(): Promise<void> {
    if (this.#closed || this.#client !== null) return;
    this.#cancel();
    const client = this.#connect();
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the server ended it')));
    client.on('notification', ({ channel }) => this.#tell(channel));
    try {
      await client.connect();
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    await this.#subscribe(client, [...this.#channels.keys()]);
  }

  async #subscribe(client: Client, channels: readonly string[]): Promise<void> {
    try {
      for (const channel of channels) await client.query(`listen ${client.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#lost(client, error);
      return;
    }
    if (this.#client !== client) return;
    this.#backoffMs = backoffMinMs;
    for (const channel of channels) this.#tell(channel);
    this.#cancel();
    this.#cancel = this.#timers.every(askEveryMs, () => {
      client.query('select 1').catch((error: unknown) => this.#lost(client, error));
    });
  }

  #lost(client: Client, error: unknown): void {
    if (this.#client !== client) return;
    this.#drop();
    if (this.#closed) return;
    this.#onProblem(`the connection for PostgreSQL's notifications broke: ${messageOf(error)}`);
    this.#cancel();
    this.#cancel = this.#timers.after(this.#backoffMs, () => void this.#open());
    this.#backoffMs = Math.min(backoffMaxMs, this.#backoffMs * 2);
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    client?.end().catch(() => {});
  }

  #tell(channel: string): void {
    for (const run of this.#channels.get(channel) ?? []) run();
  }
}
