// Members of a key: who is one, for how long, how many, and which rows of one time are one row.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPlainKernel } from '../../compiler/4-lower/plain-members.ts';
import type { AcrossKernel, DerivedMeta, MemberKernel, SchemaMeta } from '../../runtime/contract.ts';
import { otherId } from '../../runtime/evaluate/dictionary.ts';
import { createKernel } from '../../runtime/evaluate/kernels.ts';
import { MemberColumns, Members } from '../../runtime/evaluate/members.ts';
import { Rows, rowShape } from '../../runtime/evaluate/rows.ts';
import { SameTime } from '../../runtime/evaluate/same-time.ts';
import { metricMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

describe('a key’s members', () => {
  test('keep their numbers while they are heard of, as far apart as `stale after`', () => {
    const members = new Members(0, 3, 1000);
    const first = members.at(0, 7, 0);
    expect(members.at(0, 8, 10)).not.toBe(first);
    expect(members.at(1, 7, 10)).not.toBe(first);
    expect(members.at(0, 7, 1000)).toBe(first);
    expect(members.retired).toEqual([]);
  });

  test('begin anew after a longer silence', () => {
    const members = new Members(0, 3, 1000);
    const first = members.at(0, 7, 0);
    const second = members.at(0, 7, 1001);
    expect(second).not.toBe(first);
    expect(members.retired).toEqual([first]);
    // Kernels may still be fed with rows of the old number.
    expect(members.at(0, 9, 1001)).not.toBe(first);
    members.release();
    expect(members.at(0, 10, 1001)).toBe(first);
  });

  test('beyond the limit have no place until somebody falls silent', () => {
    const members = new Members(0, 2, 1000);
    expect(members.at(0, 1, 0)).toBeGreaterThanOrEqual(0);
    expect(members.at(0, 2, 500)).toBeGreaterThanOrEqual(0);
    expect(members.at(0, 3, 1000)).toBe(-1);
    expect(members.refused).toBe(1);
    expect(members.at(0, 3, 1001)).toBeGreaterThanOrEqual(0);
    // The one heard of at 500 is still there.
    expect(members.at(0, 1, 1002)).toBe(-1);
    expect(members.at(0, 2, 1002)).toBeGreaterThanOrEqual(0);
    // Other keys have places of their own.
    expect(members.at(1, 3, 1002)).toBeGreaterThanOrEqual(0);
  });

  test('that come and go take no more numbers than fit', () => {
    const members = new Members(0, 5, 1000);
    let highest = 0;
    for (let pod = 0; pod < 1000; pod++) {
      highest = Math.max(highest, members.at(0, pod, pod * 300));
      members.release();
    }
    expect(highest).toBeLessThan(6);
    expect(members.refused).toBe(0);
  });
});

const acrossMeta: DerivedMeta = {
  kernel: 'across',
  widthMs: 1000,
  capacity: 50,
  agoMs: 0,
  agoCapacity: 0,
  gapMs: 0,
  outputs: [],
  member: 1,
  label: 'across',
};

const schema: SchemaMeta = schemaMeta('service', {
  tags: [tagMeta('region'), tagMeta('instance', { most: 50 }), tagMeta('disk', { most: 3 })],
  metrics: [metricMeta('cpu'), metricMeta('load', { optional: true })],
  staleMs: 1000,
});

function rowsOf(entries: readonly (readonly [time: number, instance: number, disk: number, cpu: number])[]): Rows {
  const rows = new Rows(rowShape(schema));
  for (const [time, instance, disk, cpu] of entries) {
    const row = rows.append(time, 0, rows.rows);
    rows.tags.set([-1, instance, disk], row * 3);
    rows.values[row * 2] = cpu;
    rows.order[row] = row;
  }
  return rows;
}

describe('columns of members', () => {
  test('number each row by each member tag; rows without a value, or with none of its own, have none', () => {
    const crowded: string[] = [];
    const columns = new MemberColumns(schema, [], (tag, key) => crowded.push(`${tag} ${key}`));
    const rows = rowsOf([
      [0, 10, 1, 0],
      [0, 11, 2, 0],
      [0, -1, 3, 0],
      [0, otherId, 4, 0],
    ]);
    columns.number(rows, 0, 4, 0);
    expect([...rows.members.subarray(0, 8)]).toEqual([0, 0, 1, 1, -1, 2, -1, -1]);
    expect(crowded).toEqual(['2 0']);
    expect(columns.refused).toBe(1);
  });

  test('kernels forget the numbers of those that are gone, once the rows have been fed', () => {
    const forgotten: number[] = [];
    const own: MemberKernel = { push: () => {}, forget: (member) => forgotten.push(member) };
    const other: MemberKernel = { ...own, forget: () => expect.fail('it keeps members by another tag') };
    const derived = [1, 2].map((member) => ({ kernel: 'hold' as const, member })) as unknown as SchemaMeta['derived'];
    const columns = new MemberColumns({ ...schema, derived }, [own, other], () => {});
    const rows = rowsOf([
      [0, 10, -1, 0],
      [1001, 10, -1, 0],
    ]);
    columns.number(rows, 0, 2, 0);
    expect([...rows.members.subarray(0, 4)]).toEqual([0, -1, 1, -1]);
    expect(forgotten).toEqual([]);
    columns.forget();
    expect(forgotten).toEqual([0]);
  });
});

describe('rows of one time', () => {
  function merged(entries: Parameters<typeof rowsOf>[0]): readonly (readonly number[])[] {
    const rows = rowsOf(entries);
    const sameTime = new SameTime(schema);
    const end = sameTime.merge(rows, 0, rows.rows, 0);
    expect(sameTime.merged).toBe(rows.rows - end);
    return Array.from(rows.order.subarray(0, end), (row) => [
      rows.time[row],
      rows.tags[row * 3 + 1],
      rows.tags[row * 3 + 2],
      rows.values[row * 2],
    ]);
  }

  test('are one when their members are', () => {
    const rows = merged([
      [0, 1, 1, 5],
      [0, 2, 1, 6],
      [0, 1, 1, Number.NaN],
      [0, 1, 2, 7],
      [1, 1, 1, 8],
      [1, 1, 1, 9],
    ]);
    expect(rows).toEqual([
      [0, 1, 1, 5],
      [0, 2, 1, 6],
      [0, 1, 2, 7],
      [1, 1, 1, 9],
    ]);
  });

  test.each([3, 9, 40, 200])('are found again among %i members', (count) => {
    const entries = [0, 1, 2].flatMap((time) =>
      [0, 1, 2].flatMap((round) =>
        Array.from({ length: count }, (_, member) => [time, (member * 7) % count, 0, round] as const),
      ),
    );
    const rows = merged(entries);
    expect(rows).toHaveLength(3 * count);
    expect(new Set(rows.map(([time, member]) => `${time} ${member}`)).size).toBe(3 * count);
    expect(rows.every(([, , , value]) => value === 2)).toBe(true);
  });
});

describe('what members have in common', () => {
  const outputs: DerivedMeta['outputs'] = [
    'avg',
    'count',
    'greatest',
    'least',
    'quantile 0.5',
    'quantile 0.99',
    'stddev',
    'sum',
  ];
  const step = fc.record({
    key: fc.constantFrom(0, 0, 0, 3),
    afterMs: fc.constantFrom(0, 0, 1, 300, 999, 1000, 1001, 5000),
    values: fc.array(
      fc.record({
        member: fc.integer({ min: -1, max: 6 }),
        value: fc.constantFrom(0, 1, 1, 2, 0.1, 0.2, -1, 1e9 + 0.1, 1 / 3, 1e101, -1e308, Number.NaN),
      }),
      { maxLength: 8 },
    ),
  });

  test('is the same when all is computed from scratch', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.constantFrom(outputs, outputs.slice(0, 2), outputs.slice(2, 4)),
        (steps, wanted) => {
          const meta: DerivedMeta = { ...acrossMeta, outputs: wanted };
          const kernels = [createKernel(meta), createPlainKernel(meta)] as AcrossKernel[];
          let time = 0;
          for (const { key, afterMs, values } of steps) {
            time += afterMs;
            const [actual, expected] = kernels.map((kernel) => {
              // Each key has members of its own.
              for (const { member, value } of values)
                kernel.take(key, member < 0 ? -1 : key * 10 + member, time, value);
              const out = new Float64Array(wanted.length + 2).fill(42);
              kernel.push(key, time, Number.NaN, out, 1);
              return out;
            });
            expect(actual).toEqual(expected);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('leaves out who has not been heard of for longer than `stale after`', () => {
    const kernel = createKernel({ ...acrossMeta, outputs: ['count', 'sum'] }) as AcrossKernel;
    const out = new Float64Array(2);
    kernel.take(0, 1, 0, 5);
    kernel.take(0, 2, 500, 7);
    kernel.push(0, 1000, Number.NaN, out, 0);
    expect([...out]).toEqual([2, 12]);
    kernel.push(0, 1001, Number.NaN, out, 0);
    expect([...out]).toEqual([1, 7]);
    kernel.push(0, 1501, Number.NaN, out, 0);
    expect([...out]).toEqual([0, Number.NaN]);
  });
});

describe('whether members are all there', () => {
  const meta: DerivedMeta = { ...acrossMeta, kernel: 'attendance', widthMs: 5000, gapMs: 1000, capacity: 3 };
  const told = (kernel: AcrossKernel, key: number, time: number): number => {
    const out = new Float64Array(3).fill(42);
    kernel.push(key, time, Number.NaN, out, 1);
    expect([out[0], out[2]]).toEqual([42, 42]);
    return out[1];
  };

  test('is the same when all is kept', () => {
    const step = fc.record({
      key: fc.constantFrom(0, 0, 0, 3),
      afterMs: fc.constantFrom(0, 0, 1, 300, 999, 1000, 1001, 2500, 4999, 5000, 5001),
      rows: fc.array(
        fc.record({
          hasPlace: fc.constantFrom(true, true, true, true, true, true, true, false),
          value: fc.constantFrom(0, 1, 2, 3, 4, 5, -1, otherId, Number.NaN),
        }),
        { maxLength: 4 },
      ),
    });
    const seen = new Set<number>();
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const kernels = [createKernel(meta), createPlainKernel(meta)] as AcrossKernel[];
        let time = 0;
        for (const { key, afterMs, rows } of steps) {
          time += afterMs;
          const [actual, expected] = kernels.map((kernel) => {
            for (const { hasPlace, value } of rows) kernel.take(key, hasPlace ? 1 : -1, time, value);
            return told(kernel, key, time);
          });
          expect(actual).toBe(expected);
          seen.add(Math.max(-2, Math.min(1, actual)));
        }
      }),
      { numRuns: 500 },
    );
    expect([...seen].sort()).toEqual([-1, -2, 1]);
  });

  test('is not so while one is silent, until it is gone', () => {
    for (const kernel of [createKernel(meta), createPlainKernel(meta)] as AcrossKernel[]) {
      expect(told(kernel, 0, 0)).toBe(1);
      kernel.take(0, 1, 0, 7);
      kernel.take(0, 2, 500, 8);
      expect(told(kernel, 0, 1000)).toBe(1);
      expect(told(kernel, 0, 1001)).toBe(-9);
      kernel.take(0, 2, 5000, 8);
      expect(told(kernel, 0, 5000)).toBe(-9);
      expect(told(kernel, 0, 5001)).toBe(1);
      expect(told(kernel, 1, 5001)).toBe(1);
    }
  });

  test('is not so while one without a place, or with a value that is not its own, was heard of', () => {
    for (const kernel of [createKernel(meta), createPlainKernel(meta)] as AcrossKernel[]) {
      kernel.take(0, -1, 0, otherId);
      expect(told(kernel, 0, 5000)).toBe(-1);
      expect(told(kernel, 0, 5001)).toBe(1);
    }
  });

  test('many members and keys find their places again', () => {
    const [kernel, plain] = [createKernel({ ...meta, capacity: 40 }), createPlainKernel({ ...meta, capacity: 40 })];
    for (let time = 0; time < 20_000; time += 250) {
      for (const each of [kernel, plain] as AcrossKernel[]) {
        for (let pod = 0; pod < 30; pod++) {
          if ((pod * 7 + time / 250) % 11 < 8) each.take(pod % 3, pod, time, pod + Math.floor(time / 4000) * (pod % 5));
        }
      }
      for (const key of [0, 1, 2]) {
        expect(told(kernel as AcrossKernel, key, time)).toBe(told(plain as AcrossKernel, key, time));
      }
    }
  });
});

test('the state of one member is no other’s, and gone when it is forgotten', () => {
  const meta: DerivedMeta = { ...acrossMeta, kernel: 'sum', outputs: ['sum', 'count'], capacity: 16 };
  for (const kernel of [createKernel(meta), createPlainKernel(meta)] as MemberKernel[]) {
    const out = new Float64Array(2);
    kernel.push(4, 0, 1, out, 0);
    kernel.push(2, 1, 10, out, 0);
    kernel.push(4, 2, 2, out, 0);
    expect([...out]).toEqual([3, 2]);
    kernel.push(-1, 2, 2, out, 0);
    expect([...out]).toEqual([Number.NaN, Number.NaN]);
    kernel.forget(4);
    kernel.push(4, 3, 5, out, 0);
    expect([...out]).toEqual([5, 1]);
    kernel.push(2, 3, Number.NaN, out, 0);
    expect([...out]).toEqual([10, 1]);
  }
});
