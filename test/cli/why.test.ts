// `ddlc why`: for a moment of a recording, what every clause came to, how far timers had come, which gate refused, and
// what was nearest. What it promises about the future of a run is what the replay then does.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { whyJson } from '../../cli/render/why.ts';
import { recordingLimits, replayRecording } from '../../cli/replay-recording.ts';
import { answer } from '../../cli/why/answer.ts';
import { Watch } from '../../cli/why/watch.ts';
import { SourceText } from '../../compiler/4-lower/source-text.ts';
import { analyse } from '../../compiler/analyse.ts';
import type { Span } from '../../grammar/ast.ts';
import { Replay } from '../../runtime/replay.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { scratch } from '../support/scratch.ts';

const program = `schema service {
  key service_id from "service.name"
  metric latency: duration in ms
  metric error_rate: ratio
  metric queue: number optional hold 5s
  every 1s   stale after 10s
}
policy slow {
  on service
  when latency > 500ms for 30s and (error_rate > 5% or queue > 100)
  until latency < 100ms
  do notify("slow")
  cooldown 1m
  limit 2 per 1h
}
policy quiet {
  on service where service_id == "b"
  when avg(latency over 1m) > 100ms
  do notify("quiet")
}
policy recently {
  on service
  when latency < 300ms within 20s and error_rate < 5%
  do notify("recently")
}
policy first_then {
  on service
  when latency < 300ms then error_rate > 5% within 10s
  do notify("one after the other")
}
policy silent {
  on service
  when missing(latency) for 20s
  do notify("silent")
}
`;

const begin = Date.UTC(2026, 0, 1, 10, 30);

/** Slow from the start, but for one second; errors from second 60 on; fast from second 300 on. */
function recording(): string {
  const lines = [];
  for (let second = 0; second <= 320; second++) {
    const latency = second === 21 ? 200 : second >= 300 ? 50 : 800;
    const metrics = second === 70 ? { latency } : { latency, error_rate: second >= 60 ? 0.07 : 0.02 };
    const timestamp = new Date(begin + second * 1000).toISOString();
    lines.push(JSON.stringify({ id: `${second}`, timestamp, metrics, tags: { 'service.name': 'a' } }));
  }
  lines.push(
    JSON.stringify({
      id: 'b',
      timestamp: new Date(begin + 400_000).toISOString(),
      metrics: { latency: 1, error_rate: 0 },
      tags: { 'service.name': 'b' },
    }),
  );
  return `${lines.join('\n')}\n`;
}

function project(): string {
  return scratch({ 'p/a.ddl': program, 'events.jsonl': recording() });
}

function at(seconds: number): string {
  return new Date(begin + seconds * 1000).toISOString();
}

function ask(folder: string, seconds: number, ...more: string[]) {
  const events = ['--events', join(folder, 'events.jsonl')];
  const named = more.includes('--policy') ? [] : ['--policy', 'slow'];
  const keyed = more.includes('--key') ? [] : ['--key', 'a'];
  return runDdlc(['why', 'p', ...events, ...named, ...keyed, '--at', at(seconds), ...more], { folder });
}

const { ir, conditionSpans, sources } = analyse([{ file: 'p/a.ddl', text: program }]);
const lines = new SourceText(sources);

/** What the command would print as JSON, without a process of its own. */
async function asked(seconds: number, { policy = 'slow', key = 'a', events = recording() } = {}) {
  if (ir === null) throw new Error('it does not compile');
  const watch = new Watch(ir, policy, key, begin + seconds * 1000);
  const replay = new Replay(watch.evaluator, { decision: (decision) => watch.decided(decision) }, recordingLimits);
  watch.begin(replay.session);
  await replayRecording([replay], [Buffer.from(events)], { schema: null, where: 'events', now: () => begin });
  const spans: ReadonlyMap<object, Span> = conditionSpans;
  const found = whyJson(answer(watch), watch, (node, own) => {
    const span = spans.get(node);
    return span === undefined ? own : `${span.file}:${lines.line(span)}`;
  });
  return JSON.parse(JSON.stringify(found));
}

test('a run under way: how far it has come, and what broke the one before', async () => {
  const found = await asked(30);
  expect(found).toMatchObject({
    policy: 'slow',
    key: 'a',
    at: at(30),
    source: 'p/a.ddl:8',
    verdict: 'idle',
    event: { at: at(30), kind: 'event', beforeMs: 0 },
    when: false,
    metrics: { latency: 0.8, error_rate: 0.02, queue: null },
    decision: null,
  });
  expect(found.clauses).toContainEqual({
    clause: 'when',
    text: 'latency > 500ms for 30s',
    truth: false,
    detail: `for 8s of 30s, since ${at(22)}`,
    source: 'p/a.ddl:10',
    lastTrue: null,
    timer: { since: at(22), elapsedMs: 8000, neededMs: 30_000, dueAt: at(52) },
  });
  expect(found.clauses).toContainEqual(
    expect.objectContaining({
      text: 'queue > 100',
      truth: null,
      detail: '`queue` has had no value for longer than it is held',
    }),
  );
  expect(found.nearest).toEqual([
    `would have been true for 30s at ${at(30)} had \`latency > 500ms\` stayed true: it held from ${at(0)} to ${at(20)}, and at ${at(21)} latency was 200ms`,
    `to fire, \`latency > 500ms\` has to stay true until ${at(52)}`,
    'to fire, `error_rate > 5%` has to be true; it is false: error_rate is 2%',
  ]);
});

test('what time alone would have brought, time brings', async () => {
  const events = recording().replaceAll('"error_rate":0.02', '"error_rate":0.07');
  const pending = await asked(40, { events });
  expect(pending.verdict).toBe('pending');
  expect(pending.nearest.at(-1)).toBe(`fires at the first event from ${at(52)} on if \`latency > 500ms\` stays true`);
  expect(pending.nextDecision).toMatchObject({ at: at(52), outcome: 'admitted' });
  // A run that came to its end is no longer one that was broken.
  expect((await asked(58)).nearest).toEqual([
    'to fire, `error_rate > 5%` has to be true; it is false: error_rate is 2%',
  ]);
});

test('firing, going on, refused by a gate, re-arming', async () => {
  expect(await asked(60)).toMatchObject({
    verdict: 'fired',
    when: true,
    decision: { at: at(60), outcome: 'admitted', source: 'p/a.ddl:8' },
    budgets: { cooldownMs: 60_000, limit: { used: 1, count: 2, perMs: 3_600_000 } },
  });
  expect(await asked(90)).toMatchObject({
    verdict: 'active',
    activeSince: at(60),
    nearest: [
      'to re-arm, `latency < 100ms` has to be true; it is false: latency is 800ms',
      `fires again at the first event from ${at(120)} on while the condition is true`,
    ],
    gates: expect.arrayContaining([
      { gate: 'cooldown', refuses: true, reason: expect.stringContaining('opens again at 10:32:00 (30s left)') },
      { gate: 'limit', refuses: false, reason: null },
    ]),
    nextDecision: { at: at(120), cause: 'repeat' },
  });
  expect(await asked(180)).toMatchObject({
    verdict: 'repeated',
    summary: `the policy, active since ${at(60)}, fired again at ${at(180)}, and the gate limit refused it`,
    decision: { gate: 'limit', outcome: 'refused' },
    budgets: { limit: { used: 2, count: 2 } },
  });
  expect(await asked(300)).toMatchObject({ verdict: 're-armed', until: true, activeSince: null });
});

test('not judged, not looked at, not seen yet, and a deadline between events', async () => {
  const folder = project();
  expect(await asked(70)).toMatchObject({ verdict: 'skipped', lacking: ['error_rate'] });
  expect(await asked(80, { policy: 'quiet' })).toMatchObject({
    verdict: 'aside',
    where: false,
    nearest: ['to be looked at, `service_id == "b"` has to be true; it is false: service_id is "a"'],
  });
  expect(await asked(-60)).toMatchObject({ verdict: 'unseen', event: null, clauses: [] });
  expect(await asked(350, { policy: 'silent' })).toMatchObject({
    verdict: 'active',
    event: { at: at(340), kind: 'deadline', beforeMs: 10_000 },
    activeSince: at(340),
  });
  const between = ask(folder, 320.5);
  expect(between.out).toContain('between events: the last before was the event at 10:35:20, 500ms earlier');
});

test('windows, with the value that they had', async () => {
  const found = await asked(400, { policy: 'quiet', key: 'b' });
  expect(found).toMatchObject({ windows: [{ text: 'avg(latency over 1m)', value: 0.001 }], verdict: 'idle' });
  expect(found.nearest).toEqual([
    'to fire, `avg(latency over 1m) > 100ms` has to be true; it is false: avg(latency over 1m) is 1ms',
  ]);
});

test('what has to have been: when it last was', async () => {
  const detail = async (seconds: number, policy: string, text: string) =>
    (await asked(seconds, { policy })).clauses.find((clause: { text: string }) => clause.text === text);
  expect(await detail(10, 'recently', 'latency < 300ms within 20s')).toMatchObject({ detail: 'it was never true' });
  expect(await detail(50, 'recently', 'latency < 300ms within 20s')).toMatchObject({
    truth: false,
    lastTrue: at(21),
    detail: `it was last true at ${at(21)}`,
  });
  expect(await detail(60, 'first_then', 'latency < 300ms then error_rate > 5% within 10s')).toMatchObject({
    truth: false,
    detail: `what has to come first was last true at ${at(21)}`,
  });
});

test('for people: clauses with their lines, gates, what was nearest', () => {
  const { out, code } = ask(project(), 30);
  expect(code).toBe(0);
  expect(out).toMatch(/^slow for a at 2026-01-01T10:30:30\.000Z {2}\(p\/a\.ddl:8\)\n/);
  expect(out).toMatch(/\n {2}false {3}latency > 500ms for 30s {2}for 8s of 30s, since 10:30:22 +p\/a\.ddl:10\n/);
  expect(out).toContain('\ngates\n  2 of 2 left of the limit per 1h\n');
  expect(out).toContain(
    'had `latency > 500ms` stayed true: it held from 10:30:00 to 10:30:20, and at 10:30:21 latency was 200ms',
  );
  expect(out).toContain('the next decision: 2026-01-01T10:31:00.000Z admitted');
});

test('wrong usage says what there is', () => {
  const folder = project();
  expect(ask(folder, 30, '--policy', 'slo')).toMatchObject({
    code: 2,
    note: expect.stringContaining('did you mean `slow`?'),
  });
  expect(ask(folder, 30, '--key', 'c')).toMatchObject({
    code: 2,
    note: expect.stringContaining('others are "a", "b"'),
  });
  const events = ['--events', join(folder, 'events.jsonl'), '--policy', 'slow', '--key', 'a'];
  for (const time of ['yesterday', '2026-01-01T10:30:00', '2026-13-01T10:30:00Z'])
    expect(runDdlc(['why', 'p', ...events, '--at', time], { folder })).toMatchObject({ code: 2 });
});
