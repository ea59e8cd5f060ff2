// A program at work on one partition: rows go in through `intake`, proposals and re-arms come out. What live engine,
// backtest and tests of policies share.

import type { KernelFactory, ProgramCode, ProgramMeta } from '../contract.ts';
import { causeCondition } from '../contract.ts';
import type { Proposal } from '../decision.ts';
import { type DeadLetter, defaultIntakeLimits, Intake, type IntakeLimits } from './intake.ts';
import type { Happening } from './judge.ts';
import { tellingOfLoss } from './lost-values.ts';
import { Partition } from './partition.ts';
import type { Rows } from './rows.ts';
import { openSnapshot, programPrint, sealSnapshot } from './state/snapshot.ts';
import { StateReader } from './state/state-reader.ts';
import { StateWriter } from './state/state-writer.ts';

/** A program that can be run. */
export interface Evaluator {
  readonly meta: ProgramMeta;
  readonly code: ProgramCode;
  readonly createKernel: KernelFactory;
}

export interface SessionListener {
  propose(proposal: Proposal): void;
  /** The policy's condition no longer holds for the key (or its `until` does): epoch ms of the event that said so. */
  rearm(policy: string, key: string, at: number): void;
  /** A row lacked a metric that the policy requires: the policy was not judged. */
  skip(policy: string, key: string, missing: readonly string[]): void;
  late(schema: string, key: string, at: number, behindMs: number): void;
  deadLetter(letter: DeadLetter): void;
  /** The policy's code has thrown; it is judged no more in this session. Without it what was thrown is thrown on. */
  fault?(policy: string, error: unknown): void;
  /** What a person should know of the telemetry though every event was taken: one sentence, once. */
  notice?(message: string): void;
}

export class Session {
  readonly intake: Intake;
  readonly partition: Partition;
  readonly evaluator: Evaluator;
  readonly listener: SessionListener;
  readonly #measured: Float64Array;
  readonly #crowded = new Set<string>();

  constructor(evaluator: Evaluator, listener: SessionListener, limits: IntakeLimits = defaultIntakeLimits) {
    const { meta, code, createKernel } = evaluator;
    this.evaluator = evaluator;
    this.listener = listener;
    const clausesMax = meta.policies.reduce((most, policy) => Math.max(most, policy.clauses.length), 0);
    this.#measured = new Float64Array(clausesMax);
    this.intake = new Intake(
      meta,
      limits,
      (letter) => listener.deadLetter(letter),
      (message) => listener.notice?.(message),
    );
    this.partition = new Partition(meta, code, this.intake, tellingOfLoss(meta, createKernel, listener), {
      fire: (happening, rows) => this.#fire(happening, rows),
      rearm: (happening) => {
        const policy = meta.policies[happening.policy];
        listener.rearm(policy.name, this.#key(policy.schema, happening.key), happening.time);
      },
      skip: (policy, key, batch, row) => this.#skip(policy, key, batch, row),
      late: (schema, batch, row, watermark) => {
        const at = batch.time[row];
        listener.late(meta.schemas[schema].name, this.#key(schema, batch.key[row]), at, watermark - at);
      },
      crowded: (schema, tag, key) => this.#tellCrowded(schema, tag, key),
      fault:
        listener.fault === undefined ? null : (policy, error) => listener.fault?.(meta.policies[policy].name, error),
    });
  }

  /**
   * Everything that later decisions depend on, between two calls. Errors: `SnapshotProblem` when it is too much to be
   * read back. Policies that have thrown are left out: they begin anew.
   */
  snapshot(): Uint8Array {
    const state = new StateWriter();
    this.intake.save(state);
    this.partition.save(state);
    return sealSnapshot(state.bytes(), programPrint(this.evaluator.meta));
  }

  /**
   * Takes up what a session of the same program has left, exactly; for a session that has taken nothing yet. Errors:
   * `SnapshotProblem`, and the session must not be used then.
   */
  restore(snapshot: Uint8Array): void {
    if (this.intake.seq > 0) throw new Error('a session that has taken events can’t be restored to an earlier state');
    const state = new StateReader(openSnapshot(snapshot, programPrint(this.evaluator.meta)));
    this.intake.load(state);
    this.partition.load(state);
    state.end();
  }

  /** Once for each tag. */
  #tellCrowded(schema: number, tag: number, key: number): void {
    const { name, tags } = this.evaluator.meta.schemas[schema];
    const { name: tagName, most } = tags[tag];
    if (this.#crowded.has(`${schema} ${tag}`)) return;
    this.#crowded.add(`${schema} ${tag}`);
    this.listener.notice?.(
      `tag \`${tagName}\` of schema \`${name}\` has more than ${most} values for the key "${this.#key(schema, key)}"; \`across ${tagName}\` leaves further members out: declare \`tag ${tagName} at most …\` with room for all`,
    );
  }

  /** A decision whose why can't be told is none. */
  #fire(happening: Happening, rows: Rows): void {
    let proposal: Proposal;
    try {
      proposal = this.#proposal(happening, rows);
    } catch (error) {
      this.partition.faults.report(happening.policy, error);
      return;
    }
    this.listener.propose(proposal);
  }

  #proposal(happening: Happening, rows: Rows): Proposal {
    const { meta, code } = this.evaluator;
    const policy = meta.policies[happening.policy];
    code.policies[happening.policy].explain(rows, happening.row, this.#measured);
    const measured = policy.clauses.map(({ text }, index) => {
      const value = this.#measured[index];
      return [text, Number.isNaN(value) ? null : value] as const;
    });
    return {
      policy,
      key: this.#key(policy.schema, happening.key),
      at: happening.time,
      cause: happening.cause === causeCondition ? 'condition' : 'repeat',
      pendingAt: happening.pendingAt,
      values: Object.fromEntries(measured),
      tags: this.#tags(policy.schema, happening.key, rows, happening.row),
    };
  }

  #tags(schema: number, key: number, rows: Rows, row: number): Readonly<Record<string, string>> {
    const { meta, tags } = this.intake.schemas[schema];
    const values: [string, string][] = [[meta.key.name, this.#key(schema, key)]];
    for (const [index, tag] of meta.tags.entries()) {
      const id = rows.tags[row * rows.tagWidth + index];
      if (id >= 0 && tag.pattern === undefined) values.push([tag.name, tags[index].value(id)]);
    }
    return Object.fromEntries(values);
  }

  #skip(policy: number, key: number, batch: Rows, row: number): void {
    const { name, schema, requires } = this.evaluator.meta.policies[policy];
    const { metrics } = this.evaluator.meta.schemas[schema];
    const missing = requires.filter((slot) => Number.isNaN(batch.values[row * batch.width + slot]));
    this.listener.skip(
      name,
      this.#key(schema, key),
      missing.map((slot) => metrics[slot].name),
    );
  }

  #key(schema: number, key: number): string {
    return this.intake.schemas[schema].keys.value(key);
  }
}
