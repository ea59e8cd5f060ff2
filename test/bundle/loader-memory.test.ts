// The loader frees what it replaces. `test/campaign/loader-memory.ts` does the same with 3,000 loads.

import { expect, test } from 'vitest';
import { carryMemory, growthBytesPerLoad, loaderMemory } from './loader-memory.ts';

test('120 loads of 1,000 policies leave the heap flat', { timeout: 180_000 }, async () => {
  const report = await loaderMemory(120);
  expect(report.firesEach).toBeGreaterThan(0);
  // One kept version is about 2 MB of source and functions.
  expect(growthBytesPerLoad(report)).toBeLessThan(20_000);
});

test('100 reloads that carry the state of 2,000 keys leave the heap flat', { timeout: 180_000 }, async () => {
  const report = await carryMemory(100);
  expect(report.fires).toBeGreaterThan(0);
  // The state itself is some 20 MB, a program 0.3 MB.
  expect(growthBytesPerLoad(report)).toBeLessThan(20_000);
});
