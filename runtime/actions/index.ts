// Who carries out what, in the order in which they are asked: the first that handles an action has it.

import type { PlannedAction } from '../decision.ts';
import type { Executor } from './executor.ts';
import { type NotifyOptions, notify } from './notify.ts';
import { recordedOnly } from './recorded-only.ts';
import { type WebhookOptions, webhook } from './webhook.ts';

export interface ActionOptions {
  readonly notify: NotifyOptions;
  readonly webhook: WebhookOptions;
}

export function actionExecutors(options: ActionOptions): readonly Executor[] {
  return [notify(options.notify), webhook(options.webhook), recordedOnly];
}

/** Whether this build carries the action out; else it is decided and written down, and nothing is touched. */
export function isCarriedOut({ name, endpoint }: Pick<PlannedAction, 'name' | 'endpoint'>): boolean {
  return name === 'notify' || endpoint !== null;
}
