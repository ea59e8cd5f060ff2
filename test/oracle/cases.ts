// The recorded cases of Prometheus's own rule tester: a rule, events, and what fired when.

import fs from 'node:fs';
import zlib from 'node:zlib';
import { z } from 'zod';
import { dataFile } from '../field/data-folder.ts';

const condition = z.object({
  metric: z.string(),
  op: z.enum(['>', '>=', '<', '<=', '==', '!=']),
  value: z.number(),
  for_s: z.number().optional(),
});

const event = z.object({
  id: z.string(),
  timestamp: z.iso.datetime(),
  metrics: z.record(z.string(), z.number()),
  tags: z.record(z.string(), z.string()),
});

const firing = z.object({ fired_at: z.iso.datetime(), resolved_at: z.iso.datetime().nullable() });

const oracleCase = z.object({
  id: z.string(),
  policy: z.object({
    kind: z.enum(['single', 'and_shared_for', 'and_each_for', 'or_shared_for', 'or_each_for']),
    conditions: z.array(condition).min(1),
    for_s: z.number().optional(),
  }),
  eval_interval_s: z.number(),
  features: z.array(z.string()),
  events: z.array(event).optional(),
  events_file: z.string().optional(),
  expected: z.record(z.string(), z.object({ states: z.string(), firings: z.array(firing) })),
});

export type OracleCondition = z.infer<typeof condition>;
export type OracleEvent = z.infer<typeof event>;
export type OracleCase = z.infer<typeof oracleCase>;

/** One stretch during which the rule fired for a key; epoch ms, `null` for not over at the end. */
export interface Firing {
  readonly key: string;
  readonly firedAt: number;
  readonly resolvedAt: number | null;
}

/** All cases, the made-up ones first. Throws when the data folder is not there. */
export function oracleCases(): readonly OracleCase[] {
  return ['synthetic', 'real'].flatMap((set) =>
    lines(dataFile(`open/promtool-oracle-${set}.jsonl.gz`)).map((line) => oracleCase.parse(JSON.parse(line))),
  );
}

/** The tag that tells apart what a case judges on its own. */
export function keyOf(oracle: OracleCase): 'instance' | 'service' {
  return oracle.events_file === undefined ? 'service' : 'instance';
}

const recordings = new Map<string, readonly OracleEvent[]>();

/** The events of a case, those of a recording read from its file, in order of time. */
export function eventsOf(oracle: OracleCase): readonly OracleEvent[] {
  if (oracle.events_file === undefined) return oracle.events ?? [];
  const known = recordings.get(oracle.events_file);
  if (known !== undefined) return known;
  const events = lines(dataFile(`open/${oracle.events_file}`)).map((line) => event.parse(JSON.parse(line)));
  recordings.set(oracle.events_file, events);
  return events;
}

/** Whether the rule's tester was asked at ticks at which a key had no event; it then judges the last value again. */
export function lacksEvents(oracle: OracleCase): boolean {
  return oracle.features.includes('missing_events');
}

export function recordedFirings(oracle: OracleCase): readonly Firing[] {
  return Object.entries(oracle.expected).flatMap(([key, { firings }]) =>
    firings.map(({ fired_at, resolved_at }) => ({
      key,
      firedAt: Date.parse(fired_at),
      resolvedAt: resolved_at === null ? null : Date.parse(resolved_at),
    })),
  );
}

function lines(file: string): readonly string[] {
  return zlib
    .gunzipSync(fs.readFileSync(file))
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}
