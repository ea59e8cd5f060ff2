// What a session tells besides its proposals: counted for metrics, and told to people at a bounded rate.

import type { ActionLog } from '../actions/executor.ts';
import type { SessionListener } from '../evaluate/session.ts';
import type { EngineMetrics } from './engine-metrics.ts';
import type { Observer } from './observer.ts';

export function sessionListener(
  observer: Observer,
  metrics: EngineMetrics,
  log: ActionLog,
): Omit<SessionListener, 'propose'> {
  return {
    rearm: () => {},
    skip: (policy, key, missing) => {
      metrics.skipped(policy);
      observer.skipped(policy, key, missing);
    },
    late: (schema, key, at, behindMs) => observer.late(schema, key, at, behindMs),
    deadLetter: (letter) => {
      metrics.deadLetter(letter.reason);
      observer.deadLetter(letter);
    },
    fault: (policy, error) => observer.faulted(policy, error),
    notice: (message) => log.warn({ source: 'intake' }, message),
  };
}
