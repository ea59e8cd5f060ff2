// Hours by the clocks of zones, as the interpreter reads them: whether a schedule is open at a time, and when that
// changes next. A range's day is the one on which it begins by the zone's clock.

import type { ScheduleIr, ScheduleRangeIr, ZoneIr } from './ir.ts';

const minuteMs = 60_000;
const dayMs = 1440 * minuteMs;

/** Whether the schedule is open at an epoch time, ms. */
export function isOpen({ active, inactive }: ScheduleIr, at: number): boolean {
  const isActive = active.length === 0 || active.some((range) => covers(range, at));
  return isActive && !inactive.some((range) => covers(range, at));
}

function covers({ days, fromMinute, toMinute, zone }: ScheduleRangeIr, at: number): boolean {
  const local = at + offsetAt(zone, at);
  const day = Math.floor(local / dayMs);
  const minute = (local - day * dayMs) / minuteMs;
  const begins = (candidate: number): boolean => days.includes(weekday(candidate));
  if (fromMinute < toMinute) return begins(day) && minute >= fromMinute && minute < toMinute;
  return (begins(day) && minute >= fromMinute) || (begins(day - 1) && minute < toMinute);
}

/** 0 is Monday; the epoch began on a Thursday. */
function weekday(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

/** What the zone's clock is ahead of UTC, ms. */
function offsetAt({ startsMs, offsetsMs }: ZoneIr, at: number): number {
  return offsetsMs[startsMs.filter((start) => start <= at).length];
}

/** Longer than any schedule that changes at all stays as it is: a week, and one more when the clocks skip its range. */
const searchedDays = 16;

/** The first time after `after` at which `isOpen` changes, epoch ms; +∞ when it does not within 16 days. */
export function nextChange(schedule: ScheduleIr, after: number): number {
  const end = after + searchedDays * dayMs;
  const candidates = [...schedule.active, ...schedule.inactive].flatMap((range) => {
    const { zone } = range;
    const starts = zone.startsMs.filter((start) => start > after - dayMs && start <= end);
    const offsets = new Set([offsetAt(zone, after), ...starts.map((start) => offsetAt(zone, start))]);
    const bounds = [...offsets].flatMap((offset) => {
      const first = Math.floor((after + offset) / dayMs);
      return Array.from({ length: searchedDays + 1 }, (_, day) =>
        [range.fromMinute, range.toMinute].map((minute) => (first + day) * dayMs + minute * minuteMs - offset),
      ).flat();
    });
    return [...starts, ...bounds];
  });
  const now = isOpen(schedule, after);
  const changes = candidates.filter((at) => at > after && at <= end && isOpen(schedule, at) !== now);
  return Math.min(Number.POSITIVE_INFINITY, ...changes);
}
