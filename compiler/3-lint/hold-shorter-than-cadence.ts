// `hold` bridges at least the distance between two events.

import { durationMs, formatMs, literalText } from '../vocabulary/units.ts';
import type { LintRule } from './rule.ts';

export const holdShorterThanCadence: LintRule = {
  names: ['hold-shorter-than-cadence'],
  program({ bound }, report) {
    for (const { everyMs, metrics } of bound.schemas.values()) {
      if (everyMs === null) continue;
      for (const { name, item } of metrics) {
        const holdMs = item.hold === null ? null : durationMs(item.hold);
        if (item.hold === null || holdMs === null || holdMs >= everyMs) continue;
        report('hold-shorter-than-cadence', item.hold.span, {
          name,
          hold: literalText(item.hold),
          every: formatMs(everyMs),
        });
      }
    }
  },
};
