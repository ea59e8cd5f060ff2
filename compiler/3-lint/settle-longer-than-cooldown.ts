// A policy does not act again before what it did could settle.

import { defaults } from '../vocabulary/defaults.ts';
import { formatMs } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const settleLongerThanCooldown: LintRule = {
  names: ['settle-longer-than-cooldown'],
  policy({ settings, changesInfrastructure }, _program, report) {
    const cooldownMs = settings.cooldownMs ?? defaults.cooldownMs;
    const settleMs = settings.settleMs ?? (changesInfrastructure ? defaults.settleMs : 0);
    const place = settings.properties.get('settle') ?? settings.properties.get('cooldown');
    if (settleMs <= cooldownMs || place === undefined) return;
    report('settle-longer-than-cooldown', place.span, { settle: formatMs(settleMs), cooldown: formatMs(cooldownMs) });
  },
};
