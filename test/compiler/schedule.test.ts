// Hours: what the interpreter and the generated helpers say of a schedule is what the calendar says, at every moment.

import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { expect, test } from 'vitest';
import type { PolicyIr, ProgramIr, ScheduleIr, ScheduleRangeIr } from '../../compiler/4-lower/ir.ts';
import { isOpen, nextChange } from '../../compiler/4-lower/schedule.ts';
import { emit } from '../../compiler/6-emit/emit.ts';
import { policyWith } from '../../compiler/diagnostics/entry.ts';
import { dayNames, zoneOffsets } from '../../compiler/vocabulary/calendar.ts';
import { policyOfLines, programOf } from './support.ts';

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Africa/Monrovia'];
const known = new Map(zones.map((name) => [name, { name, ...zoneOffsets(name) }]));

const range: fc.Arbitrary<ScheduleRangeIr> = fc
  .record({
    days: fc.uniqueArray(fc.nat(6), { minLength: 1 }),
    fromMinute: fc.oneof(fc.constantFrom(0, 60, 120, 150, 180, 1439), fc.nat(1439)),
    toMinute: fc.oneof(fc.constantFrom(1, 60, 120, 150, 180, 1440), fc.integer({ min: 1, max: 1440 })),
    zone: fc.constantFrom(...zones),
  })
  .filter(({ fromMinute, toMinute }) => fromMinute !== toMinute)
  .map(({ zone, ...rest }) => ({ ...rest, text: 'random', zone: known.get(zone) as ScheduleRangeIr['zone'] }));
const schedule: fc.Arbitrary<ScheduleIr> = fc
  .record({ active: fc.array(range, { maxLength: 2 }), inactive: fc.array(range, { maxLength: 1 }) })
  .filter(({ active, inactive }) => active.length + inactive.length > 0);

/** Around the changes of clocks of 2026, and anywhere. */
const changes = [
  '2026-03-08T07:00Z',
  '2026-03-29T01:00Z',
  '2026-10-25T01:00Z',
  '2026-11-01T06:00Z',
  '2026-04-04T15:00Z',
];
const moment = fc.oneof(
  fc
    .tuple(fc.constantFrom(...changes), fc.integer({ min: -400_000, max: 400_000 }))
    .map(([change, seconds]) => Date.parse(change) + seconds * 1000),
  fc.integer({ min: 0, max: Date.UTC(2060, 0, 1) }),
);

/** By a calendar that knows nothing of offsets. */
function covers({ days, fromMinute, toMinute, zone }: ScheduleRangeIr, at: number): boolean {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone.name);
  const minute = local.hour * 60 + local.minute + (local.second + local.millisecond / 1000) / 60;
  const today = days.includes(local.dayOfWeek - 1);
  const yesterday = days.includes(local.toPlainDate().subtract({ days: 1 }).dayOfWeek - 1);
  if (fromMinute < toMinute) return today && minute >= fromMinute && minute < toMinute;
  return (today && minute >= fromMinute) || (yesterday && minute < toMinute);
}

test('a schedule is open when a calendar says so', () => {
  fc.assert(
    fc.property(schedule, moment, (hours, at) => {
      const active = hours.active.length === 0 || hours.active.some((each) => covers(each, at));
      expect(isOpen(hours, at)).toBe(active && !hours.inactive.some((each) => covers(each, at)));
    }),
  );
});

test('nothing changes before the next change, and something does then', () => {
  fc.assert(
    fc.property(schedule, moment, fc.array(fc.nat(1_000_000), { maxLength: 20 }), (hours, after, steps) => {
      const next = nextChange(hours, after);
      const now = isOpen(hours, after);
      if (next !== Number.POSITIVE_INFINITY) {
        expect(isOpen(hours, next)).toBe(!now);
        expect(isOpen(hours, next - 1)).toBe(now);
      }
      const end = Math.min(next, after + 16 * 86_400_000);
      for (const step of steps) expect(isOpen(hours, after + ((end - 1 - after) * step) / 1_000_000)).toBe(now);
    }),
  );
});

interface Helpers {
  open(at: number): boolean;
  next(after: number): number;
}

/** The helpers as a bundle has them. */
function emitted(hours: ScheduleIr): Helpers {
  const program = programOf(policyWith('  when missing(queue) for 1m\n  do notify("x")\n  active mon'));
  const [policy] = program.policies as readonly [PolicyIr];
  const when: PolicyIr['when'] = { op: 'and', operands: [{ op: 'schedule', schedule: hours }, policy.when] };
  const ir: ProgramIr = { ...program, policies: [{ ...policy, when }] };
  const module = emit(ir, false).modules.find(({ name }) => name.startsWith('policies'));
  if (module === undefined) throw new Error('nothing was emitted');
  const names = '; return { open: schedule0_open, next: schedule0_next };';
  return new Function('exports', module.js + names)({}) as Helpers;
}

test('generated helpers say the same, whatever was asked before', () => {
  fc.assert(
    fc.property(schedule, fc.array(moment, { minLength: 1, maxLength: 6 }), (hours, moments) => {
      const { open, next } = emitted(hours);
      for (const at of moments) {
        expect(open(at)).toBe(isOpen(hours, at));
        expect(next(at)).toBe(nextChange(hours, at));
        expect(open(at - 1)).toBe(isOpen(hours, at - 1));
      }
    }),
    { numRuns: 60 },
  );
});

test('hours are the same, whatever the name of their zone', () => {
  const hash = (zone: string): string =>
    policyOfLines(`  when latency > 500ms\n  do notify("x")\n  active mon..fri 08:00..18:00 in "${zone}"`).meta.hash;
  expect(hash('Asia/Kolkata')).toBe(hash('Asia/Calcutta'));
  expect(hash('Europe/Berlin')).not.toBe(hash('Europe/London'));
});

test('days go over the end of the week', () => {
  const { when } = policyOfLines('  when latency > 500ms\n  do notify("x")\n  active sat..mon, wed');
  const [hours] = when.op === 'and' ? when.operands : [];
  expect(hours?.op === 'schedule' ? hours.schedule.active[0]?.days.map((day) => dayNames[day]) : null).toEqual([
    'mon',
    'wed',
    'sat',
    'sun',
  ]);
});
