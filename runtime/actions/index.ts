// The actions that can be carried out. Whatever is not here is recorded only.

import type { Executor } from './executor.ts';
import { type NotifyOptions, notify } from './notify.ts';
import { recordedOnly } from './recorded-only.ts';

export type ActionOptions = NotifyOptions;

/** Decided, admitted and written down like any other, and carried out by nobody: this build has no provider for them. */
export const recordedOnlyActions: readonly string[] = [
  'scale_up',
  'scale_down',
  'scale_to',
  'circuit_break',
  'rollback',
  'restart',
  'webhook',
  'open_incident',
];

export function actionExecutors(options: ActionOptions): readonly Executor[] {
  return [notify(options), ...recordedOnlyActions.map(recordedOnly)];
}

/** Whether this build carries the action out; a team's own actions it does not. */
export function isCarriedOut(action: string): boolean {
  return action === 'notify';
}
