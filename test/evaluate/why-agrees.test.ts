// Looking into a judgement changes nothing, and what is seen is so: on random programs and streams the watched
// evaluator decides what the generated one decides, and the answer to "why" never contradicts the decisions.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureCoverage } from '../../cli/coverage.ts';
import { createEvaluator } from '../../cli/program.ts';
import { renderWhy, whyJson } from '../../cli/render/why.ts';
import { watchedEvaluator } from '../../cli/watched-evaluator.ts';
import { type Answer, answer } from '../../cli/why/answer.ts';
import { Watch } from '../../cli/why/watch.ts';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import type { Decision } from '../../runtime/decision.ts';
import { Replay } from '../../runtime/replay.ts';
import { arbitraryCase, arbitraryLongRuns, type RandomCase } from '../support/random-program.ts';
import { keyValues, type Step } from '../support/random-stream.ts';
import { everyEvent, feed, irOf, runCase, startMs } from './judge-case.ts';

const runs = { numRuns: 60, interruptAfterTimeLimit: 6000, markInterruptAsFailure: false };

test('the watched evaluator decides the same', () => {
  fc.assert(
    fc.property(fc.oneof(arbitraryCase, arbitraryLongRuns), (random) => {
      const ir = irOf(random.text);
      const watched = runCase(
        watchedEvaluator(ir, () => {}),
        random.steps,
        everyEvent,
      );
      expect(watched.log).toEqual(runCase(createEvaluator(ir, 'generated'), random.steps, everyEvent).log);
    }),
    runs,
  );
});

function decisionsOf(ir: ProgramIr, steps: readonly Step[]): readonly Decision[] {
  const decisions: Decision[] = [];
  const replay = new Replay(createEvaluator(ir, 'generated'), { decision: (decision) => decisions.push(decision) });
  feed(replay.session, steps, everyEvent);
  replay.end();
  return decisions;
}

function asked(ir: ProgramIr, steps: readonly Step[], policy: string, key: string, at: number): [Answer, Watch] {
  const watch = new Watch(ir, policy, key, at);
  const replay = new Replay(watch.evaluator, { decision: (decision) => watch.decided(decision) });
  watch.begin(replay.session);
  feed(replay.session, steps, everyEvent);
  replay.end();
  return [answer(watch), watch];
}

/** What must be so of every answer. */
function holds(ir: ProgramIr, random: RandomCase, policy: string, key: string, at: number): Answer {
  const [found, watch] = asked(ir, random.steps, policy, key, at);
  const { verdict, needs, sighting, whole } = found;
  if (verdict === 'idle' || verdict === 'pending') {
    expect(whole.when).not.toBe(true);
    // Whatever is not as it has to be is named.
    expect(needs.length).toBeGreaterThan(0);
  }
  if (verdict === 'fired' || verdict === 'repeated') expect(whole.when).toBe(true);
  if (verdict === 'pending') for (const { dueAt } of needs) expect(dueAt).toBeGreaterThan(sighting?.at ?? at);
  for (const need of needs) expect(need.truth).not.toBe(need.wanted);
  const text = renderWhy(found, watch, () => 'a.ddl:1');
  expect(text).not.toMatch(/undefined|NaN|\[object/);
  expect(JSON.parse(JSON.stringify(whyJson(found, watch, () => 'a.ddl:1')))).toMatchObject({ policy, key, verdict });
  return found;
}

test('the answer agrees with what was decided', () => {
  fc.assert(
    fc.property(arbitraryCase, fc.nat(), fc.array(fc.nat(60_000), { maxLength: 4 }), (random, pick, times) => {
      const ir = irOf(random.text);
      const decisions = decisionsOf(ir, random.steps);
      for (const decision of decisions.slice(0, 4)) {
        const { policy, key, at, cause, outcome } = decision;
        const found = holds(ir, random, policy, key, at);
        // Two things may happen at one time when several members report.
        if (decisions.filter((other) => other.policy === policy && other.key === key && other.at === at).length > 1)
          continue;
        expect(found.decision).toMatchObject({ at, cause, outcome });
      }
      const { meta } = ir.policies[pick % ir.policies.length];
      for (const time of times) holds(ir, random, meta.name, keyValues[time % keyValues.length], startMs + time);
    }),
    runs,
  );
});

test('coverage counts every policy of a random program, whatever its conditions hold', () => {
  fc.assert(
    fc.property(arbitraryCase, (random) => {
      const ir = irOf(random.text);
      const { policies } = measureCoverage(ir, []);
      expect(policies.map(({ policy }) => policy)).toEqual(ir.policies.map(({ meta }) => meta.name));
      for (const { clauses } of policies)
        for (const { text } of clauses) expect(text).not.toMatch(/undefined|\[object/);
    }),
    runs,
  );
});
