// An action that this build has no provider for: it is decided, admitted and written down like any other, and nothing
// is touched.

import type { Executor } from './executor.ts';

export const recordedOnly: Executor = {
  name: 'recorded only',
  handles: () => true,
  providerOf: () => null,
  execute: async () => ({ state: 'succeeded', detail: 'recorded only: no provider in this build' }),
};
