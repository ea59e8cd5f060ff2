// The actions that can be carried out. Whatever is not here is recorded only.

import type { Executor } from './executor.ts';
import { type NotifyOptions, notify } from './notify.ts';
import { recordedOnly } from './recorded-only.ts';

export type ActionOptions = NotifyOptions;

export function actionExecutors(options: ActionOptions): readonly Executor[] {
  return [
    notify(options),
    recordedOnly('scale_up'),
    recordedOnly('scale_down'),
    recordedOnly('scale_to'),
    recordedOnly('circuit_break'),
    recordedOnly('rollback'),
    recordedOnly('restart'),
    recordedOnly('webhook'),
    recordedOnly('open_incident'),
  ];
}
