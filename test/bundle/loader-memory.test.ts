// The loader frees what it replaces. `test/campaign/loader-memory.ts` does the same with 3,000 loads.

import { expect, test } from 'vitest';
import { growthBytesPerLoad, loaderMemory } from './loader-memory.ts';

test('120 loads of 1,000 policies leave the heap flat', { timeout: 180_000 }, async () => {
  const report = await loaderMemory(120);
  expect(report.firesEach).toBeGreaterThan(0);
  // One kept version is about 2 MB of source and functions.
  expect(growthBytesPerLoad(report)).toBeLessThan(20_000);
});
