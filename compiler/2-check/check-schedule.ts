// The hours of a policy: days that there are, times that are some, zones that are known.

import type { DayRange, Name, ScheduleClause } from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { dayNames, formatMinute, isZone, zoneNames } from '../vocabulary/calendar.ts';
import type { HoursFact, ScheduleFact } from './facts.ts';

export function checkSchedule(clauses: readonly ScheduleClause[], report: Report): ScheduleFact | null {
  if (clauses.length === 0) return null;
  const hours = (word: ScheduleClause['word']): readonly HoursFact[] =>
    clauses.filter((clause) => clause.word === word).map((clause) => checkHours(clause, report));
  return { active: hours('active'), inactive: hours('inactive') };
}

function checkHours({ days, times, zone }: ScheduleClause, report: Report): HoursFact {
  const listed = [...new Set(days.flatMap((range) => checkDays(range, report)))].sort();
  if (times !== null && times.fromMinute === times.toMinute) {
    report('empty-hours', times.span, { time: formatMinute(times.fromMinute) });
  }
  if (zone !== null && !isZone(zone.value)) {
    report('unknown-zone', zone.span, { name: zone.value, advice: adviseName(zone.value, zoneNames(), 'zones') });
  }
  const words = [
    days.map(({ from, to }) => (to === null ? from.text : `${from.text}..${to.text}`)).join(', '),
    times === null ? '' : `${formatMinute(times.fromMinute)}..${formatMinute(times.toMinute)}`,
    zone === null ? '' : `in ${JSON.stringify(zone.value)}`,
  ];
  return {
    text: words.filter((word) => word !== '').join(' '),
    days: days.length === 0 ? [...dayNames.keys()] : listed,
    fromMinute: times?.fromMinute ?? 0,
    toMinute: times?.toMinute ?? 1440,
    zone: zone?.value ?? 'UTC',
  };
}

/** `fri..mon` goes over the end of the week. */
function checkDays({ from, to }: DayRange, report: Report): readonly number[] {
  const [first, last] = [checkDay(from, report), to === null ? null : checkDay(to, report)];
  if (first < 0) return [];
  if (last === null || last < 0) return [first];
  const length = ((last - first + 7) % 7) + 1;
  return Array.from({ length }, (_, step) => (first + step) % 7);
}

function checkDay(name: Name, report: Report): number {
  const day = dayNames.indexOf(name.text);
  if (day < 0) report('unknown-day', name.span, { name: name.text, advice: adviseName(name.text, dayNames, 'days') });
  return day;
}
