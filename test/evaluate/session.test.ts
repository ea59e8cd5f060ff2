// What a session tells of a decision, on all three evaluators.

import { expect, test } from 'vitest';
import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import type { Proposal } from '../../runtime/decision.ts';
import { defaultIntakeLimits } from '../../runtime/evaluate/intake.ts';
import { Session } from '../../runtime/evaluate/session.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { evaluatorKinds, irOf, startMs } from './judge-case.ts';

const schema = 'schema service {\n  key id\n  metric load: number\n  metric depth: number\n}\n';

/** Decisions on events of one key, one a second. */
function decide(
  kind: EvaluatorKind,
  condition: string,
  events: readonly (readonly [load: number, depth: number])[],
): readonly Proposal[] {
  const text = `const yes = true\n${schema}policy p {\n  on service\n  when ${condition}\n  do notify("look here")\n}\n`;
  const proposals: Proposal[] = [];
  const session = new Session(createEvaluator(irOf(text), kind), {
    propose: (proposal) => proposals.push(proposal),
    rearm: () => {},
    skip: () => {},
    late: () => {},
    deadLetter: () => {},
  });
  const { rows, keys } = session.intake.schemas[0];
  for (const [index, values] of events.entries()) {
    rows.values.set(values, rows.append(startMs + index * 1000, keys.intern('a'), session.intake.seq++) * rows.width);
  }
  session.partition.close();
  return proposals;
}

const sinceMs = (proposals: readonly Proposal[]): readonly number[] =>
  proposals.map(({ pendingAt }) => pendingAt - startMs);

test.each(evaluatorKinds)('as many clauses as a condition has are told, %s', (kind) => {
  const parts = Array.from({ length: 1200 }, (_, index) => `load > ${index}`);
  const [proposal] = decide(kind, parts.join(' or '), [[7, 0]]);
  expect(Object.values(proposal.values)).toEqual(parts.map(() => 7));
});

test.each(evaluatorKinds)('a constant compared with a truth has nothing to tell, %s', (kind) => {
  expect(decide(kind, 'yes == true and load > 1', [[7, 0]])[0].values).toEqual({ 'load > 1': 7 });
});

test.each(evaluatorKinds)('it has held since the timer that makes it true began, %s', (kind) => {
  const events = [
    [0, 0],
    [2, 0],
    [2, 0],
    [2, 0],
  ] as const;
  expect(sinceMs(decide(kind, '(load > 1 for 2s) and depth < 5', events))).toEqual([1000]);
  expect(sinceMs(decide(kind, '((load > 1 for 1s) for 1s)', events))).toEqual([1000]);
});

test.each(evaluatorKinds)('a timer that speaks against it is no reason, %s', (kind) => {
  const events = [
    [2, 0],
    [2, 0],
    [2, 0],
    [2, 9],
  ] as const;
  expect(sinceMs(decide(kind, 'depth > 5 or not (load > 1 for 0.001s) and load > 9', events))).toEqual([3000]);
  expect(sinceMs(decide(kind, 'depth > 5 and not not (load > 1 for 2s)', events))).toEqual([0]);
});

const podSchema =
  'schema service {\n  key id\n  tag pod\n  tag zone: "a" | "b"\n  metric load: number\n  metric up: bool\n}\n';

/** Decisions and notices on JSON events, one a second, where a tag has room for two values. */
function decideEvents(kind: EvaluatorKind, lines: string, events: readonly string[]) {
  const text = `${podSchema}policy p {\n  on service\n${lines}\n  do notify("look here")\n}\n`;
  const proposals: Proposal[] = [];
  const notices: string[] = [];
  const letters: string[] = [];
  const listener = {
    propose: (proposal: Proposal) => proposals.push(proposal),
    rearm: () => {},
    skip: () => {},
    late: () => {},
    deadLetter: ({ message }: { readonly message: string }) => letters.push(message),
    notice: (message: string) => notices.push(message),
  };
  const session = new Session(createEvaluator(irOf(text), kind), listener, { ...defaultIntakeLimits, tagValues: 2 });
  const decoder = new JsonEventDecoder(session.intake, { schema: null, where: 'in', now: () => startMs });
  for (const event of events) decoder.decode(Buffer.from(`${event}\n`));
  session.partition.close();
  return { proposals, notices, letters, scanned: decoder.scanned };
}

const podEvent = (key: string, pod: string): string =>
  `{"timestamp":${startMs},"metrics":{"load":7,"up":true},"tags":{"id":"${key}","pod":"${pod}"}}`;

test.each(evaluatorKinds)('a value for which its tag has no room is another one, not an absent one, %s', (kind) => {
  const long = 'x'.repeat(5000);
  const events = ['dev', 'one', 'two', 'three', 'dev', long].map((pod, index) => podEvent(`k${index}`, pod));
  const unequal = decideEvents(kind, '  where pod != "dev"\n  when load > 1', events);
  expect(unequal.proposals.map(({ key, tags }) => [key, tags.pod])).toEqual([
    ['k1', 'one'],
    ['k2', '(other)'],
    ['k3', '(other)'],
    ['k5', '(other)'],
  ]);
  expect(unequal.scanned).toBe(5);
  expect(unequal.letters).toEqual([]);
  expect(unequal.notices).toEqual([
    'tag `pod` of schema `service` has more than 2 values; every further one counts as one other value, shown as `(other)`, which equals none that a policy names: take out of it what grows without end',
    expect.stringContaining('tag `pod` of schema `service` has a value of more than 1024 characters'),
  ]);
  const equal = decideEvents(kind, '  where pod == "dev"\n  when load > 1', events);
  expect(equal.proposals.map(({ key }) => key)).toEqual(['k0', 'k4']);
});

test.each(evaluatorKinds)('true and false are values of a bool, %s', (kind) => {
  const event = (key: string, up: string): string =>
    `{"timestamp":${startMs},"metrics":{"load":7,"up":${up}},"tags":{"id":"${key}"}}`;
  const events = ['true', 'false', '0', 'null', 'false'].map((up, index) => event(`k${index}`, up));
  const { proposals, letters } = decideEvents(kind, '  when up == false', events);
  expect(proposals.map(({ key }) => key)).toEqual(['k1', 'k2', 'k4']);
  expect(letters).toEqual([]);
});
