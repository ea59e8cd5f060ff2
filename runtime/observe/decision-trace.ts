// One trace per decision: event, policy, gates, ledger, and each action with its result. The trace's id is the
// decision's, so the audit row, the log lines and the trace find one another without a table in between.

import type { Decision, PlannedAction } from '../decision.ts';
import type { Tracing } from '../ports/tracing.ts';

/** Epoch milliseconds at which a decision passed each station. */
export interface DecisionTimes {
  /** Its event's bytes were taken in hand. */
  readonly receivedMs: number;
  readonly proposedMs: number;
  /** The gates answered. */
  readonly judgedMs: number;
  /** It was durable in the ledger. */
  readonly recordedMs: number;
}

export interface ActionTimes {
  readonly startMs: number;
  readonly endMs: number;
}

/** What a span may say of an action: its words, never a key of a provider. */
export interface ActionSpan {
  readonly ordinal: number;
  readonly action: Pick<PlannedAction, 'name' | 'target'>;
  readonly result: string;
  readonly attempts: number;
  readonly detail: string | null;
}

export function traceDecision(tracing: Tracing, decision: Decision, times: DecisionTimes): void {
  const { id: traceId, policy, key, at, outcome, gate, reason, cause, mode, source } = decision;
  const root = tracing.record({
    traceId,
    parent: null,
    name: `decision ${policy}`,
    startMs: times.receivedMs,
    endMs: times.recordedMs,
    attributes: {
      'ddl.decision.id': traceId,
      'ddl.policy.name': policy,
      'ddl.policy.source': source,
      'ddl.policy.mode': mode,
      'ddl.key': key,
      'ddl.event.time': new Date(at).toISOString(),
      'ddl.cause': cause,
      'ddl.outcome': outcome,
      ...(gate === null ? {} : { 'ddl.gate': gate }),
    },
    error: null,
  });
  const child = (name: string, startMs: number, endMs: number, attributes: Record<string, string>): void => {
    tracing.record({ traceId, parent: root, name, startMs, endMs, attributes, error: null });
  };
  child('evaluate', times.receivedMs, times.proposedMs, {});
  child('gates', times.proposedMs, times.judgedMs, {
    'ddl.outcome': outcome,
    ...(gate === null ? {} : { 'ddl.gate': gate }),
    ...(reason === null ? {} : { 'ddl.reason': reason }),
  });
  child('ledger', times.judgedMs, times.recordedMs, {});
}

/** An action may end long after its decision, and on another engine: a span of the same trace without a parent. */
export function traceAction(tracing: Tracing, decision: Decision, ended: ActionSpan, times: ActionTimes): void {
  const { action, ordinal, result, attempts, detail } = ended;
  tracing.record({
    traceId: decision.id,
    parent: null,
    name: `action ${action.name}`,
    startMs: times.startMs,
    endMs: times.endMs,
    attributes: {
      'ddl.decision.id': decision.id,
      'ddl.policy.name': decision.policy,
      'ddl.action.name': action.name,
      'ddl.action.ordinal': ordinal,
      'ddl.action.result': result,
      'ddl.action.attempts': attempts,
      ...(action.target === null ? {} : { 'ddl.fleet': action.target }),
      ...(detail === null ? {} : { 'ddl.action.detail': detail }),
    },
    error: result === 'succeeded' || result === 'reconciled' ? null : (detail ?? result),
  });
}
