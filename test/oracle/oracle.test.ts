// The engine against Prometheus's own rule tester: 243 recorded cases, on all three evaluators, through the path of
// `ddlc backtest --report episodes`.
//
// - No event missing: the same firings, to the millisecond.
// - `missing_events`: the tester judges the last value again at a tick without an event, our law does not. There the
//   engine is held to the law, computed by brute force, and what differs stands in `differences.txt`.
// - Recordings: held to the tester on the even ticks that it saw, and to the law on the recorded times, which jitter.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { EvaluatorKind } from '../../cli/program.ts';
import { eventsOf, type Firing, lacksEvents, type OracleCase, oracleCases, recordedFirings } from './cases.ts';
import { lawfulFirings } from './law.ts';
import { nominalTicks } from './nominal-ticks.ts';
import { replayCase, sortFirings } from './replay-case.ts';

const evaluators: readonly EvaluatorKind[] = ['interpreter', 'plain', 'generated'];
const listing = path.join(import.meta.dirname, 'differences.txt');
const cases = oracleCases();
const recorded = cases.filter((oracle) => oracle.events_file !== undefined);
const gappy = cases.filter(lacksEvents);
const whole = cases.filter((oracle) => oracle.events_file === undefined && !lacksEvents(oracle));

test('there are 243 cases: 155 whole, 65 with missing events, 23 of recordings', () => {
  expect([cases.length, whole.length, gappy.length, recorded.length]).toEqual([243, 155, 65, 23]);
});

describe.each(evaluators)('on %s', (kind) => {
  test.each(whole.map((oracle) => [oracle.id, oracle] as const))('%s fires as recorded', async (_id, oracle) => {
    const firings = await replayCase(oracle, eventsOf(oracle), kind);
    expect(firings).toEqual(sortFirings(recordedFirings(oracle)));
    expect(firings).toEqual(lawful(oracle));
  });

  test.each(gappy.map((oracle) => [oracle.id, oracle] as const))('%s fires as the law says', async (_id, oracle) => {
    expect(await replayCase(oracle, eventsOf(oracle), kind)).toEqual(lawful(oracle));
  });

  test.each(recorded.map((oracle) => [oracle.id, oracle] as const))(
    '%s fires as recorded at the tester’s ticks, and as the law says at the recorded times',
    async (_id, oracle) => {
      const events = eventsOf(oracle);
      const nominal = nominalTicks(oracle, events);
      const firings = nominal.recorded(await replayCase(oracle, nominal.events, kind));
      expect(firings).toEqual(sortFirings(recordedFirings(oracle)));
      expect(await replayCase(oracle, events, kind)).toEqual(lawful(oracle));
    },
    30_000,
  );
});

test('where the law differs from Prometheus stands in differences.txt', () => {
  const text = [
    'Where the law of time differs from Prometheus on the recorded cases. Written by oracle.test.ts (UPDATE_GOLDEN=1).',
    '',
    ...section('Ticks without an event: Prometheus judges the last value again there, the law judges events.', gappy),
    '',
    ...section(
      'Recordings whose events are 59 to 61 s apart: the tester saw them 60 s apart, the law sees the events.',
      [...recorded],
    ),
    '',
  ].join('\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(listing, text);
  expect(existsSync(listing), `${listing} is missing; run with UPDATE_GOLDEN=1`).toBe(true);
  expect(text).toBe(readFileSync(listing, 'utf8'));
});

function lawful(oracle: OracleCase): readonly Firing[] {
  const read = oracle.policy.conditions.map((condition) => condition.metric);
  // A key of a recording that never carries what the rule reads is never judged.
  const events = eventsOf(oracle).filter(({ metrics }) => read.every((metric) => Object.hasOwn(metrics, metric)));
  return sortFirings(lawfulFirings(oracle, events));
}

function section(title: string, among: readonly OracleCase[]): readonly string[] {
  const lines = among.flatMap(differences);
  const differing = new Set(lines.map((line) => line.split(' ', 1)[0]));
  return [`${title} ${differing.size} of ${among.length} cases differ:`, ...lines];
}

function differences(oracle: OracleCase): readonly string[] {
  const prometheus = recordedFirings(oracle).map(describeFiring);
  const ours = lawful(oracle).map(describeFiring);
  return [
    ...prometheus.filter((firing) => !ours.includes(firing)).map((firing) => `${oracle.id} Prometheus ${firing}`),
    ...ours.filter((firing) => !prometheus.includes(firing)).map((firing) => `${oracle.id} law        ${firing}`),
  ];
}

function describeFiring({ key, firedAt, resolvedAt }: Firing): string {
  return `${key} ${timeOf(firedAt)} .. ${resolvedAt === null ? 'the end' : timeOf(resolvedAt)}`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}
