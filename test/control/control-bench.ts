// An engine's HTTP API on loopback, on stores in memory, with a manager whose swaps do nothing; and plain requests to it.

import { request } from 'node:http';
import { onTestFinished } from 'vitest';
import { BundleManager } from '../../runtime/bundle/bundle-manager.ts';
import { inspectBundle } from '../../runtime/bundle/inspect-bundle.ts';
import type { RunningBundle } from '../../runtime/bundle/running-bundle.ts';
import { startControlServer } from '../../runtime/control/control-server.ts';
import type { TokenEntry } from '../../runtime/control/tokens.ts';
import type { Decision } from '../../runtime/decision.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { gateFor, newSigner, packed } from '../bundle/bundle-fixtures.ts';
import { MemoryBundleStore, MemoryControlStore } from '../bundle/memory-stores.ts';

export const signer = newSigner();
const silent = { info: () => {}, warn: () => {}, error: () => {} };

export interface Api {
  readonly url: string;
  readonly manager: BundleManager;
  readonly store: MemoryBundleStore;
  readonly controls: MemoryControlStore;
}

export interface ApiChoice {
  readonly tokens?: readonly TokenEntry[];
  readonly decisions?: readonly Decision[];
  /** Without it swaps go well. */
  readonly swap?: () => Promise<void>;
}

export async function startApi({ tokens = [], decisions = [], swap }: ApiChoice = {}): Promise<Api> {
  const gate = gateFor([signer], { inspect: inspectBundle });
  const verdict = await gate.verify(packed({ signer, serial: 1 }), 'folder', null);
  if (!verdict.passed) throw new Error(verdict.message);
  const { bundle, bytes, evaluator } = verdict;
  const { hash, signedBy } = bundle;
  const running: RunningBundle = { hash, serial: 1, origin: 'folder', signedBy, bytes, evaluator };
  const controls = new MemoryControlStore(systemClock);
  const store = new MemoryBundleStore(systemClock, controls);
  const manager = new BundleManager({
    gate,
    store,
    audit: (entry) => controls.audit(entry),
    swap: async () => {
      await swap?.();
      return { pauseMs: 0.25 };
    },
    clock: systemClock,
    timers: systemTimers,
    log: silent,
    running,
    given: running,
    order: 0,
    unmet: null,
  });
  const server = await startControlServer({
    host: '127.0.0.1',
    port: 0,
    tokens,
    log: silent,
    parts: {
      bundles: manager,
      gate,
      store,
      controls,
      ledger: {
        recentDecisions: async (count) => decisions.slice(0, count),
        health: () => ({ healthy: true, waiting: 0, problem: null }),
      },
      facts: () => ({
        engine: 'engine-1',
        startedAt: 0,
        notReady: null,
        policiesOff: new Map([['slow', 'TypeError: boom']]),
        counts: { events: 3 },
      }),
      clock: systemClock,
    },
  });
  onTestFinished(() => server.close());
  return { url: server.url, manager, store, controls };
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly token?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly bytes: Buffer;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into what came back
  readonly json: any;
}

/** Not by `fetch`, which sets its own `Host`. A body is JSON unless the headers say otherwise. */
export function ask(api: Api, path: string, { method, headers = {}, body, token }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, api.url),
      {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const bytes = Buffer.concat(chunks);
          const isJson = /json/.test(response.headers['content-type'] ?? '');
          const json = isJson ? JSON.parse(bytes.toString()) : null;
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, json });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export function post(api: Api, path: string, body: object, token?: string): Promise<Answer> {
  return ask(api, path, { body: JSON.stringify(body), ...(token === undefined ? {} : { token }) });
}

export function upload(api: Api, path: string, bytes: Buffer, token?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/vnd.ddl.bundle' };
  return ask(api, path, { body: bytes, headers, ...(token === undefined ? {} : { token }) });
}
