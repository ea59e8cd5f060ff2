// Schedules as helpers of a module: one function for each says whether it is open at a time, one when that changes next.
// Zone offsets stand in the module as numbers, so that the bundle decides and not the machine that runs it.

import { describeSchedule } from '../4-lower/describe.ts';
import type { BooleanIr, PolicyIr, ScheduleIr, ScheduleRangeIr, ZoneIr } from '../4-lower/ir.ts';
import { operandsOf } from '../4-lower/timers.ts';
import { type Code, code, comment, identifier, join, literal } from './code.ts';
import type { Lines } from './lines.ts';

/** Names that a module with schedules uses; no policy gets one of them. */
export const scheduleNames = /^(?:covers|zone\d+_(?:starts|offsets)|schedule\d+(?:_open|_next)?|Float64Array)$/;

const minuteMs = 60_000;
/** No schedule that changes at all stays as it is for longer. */
const searchedMs = 16 * 1440 * minuteMs;

/** Writes the helpers of all schedules of some policies; returns how a policy names one. */
export function emitSchedules(policies: readonly PolicyIr[], lines: Lines): (schedule: ScheduleIr) => Code {
  const schedules = new Map<string, ScheduleIr>();
  for (const policy of policies) {
    for (const schedule of schedulesOf(policy.when)) schedules.set(JSON.stringify(schedule), schedule);
  }
  const places = new Map([...schedules.keys()].map((key, index) => [key, index]));
  const zones = [
    ...new Map(
      [...schedules.values()]
        .flatMap(({ active, inactive }) => [...active, ...inactive])
        .map(({ zone }) => [JSON.stringify(zone), zone]),
    ),
  ];
  for (const [index, [, zone]] of zones.entries()) emitZone(zone, index, lines);
  if (schedules.size > 0) emitCovers(lines);
  const zoneIndex = new Map(zones.map(([key], index) => [key, index]));
  for (const [index, schedule] of [...schedules.values()].entries()) {
    emitSchedule(schedule, index, (zone) => zoneIndex.get(JSON.stringify(zone)) ?? 0, lines);
  }
  return (schedule) => identifier(`schedule${places.get(JSON.stringify(schedule))}`);
}

/** The schedules that a condition asks for. */
export function schedulesOf(ir: BooleanIr): readonly ScheduleIr[] {
  return ir.op === 'schedule' ? [ir.schedule] : operandsOf(ir).flatMap(schedulesOf);
}

function emitZone({ name, startsMs, offsetsMs }: ZoneIr, index: number, lines: Lines): void {
  const list = (values: readonly number[]): Code => code`Float64Array.of(${join(values.map(literal), ', ')})`;
  lines.add(
    code`// ${comment(name)} is ahead of UTC by the first offset, and by each further one from its start on; ms.`,
  );
  lines.add(code`const ${zone(index, 'starts')} = ${list(startsMs)};`);
  lines.add(code`const ${zone(index, 'offsets')} = ${list(offsetsMs)};`);
  lines.add(code``);
}

function zone(index: number, part: 'starts' | 'offsets'): Code {
  return identifier(`zone${index}_${part}`);
}

/** One range of local time; the same lines in every module that has schedules. */
function emitCovers(lines: Lines): void {
  lines.add(code`/** Whether a range covers a time; narrows the stretch around that time in which this stays so. */`);
  lines.typed(
    code`function covers(at: number, days: readonly number[], from: number, to: number, starts: Float64Array, offsets: Float64Array, stretch: { from: number; until: number }): boolean {`,
    code`function covers(at, days, from, to, starts, offsets, stretch) {`,
  );
  const body = [
    code`let low = 0;`,
    code`for (let high = starts.length; low < high; ) {`,
    code`  const middle = (low + high) >> 1;`,
    code`  if (starts[middle] <= at) low = middle + 1;`,
    code`  else high = middle;`,
    code`}`,
    code`const dayNumber = Math.floor((at + offsets[low]) / 86400000);`,
    code`const midnight = dayNumber * 86400000 - offsets[low];`,
    code`const time = at - midnight;`,
    code`const day = (((dayNumber + 3) % 7) + 7) % 7; // 0 is Monday`,
    code`stretch.from = Math.max(stretch.from, midnight, low > 0 ? starts[low - 1] : midnight);`,
    code`stretch.until = Math.min(stretch.until, midnight + 86400000, low < starts.length ? starts[low] : Number.POSITIVE_INFINITY);`,
    code`for (const bound of [from, to]) {`,
    code`  if (bound <= time) stretch.from = Math.max(stretch.from, midnight + bound);`,
    code`  else stretch.until = Math.min(stretch.until, midnight + bound);`,
    code`}`,
    code`if (from < to) return days.includes(day) && time >= from && time < to;`,
    code`return (days.includes(day) && time >= from) || (days.includes((day + 6) % 7) && time < to); // past midnight`,
  ];
  for (const line of body) lines.add(code`  ${line}`);
  lines.add(code`}`);
  lines.add(code``);
}

function emitSchedule(schedule: ScheduleIr, index: number, zoneOf: (zone: ZoneIr) => number, lines: Lines): void {
  const name = identifier(`schedule${index}`);
  const ranges = (all: readonly ScheduleRangeIr[], word: 'active' | 'inactive'): readonly Code[] =>
    all.map((_, at) => identifier(`${word}${at}`));
  const active = ranges(schedule.active, 'active');
  const inactive = ranges(schedule.inactive, 'inactive');
  lines.add(code`/** ${comment(describeSchedule(schedule))} */`);
  lines.add(code`const ${name} = { from: 0, until: 0, open: false }; // the stretch of time that was asked for last`);
  lines.typed(code`function ${name}_open(at: number): boolean {`, code`function ${name}_open(at) {`);
  lines.add(code`  if (at >= ${name}.from && at < ${name}.until) return ${name}.open;`);
  lines.add(code`  ${name}.from = Number.NEGATIVE_INFINITY;`);
  lines.add(code`  ${name}.until = Number.POSITIVE_INFINITY;`);
  for (const [word, all] of [
    ['active', schedule.active],
    ['inactive', schedule.inactive],
  ] as const) {
    for (const [at, range] of all.entries()) {
      const { days, fromMinute, toMinute, text } = range;
      const place = zoneOf(range.zone);
      lines.add(
        code`  const ${identifier(`${word}${at}`)} = covers(at, [${join(days.map(literal), ', ')}], ${literal(fromMinute * minuteMs)}, ${literal(toMinute * minuteMs)}, ${zone(place, 'starts')}, ${zone(place, 'offsets')}, ${name}); // ${comment(text)}`,
      );
    }
  }
  const isActive = active.length === 0 ? [] : [code`(${join(active, ' || ')})`];
  const open = [...isActive, ...inactive.map((range) => code`!${range}`)];
  lines.add(code`  ${name}.open = ${join(open, ' && ')};`);
  lines.add(code`  return ${name}.open;`);
  lines.add(code`}`);
  lines.add(code`/** When that changes next, epoch ms. */`);
  lines.typed(code`function ${name}_next(after: number): number {`, code`function ${name}_next(after) {`);
  lines.add(code`  const now = ${name}_open(after);`);
  lines.add(code`  for (let at = ${name}.until; at <= after + ${literal(searchedMs)}; at = ${name}.until) {`);
  lines.add(code`    if (${name}_open(at) !== now) return at;`);
  lines.add(code`  }`);
  lines.add(code`  return Number.POSITIVE_INFINITY;`);
  lines.add(code`}`);
  lines.add(code``);
}
