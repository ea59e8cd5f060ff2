// 3,000 loads of a bundle of 1,000 policies under 256 MB: where `import()` dies of a full heap, the loader stays flat.

import { expect, test } from 'vitest';
import { growthBytesPerLoad, loaderMemory } from '../bundle/loader-memory.ts';

test('3,000 loads of 1,000 policies leave the heap flat', { timeout: 3_600_000 }, async () => {
  const report = await loaderMemory(3000);
  console.log(JSON.stringify(report));
  expect(report.firesEach).toBeGreaterThan(0);
  expect(growthBytesPerLoad(report)).toBeLessThan(500);
});
