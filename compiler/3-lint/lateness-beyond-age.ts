// What waits for late events is still young enough to act on when it is judged.

import { defaults } from '../vocabulary/defaults.ts';
import { formatMs } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const latenessBeyondAge: LintRule = {
  names: ['lateness-beyond-age'],
  policy({ settings, policy }, _program, report) {
    const latenessMs = policy.schema?.latenessMs ?? defaults.latenessMs;
    const ageMs = settings.maxAgeMs ?? defaults.maxAgeMs;
    if (latenessMs < ageMs || policy.schema === null) return;
    const timing = policy.schema.declaration.items.find((item) => item.kind === 'timing' && item.word === 'lateness');
    report(
      'lateness-beyond-age',
      settings.properties.get('max_age')?.span ?? policy.declaration.name.span,
      { policy: policy.name, lateness: formatMs(latenessMs), age: formatMs(ageMs) },
      { related: timing === undefined ? [] : [{ span: timing.span, message: 'events wait so long' }] },
    );
  },
};
