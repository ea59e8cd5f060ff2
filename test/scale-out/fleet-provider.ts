// The other side of the fleets' webhooks: tells sizes, carries out changes, and records every call with its times. It
// is as bad as providers are, by a seed: slow, out of order, failing before or after the work is done, cutting lines.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { Chance } from '../fuzz/chance.ts';

/** A change that was asked for; all times epoch ms. */
export interface ProviderCall {
  readonly idempotencyKey: string;
  /** What was sent, as it came. */
  readonly body: string;
  readonly decisionId: string;
  readonly fleet: string;
  readonly action: string;
  readonly from: number | null;
  readonly to: number | null;
  readonly arrivedAt: number;
  /** When the work was done; `null`: it was not, or an earlier call with the same key had it done. */
  appliedAt: number | null;
  /** When the answer or the end of the line was sent; `null` until then. */
  answeredAt: number | null;
  /** The status; 0 when nobody heard one. */
  status: number;
  membersBefore: number;
  membersAfter: number;
  /** Members that were restarted. */
  restarted: number;
}

export interface FleetProvider {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly calls: readonly ProviderCall[];
  /** Keys of what people were told, with the times. */
  readonly told: readonly { readonly idempotencyKey: string; readonly at: number }[];
  /** Members by fleet, at the beginning. */
  readonly initial: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

export interface ProviderOptions {
  readonly seed: number;
  readonly fleets: readonly string[];
  /** Share of calls, 0 to 1, that meet with anything but a prompt answer. */
  readonly badness: number;
  /** How long it keeps silent at its worst; longer than any action waits, so that the caller can't know. */
  readonly silentMs?: number;
}

const request = z.looseObject({
  decisionId: z.string(),
  action: z.string(),
  from: z.number().nullish(),
  to: z.number().nullish(),
  args: z.looseObject({ atMost: z.number().optional(), at_most: z.number().optional() }).optional(),
});

type Mood = 'prompt' | 'slow' | 'fails-before' | 'fails-after' | 'cuts-before' | 'cuts-after' | 'silent-after';
const badMoods: readonly Mood[] = [
  'slow',
  'slow',
  'slow',
  'fails-before',
  'fails-after',
  'cuts-before',
  'cuts-after',
  'silent-after',
];

export async function startFleetProvider(options: ProviderOptions): Promise<FleetProvider> {
  const { seed, fleets, badness, silentMs = 3_000 } = options;
  const chance = new Chance(seed);
  const initial = new Map(fleets.map((name) => [name, 8 + chance.below(50)]));
  const members = new Map(initial);
  const calls: ProviderCall[] = [];
  const told: { idempotencyKey: string; at: number }[] = [];
  const done = new Map<string, ProviderCall>();

  const mood = (): Mood => (chance.below(1_000) < badness * 1_000 ? chance.of(badMoods) : 'prompt');

  const tell = async (fleet: string, response: ServerResponse): Promise<void> => {
    const state = mood();
    if (state === 'slow') await pause(chance.below(300));
    if (state.startsWith('cuts')) return void response.destroy();
    if (state.startsWith('fails')) return answer(response, 503, {});
    answer(response, 200, { members: members.get(fleet), inTransition: false });
  };

  const apply = (call: ProviderCall, share: number): number => {
    const now = members.get(call.fleet) ?? 0;
    call.membersBefore = now;
    call.membersAfter = now;
    if (done.has(call.idempotencyKey)) return 200;
    if (call.from !== null && call.to !== null) {
      if (call.from !== now) return 412;
      members.set(call.fleet, call.to);
      call.membersAfter = call.to;
    } else if (call.action === 'restart') call.restarted = Math.max(1, Math.floor(share * now));
    call.appliedAt = Date.now();
    done.set(call.idempotencyKey, call);
    return 200;
  };

  const change = async (fleet: string, incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const arrivedAt = Date.now();
    const body = await text(incoming);
    const { decisionId, action, from = null, to = null, args } = request.parse(JSON.parse(body));
    const call: ProviderCall = {
      idempotencyKey: String(incoming.headers['idempotency-key'] ?? ''),
      body,
      decisionId,
      fleet,
      action,
      from,
      to,
      arrivedAt,
      appliedAt: null,
      answeredAt: null,
      status: 0,
      membersBefore: 0,
      membersAfter: 0,
      restarted: 0,
    };
    calls.push(call);
    const state = mood();
    if (state === 'slow') await pause(50 + chance.below(350));
    const refuses = state === 'fails-before' || state === 'cuts-before';
    call.status = refuses ? 503 : apply(call, args?.atMost ?? args?.at_most ?? 0.2);
    if (state === 'slow') await pause(chance.below(350));
    if (state === 'silent-after') await pause(silentMs);
    call.answeredAt = Date.now();
    // Who waited has gone, and hears nothing.
    if (response.destroyed) call.status = 0;
    else if (state.startsWith('cuts')) {
      call.status = 0;
      response.destroy();
    } else {
      if (state === 'fails-after' && call.status === 200) call.status = 500;
      answer(response, call.status, { members: members.get(fleet) });
    }
  };

  const server = createServer((incoming, response) => {
    const [, kind = '', name = ''] = (incoming.url ?? '').split('/');
    response.on('error', () => {});
    if (kind === 'notify') {
      told.push({ idempotencyKey: String(incoming.headers['idempotency-key'] ?? ''), at: Date.now() });
      incoming.resume();
      answer(response, 200, {});
    } else if (kind !== 'fleets' || !members.has(name)) answer(response, 404, {});
    else if (incoming.method === 'GET') void tell(name, response);
    else change(name, incoming, response).catch((error: Error) => answer(response, 400, { title: error.message }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const listening = server.address();
  const port = typeof listening === 'object' && listening !== null ? listening.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    told,
    initial,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function text(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
