// What must hold of a running engine.

import { type DoctorCheck, type EngineSurroundings, type Finding, fine, trouble, warning } from './check.ts';

/** By the metric that is 1 while it holds. */
async function healthOf(engine: EngineSurroundings, metric: string, good: string, bad: string): Promise<Finding> {
  const healthy = await engine.metric(metric);
  if (healthy === null) return warning(`the engine does not tell \`${metric}\`: is it of this version?`);
  return healthy === 0 ? trouble(bad) : fine(good);
}

export const engineChecks: readonly DoctorCheck<'engine'>[] = [
  {
    name: 'engine-ready',
    part: 'engine',
    law: 'The engine takes telemetry: `/readyz` answers 200.',
    symptom: 'Senders are told to come back later; Kafka’s lag grows.',
    remedy: 'Do what the answer says; nothing that was accepted is lost meanwhile.',
    async examine(engine) {
      const reason = await engine.notReady();
      return [reason === null ? fine('the engine is ready') : trouble(`the engine is not ready: ${reason}`)];
    },
  },
  {
    name: 'engine-admission',
    part: 'engine',
    law: 'Admission can be asked.',
    symptom: 'Decisions are refused as `unavailable`.',
    remedy: 'See to Redis; the gates are rebuilt from the ledger as soon as it answers.',
    async examine(engine) {
      const bad = 'admission can’t be asked: nothing acts';
      return [await healthOf(engine, 'ddl_admission_healthy', 'admission can be asked', bad)];
    },
  },
  {
    name: 'engine-ledger',
    part: 'engine',
    law: 'The ledger can be written.',
    symptom: 'The engine pauses its sources: no audit, no action.',
    remedy: 'See to PostgreSQL, or to the disk of the embedded ledger.',
    async examine(engine) {
      const bad = 'the ledger can’t be written';
      return [await healthOf(engine, 'ddl_ledger_healthy', 'the ledger can be written', bad)];
    },
  },
  {
    name: 'engine-overload',
    part: 'engine',
    law: 'Every policy is judged: none is shed.',
    symptom: 'Policies of low priority do not fire; decisions are refused as `overtime`.',
    remedy:
      'Start another engine in the same group, or give this one a processor of its own; `ddlc cost` tells which policies are dear.',
    async examine(engine) {
      const shed = (await engine.metric('ddl_policies_shed')) ?? 0;
      return [shed > 0 ? warning(`${shed} policies are not judged for want of time`) : fine('every policy is judged')];
    },
  },
];
