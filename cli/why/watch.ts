// Follows one policy and one key through a replay, up to a moment: the last row judged before it, whole, and what led
// there. For `why` and for tests that fail.

import { nodesOf } from '../../compiler/4-lower/clause-parts.ts';
import type { BooleanIr, PolicyIr, ProgramIr } from '../../compiler/4-lower/ir.ts';
import type { SchemaMeta } from '../../runtime/contract.ts';
import type { Decision } from '../../runtime/decision.ts';
import type { Evaluator, Session } from '../../runtime/evaluate/session.ts';
import { UnknownValues } from '../../runtime/evaluate/unknown-values.ts';
import { type JudgedRow, watchedEvaluator } from '../watched-evaluator.ts';
import { type Need, needsOf } from './needs.ts';
import { type Sighting, slotOf } from './sighting.ts';

export type ForIr = Extract<BooleanIr, { op: 'for' }>;

/** A `for` that had begun and was broken before its time. */
export interface BrokenRun {
  readonly timer: ForIr;
  readonly since: number;
  /** The last event at which its condition was true. */
  readonly lastTrue: number;
  /** The event that ended it. */
  readonly brokenAt: number;
  /** What was not true there; empty when events were too far apart. */
  readonly needs: readonly Need[];
}

const otherKeysMax = 5;

export class Watch {
  readonly evaluator: Evaluator;
  readonly policy: PolicyIr;
  readonly schema: SchemaMeta;
  readonly key: string;
  readonly at: number;
  /** The last row at or before the moment; `null` when there was none. */
  sighting: Sighting | null = null;
  /** Epoch ms of the key's first row behind the moment. */
  nextRowAt: number | null = null;
  /** Since when the policy has been active. */
  activeSince: number | null = null;
  readonly brokenRuns = new Map<ForIr, BrokenRun>();
  /** Of this policy and key, in order, those behind the moment too. */
  readonly decisions: Decision[] = [];
  /** Events of the key that came behind the watermark and were not judged, at or before the moment. */
  late = 0;
  /** Some keys that came beside this one. */
  readonly otherKeys = new Set<string>();
  #session: Session | null = null;
  readonly #unknowns = new UnknownValues();
  readonly #timers: readonly ForIr[];

  /** `policy` is the name of one of the program's. */
  constructor(ir: ProgramIr, policy: string, key: string, at: number) {
    const alone = ir.policies.filter(({ meta }) => meta.name === policy);
    if (alone.length !== 1) throw new Error(`there is no policy ${policy}`);
    this.policy = alone[0];
    this.key = key;
    this.at = at;
    this.evaluator = watchedEvaluator({ ...ir, policies: alone }, (row) => this.#judged(row));
    this.schema = this.evaluator.meta.schemas[this.policy.meta.schema];
    this.#timers = nodesOf(this.policy.when).filter((node) => node.op === 'for');
  }

  /** To be called before the first row is judged. */
  begin(session: Session): void {
    this.#session = session;
    session.intake.schemas[this.policy.meta.schema].unknowns = this.#unknowns;
  }

  decided(decision: Decision): void {
    if (decision.key === this.key) this.decisions.push(decision);
  }

  lateEvent(schema: string, key: string, at: number): void {
    if (schema === this.schema.name && key === this.key && at <= this.at) this.late++;
  }

  #judged(row: JudgedRow): void {
    const intake = this.#session?.intake.schemas[this.policy.meta.schema];
    if (intake === undefined) return;
    const key = intake.keys.value(row.batch.key[row.row]);
    if (this.otherKeys.size < otherKeysMax && key !== this.key) this.otherKeys.add(key);
    if (key !== this.key) return;
    const at = row.batch.time[row.row];
    if (at > this.at) {
      this.nextRowAt ??= at;
      return;
    }
    if (row.happened === 'fired') this.activeSince = at;
    if (row.happened === 're-armed') this.activeSince = null;
    const sighting = this.#copy(row, at);
    // Several members may report at one time; what happened at one of them is what happened.
    const told = this.sighting?.at === at && this.sighting.happened !== null && row.happened === null;
    if (!told) this.sighting = sighting;
    this.#noteBroken(row, sighting);
  }

  #copy({ batch, row, truths, numbers, after, happened }: JudgedRow, at: number): Sighting {
    const { policy, schema } = this;
    const values = batch.values.slice(row * batch.width, (row + 1) * batch.width);
    return {
      at,
      tick: batch.tick,
      policy,
      meta: this.evaluator.meta.policies[0],
      schema,
      truths: new Map(truths),
      numbers: new Map(numbers),
      values,
      origins: Array.from(values, (_, slot) => this.#unknowns.reason(batch.seq[row], slot)),
      tags: this.#tags(batch.tags, row * batch.tagWidth),
      tagText: (tag, value) => this.#session?.intake.schemas[policy.meta.schema].tags[tag].value(value) ?? '',
      state: after,
      happened,
    };
  }

  #tags(ids: Int32Array, from: number): Readonly<Record<string, string>> {
    const intake = this.#session?.intake.schemas[this.policy.meta.schema];
    const tags: [string, string][] = [[this.schema.key.name, this.key]];
    for (const [index, { name, pattern }] of this.schema.tags.entries()) {
      const id = ids[from + index];
      if (id >= 0 && pattern === undefined && intake !== undefined) tags.push([name, intake.tags[index].value(id)]);
    }
    return Object.fromEntries(tags);
  }

  #noteBroken({ before, after }: JudgedRow, sighting: Sighting): void {
    for (const timer of this.#timers) {
      // A run that came to its end leaves nothing to wish for.
      if (sighting.truths.get(timer) === true) this.brokenRuns.delete(timer);
      const [since, seen] = (['since', 'seen'] as const).map((kind) => slotOf(sighting.meta, kind, timer.timer));
      const lastTrue = before[seen];
      if (lastTrue === Number.NEGATIVE_INFINITY) continue;
      const ended = after[seen] === Number.NEGATIVE_INFINITY || after[since] !== before[since];
      if (!ended || lastTrue - before[since] >= timer.durationMs) continue;
      const needs = needsOf(timer.condition, true, sighting);
      this.brokenRuns.set(timer, { timer, since: before[since], lastTrue, brokenAt: sighting.at, needs });
    }
  }
}
