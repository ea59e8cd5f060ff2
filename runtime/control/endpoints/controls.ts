// What people tell all engines: pauses, the kill switch, silences, and their end. The ledger writes down who and why.

import type { Control, ControlOrder } from '../../ledger/control-store.ts';
import { LedgerRejected } from '../../ledger/problem.ts';
import { type ControlParts, ControlProblem, type Endpoint, endpoint, iso } from '../endpoint.ts';
import {
  auditReply,
  type ControlEntry,
  controlSchema,
  controlsReply,
  killBody,
  listQuery,
  pauseBody,
  resumeBody,
  resumedReply,
  silenceBody,
} from '../schemas.ts';

export const pauseEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/api/pause',
  role: 'operator',
  summary: 'Nothing acts that the scope names, on any engine, until it is resumed or the time is over.',
  query: null,
  body: pauseBody,
  reply: controlSchema,
  handle({ by, body: { scope, why, forMs }, parts }) {
    const expiresAt = forMs === undefined ? null : parts.clock.now() + forMs;
    return set(parts, { kind: 'pause', scope, expiresAt, by, reason: why });
  },
});

export const killEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/api/kill',
  role: 'operator',
  summary: 'The kill switch: nothing is changed anywhere, by any engine, until it is resumed.',
  query: null,
  body: killBody,
  reply: controlSchema,
  handle: ({ by, body, parts }) =>
    set(parts, { kind: 'pause', scope: { kind: 'global' }, expiresAt: null, by, reason: body.why }),
});

export const silenceEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/api/silence',
  role: 'operator',
  summary: 'For a time, what the scope names neither acts nor tells anybody; it always ends by itself.',
  query: null,
  body: silenceBody,
  reply: controlSchema,
  handle({ by, body: { kind, scope, why, forMs, startsAt }, parts }) {
    const begins = startsAt === undefined ? parts.clock.now() : Date.parse(startsAt);
    const order = { kind, scope, expiresAt: begins + forMs, by, reason: why };
    return set(parts, startsAt === undefined ? order : { ...order, startsAt: begins });
  },
});

export const resumeEndpoint: Endpoint = endpoint({
  method: 'POST',
  path: '/api/resume',
  role: 'operator',
  summary: 'Ends pauses, the kill switch and silences, by their numbers or all of them.',
  query: null,
  body: resumeBody,
  reply: resumedReply,
  async handle({ by, body: { ids, why }, parts: { controls } }) {
    const wanted = ids ?? (await controls.controls()).controls.map(({ id }) => id);
    const lifted: number[] = [];
    const unknown: number[] = [];
    for (const id of new Set(wanted)) ((await controls.lift(id, by, why)) ? lifted : unknown).push(id);
    return { lifted, unknown };
  },
});

export const controlsEndpoint: Endpoint = endpoint({
  method: 'GET',
  path: '/api/controls',
  role: 'viewer',
  summary: 'Pauses, the kill switch, silences and maintenance windows that hold or will hold.',
  query: null,
  body: null,
  reply: controlsReply,
  async handle({ parts }) {
    return { controls: (await parts.controls.controls()).controls.map(controlEntry) };
  },
});

export const auditEndpoint: Endpoint = endpoint({
  method: 'GET',
  path: '/api/audit',
  role: 'viewer',
  summary: 'Everything that people changed, with who and why, the newest first.',
  query: listQuery,
  body: null,
  reply: auditReply,
  async handle({ query, parts }) {
    const entries = await parts.controls.audits(query.limit);
    return { entries: entries.map((entry) => ({ ...entry, at: iso(entry.at) })) };
  },
});

export function controlEntry({ id, kind, scope, startsAt, expiresAt, createdAt, by, reason }: Control): ControlEntry {
  return {
    id,
    kind,
    scope,
    startsAt: iso(startsAt),
    expiresAt: expiresAt === null ? null : iso(expiresAt),
    createdAt: iso(createdAt),
    by,
    reason,
  };
}

async function set({ controls }: ControlParts, order: ControlOrder): Promise<ControlEntry> {
  try {
    return controlEntry(await controls.set(order));
  } catch (error) {
    if (error instanceof LedgerRejected) throw new ControlProblem(422, error.message, 'correct the request');
    throw error;
  }
}
