// An action has come to its end before the policy may act again.

import { defaults } from '../vocabulary/defaults.ts';
import { formatMs } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const attemptsLongerThanCooldown: LintRule = {
  names: ['attempts-longer-than-cooldown'],
  policy({ settings, actions }, _program, report) {
    const cooldownMs = settings.cooldownMs ?? defaults.cooldownMs;
    for (const { entry, call, timeoutMs, retry } of actions) {
      // What was left out is not the author's doing.
      if (!entry.changesInfrastructure || (timeoutMs === null && settings.cooldownMs === null)) continue;
      const attempts = (retry ?? defaults.retry) + 1;
      const longestMs = attempts * (timeoutMs ?? defaults.timeoutMs);
      if (longestMs <= cooldownMs) continue;
      report('attempts-longer-than-cooldown', call.span, {
        action: entry.name,
        attempts,
        longest: formatMs(longestMs),
        cooldown: formatMs(cooldownMs),
      });
    }
  },
};
