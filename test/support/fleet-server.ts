// A provider of fleets over HTTP that does as it is told: sizes by GET, changes by POST with preconditions and idempotency
// keys. It can be slow, fail, lie dead, and do what it is asked without saying so. Everything it was asked is kept.

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ActionRequest } from '../../runtime/actions/webhook.ts';

/** What becomes of one POST. `silent`: no answer; `done-silent`: done, and no answer. */
export type Behaviour =
  | 'do'
  | 'silent'
  | 'done-silent'
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer };

export interface Received {
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly body: ActionRequest;
  /** The number of members before and after, where it was changed. */
  changed: { readonly from: number; readonly to: number } | null;
}

export interface FleetServer {
  readonly port: number;
  readonly host: string;
  /** The address of a fleet; any other path is one that carries out actions without a fleet. */
  url(fleet: string): string;
  /** Members by fleet; to be changed by a test at will. */
  readonly members: Map<string, number>;
  readonly received: readonly Received[];
  /** What the next POSTs meet, one after the other; then `otherwise`, which is `do`. */
  readonly script: Behaviour[];
  otherwise: Behaviour;
  /** What GET answers instead of sizes. */
  sizes: { readonly status: number; readonly body: string } | 'silent' | null;
  /** How long a POST takes. */
  delayMs: number;
  /** POSTs under way at one moment, at most so far. */
  readonly concurrencyMax: number;
  /** Connections that the other side closed before it had its answer. */
  readonly abandoned: number;
  readonly reads: number;
  stop(): Promise<void>;
}

export async function startFleetServer(members: Readonly<Record<string, number>> = {}): Promise<FleetServer> {
  const done = new Map<string, Received['changed']>();
  let running = 0;
  let state: FleetServer | null = null;
  const counts = { concurrencyMax: 0, abandoned: 0, reads: 0 };
  const received: Received[] = [];
  const script: Behaviour[] = [];
  const sizes = new Map(Object.entries(members));

  function apply(fleet: string, one: Received): number {
    const key = String(one.headers['idempotency-key']);
    if (done.has(key)) return 200;
    const { from, to } = one.body;
    if (from !== null && to !== null) {
      if (sizes.get(fleet) !== from) return 409;
      sizes.set(fleet, to);
      one.changed = { from, to };
    }
    done.set(key, one.changed);
    return 200;
  }

  function get(fleet: string, response: ServerResponse): void {
    counts.reads++;
    const instead = state?.sizes ?? null;
    if (instead === 'silent') return;
    const count = sizes.get(fleet);
    response.statusCode = instead?.status ?? (count === undefined ? 404 : 200);
    response.end(instead?.body ?? JSON.stringify({ members: count }));
  }

  async function post(fleet: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const one = { at: Date.now(), headers: request.headers, text, body: JSON.parse(text), changed: null };
    received.push(one);
    const behaviour = script.shift() ?? state?.otherwise ?? 'do';
    running++;
    counts.concurrencyMax = Math.max(counts.concurrencyMax, running);
    response.on('close', () => {
      running--;
      if (!response.writableFinished) counts.abandoned++;
    });
    if (state !== null && state.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, state?.delayMs));
    if (behaviour === 'silent') return;
    if (behaviour === 'done-silent') {
      apply(fleet, one);
      return;
    }
    if (behaviour === 'do') {
      response.statusCode = apply(fleet, one);
      response.end(JSON.stringify({ members: sizes.get(fleet) ?? null }));
      return;
    }
    response.writeHead(behaviour.status, behaviour.headers);
    response.end(behaviour.body);
  }

  const server = createServer((request, response) => {
    const fleet = (request.url ?? '').replace(/^\/fleets\//, '');
    if (request.method === 'GET') get(fleet, response);
    else post(fleet, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  state = {
    port,
    host: `127.0.0.1:${port}`,
    url: (fleet) => `http://127.0.0.1:${port}/fleets/${fleet}`,
    members: sizes,
    received,
    script,
    otherwise: 'do',
    sizes: null,
    delayMs: 0,
    get concurrencyMax() {
      return counts.concurrencyMax;
    },
    get abandoned() {
      return counts.abandoned;
    },
    get reads() {
      return counts.reads;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return state;
}
