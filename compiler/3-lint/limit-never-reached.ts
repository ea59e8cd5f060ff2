// A `limit` can be reached: the cooldown alone does not already allow less.

import { defaults } from '../vocabulary/defaults.ts';
import { formatMs } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const limitNeverReached: LintRule = {
  names: ['limit-never-reached'],
  policy({ settings }, _program, report) {
    const { limit } = settings;
    const cooldownMs = settings.cooldownMs ?? defaults.cooldownMs;
    const place = settings.properties.get('limit');
    if (limit === null || place === undefined || cooldownMs === 0) return;
    const most = Math.floor(limit.perMs / cooldownMs) + 1;
    if (limit.count <= most) return;
    report('limit-never-reached', place.span, {
      cooldown: formatMs(cooldownMs),
      most,
      per: formatMs(limit.perMs),
    });
  },
};
