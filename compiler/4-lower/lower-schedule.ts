// The hours of a policy with the offsets of their zones: what the bundle decides by, wherever it runs.

import type { HoursFact, ScheduleFact } from '../2-check/facts.ts';
import { zoneOffsets } from '../vocabulary/calendar.ts';
import type { BooleanIr, ScheduleRangeIr, ZoneIr } from './ir.ts';

/** Lowers the schedules of a program; each zone is looked up once. */
export class ScheduleLowering {
  readonly #zones = new Map<string, ZoneIr>();

  schedule({ active, inactive }: ScheduleFact): BooleanIr {
    const range = (hours: HoursFact): ScheduleRangeIr => ({ ...hours, zone: this.#zone(hours.zone) });
    return { op: 'schedule', schedule: { active: active.map(range), inactive: inactive.map(range) } };
  }

  #zone(name: string): ZoneIr {
    const known = this.#zones.get(name);
    if (known !== undefined) return known;
    const zone = { name, ...zoneOffsets(name) };
    this.#zones.set(name, zone);
    return zone;
  }
}
