// The made-up log: repeated by its seed, with everything in it that real telemetry does, and much to decide.

import { expect, test } from 'vitest';
import { compileText, expectedDecisions } from './expected-decisions.ts';
import { incidents, type ShopEvent, type ShopOptions, shopEvents, shopProgram } from './incident-log.ts';

const options: ShopOptions = {
  seed: 7,
  services: 400,
  fleets: 20,
  partitions: 12,
  beginMs: Date.UTC(2026, 0, 1),
  lengthMs: 300_000,
  everyMs: 10_000,
};

function byPartition(events: Iterable<ShopEvent>): string[][] {
  const partitions: string[][] = Array.from({ length: options.partitions }, () => []);
  for (const { partition, json } of events) partitions[partition].push(json);
  return partitions;
}

test('a seed repeats it, another one does not', () => {
  expect([...shopEvents(options)]).toEqual([...shopEvents(options)]);
  expect([...shopEvents({ ...options, seed: 8 })]).not.toEqual([...shopEvents(options)]);
});

test('each service is on one partition, in the order of sending; some events come twice, out of order, too late', () => {
  const events = [...shopEvents(options)];
  const homes = new Map<string, Set<number>>();
  let highest = 0;
  let disordered = 0;
  for (const { partition, key, at, sentAt } of events) {
    homes.set(key, (homes.get(key) ?? new Set()).add(partition));
    expect(sentAt).toBeGreaterThanOrEqual(at);
    if (at < highest) disordered++;
    highest = Math.max(highest, at);
  }
  expect(homes.size).toBe(400);
  expect([...homes.values()].every((partitions) => partitions.size === 1)).toBe(true);
  expect(disordered).toBeGreaterThan(100);
  expect(new Set(events.map(({ json }) => json)).size).toBeLessThan(events.length);
  expect(
    expectedDecisions(compileText('shop.ddl', shopProgram(options, 'http://127.0.0.1:1')), byPartition(events)).late,
  ).toBeGreaterThan(5);
});

test('the interpreter finds decisions of every policy, in order whatever the partitions are read in', () => {
  const ir = compileText('shop.ddl', shopProgram(options, 'http://127.0.0.1:1'));
  const partitions = byPartition(shopEvents(options));
  const { decisions, events } = expectedDecisions(ir, partitions);
  expect(events).toBe(partitions.flat().length);
  const policies = new Set([...decisions.values()].map(({ policy }) => policy));
  expect([...policies].sort()).toEqual(['failing', 'idle', 'overload', 'slow']);
  expect(decisions.size).toBeGreaterThan(50);
  const backwards = expectedDecisions(ir, partitions.toReversed());
  expect([...backwards.decisions.keys()].sort()).toEqual([...decisions.keys()].sort());
  const kinds = new Set(incidents(options).map(({ kind }) => kind));
  expect(kinds.size).toBe(4);
});
