// A compiled workload at work, by the public path: text to evaluator, rows in, what fires out. Every fire is handed on;
// `end` closes the partition, so that nothing waits unjudged.

import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';
import { defaultIntakeLimits, Intake, type SchemaIntake } from '../../runtime/evaluate/intake.ts';
import { Partition } from '../../runtime/evaluate/partition.ts';
import type { Evaluator } from '../../runtime/evaluate/session.ts';
import {
  type EventColumns,
  type PeerPolicy,
  type PeerWorkload,
  peerServices,
  workloadProgram,
} from './peers-workload.ts';

/** Told of each fire: the event's number and the policy's. */
export type Emit = (event: number, policy: number) => void;

export function compileWorkload(
  policies: readonly PeerPolicy[],
  workload: PeerWorkload,
  kind: EvaluatorKind = 'generated',
): Evaluator {
  const { ir, diagnostics } = analyse(workloadProgram(policies, workload));
  if (ir === null) throw new Error(`the workload does not compile: ${diagnostics[0]?.message}`);
  return createEvaluator(ir, kind);
}

export class WorkloadRun {
  readonly intake: Intake;
  readonly partition: Partition;
  readonly schema: SchemaIntake;
  /** Key ids by the number of the service. */
  readonly #keys: Int32Array;

  /** Policies keep their numbers in `emit` whatever order the program gives them. */
  constructor(evaluator: Evaluator, policies: readonly PeerPolicy[], emit: Emit) {
    const { meta, code, createKernel } = evaluator;
    const numbers = new Map(policies.map((policy) => [policy.id, policy.index]));
    const number = Int32Array.from(meta.policies, (policy) => numbers.get(policy.name) ?? -1);
    this.intake = new Intake(meta, defaultIntakeLimits, (letter) => {
      throw new Error(letter.message);
    });
    this.schema = this.intake.schemas[0];
    this.#keys = Int32Array.from(peerServices, (name) => this.schema.keys.intern(name));
    this.partition = new Partition(meta, code, this.intake, createKernel, {
      fire: (happening, rows) => emit(rows.seq[happening.row], number[happening.policy]),
      rearm() {},
      skip() {
        throw new Error('an event lacked a metric');
      },
      late() {
        throw new Error('an event was late');
      },
      crowded() {
        throw new Error('the workload has no members');
      },
    });
  }

  /** Judges the first `count` events of the columns, `batch` rows at a time, and lets nothing wait. */
  run(columns: EventColumns, count: number, batch: number): void {
    const { rows } = this.schema;
    const width = columns.values.length / columns.count;
    for (let first = 0; first < count; first += batch) {
      const some = Math.min(batch, count - first);
      rows.reserve(some);
      rows.values.set(columns.values.subarray(first * width, (first + some) * width));
      rows.time.set(columns.time.subarray(first, first + some));
      for (let row = 0; row < some; row++) {
        rows.key[row] = this.#keys[columns.service[first + row]];
        rows.seq[row] = first + row;
        rows.lacks[row] = 0;
      }
      rows.rows = some;
      this.partition.drain();
    }
    this.partition.close();
  }
}
