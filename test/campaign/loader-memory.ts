// 3,000 loads of a bundle of 1,000 policies under 256 MB: where `import()` dies of a full heap, the loader stays flat.
// Run: node test/campaign/loader-memory.ts [loads]

import { growthBytesPerLoad, loaderMemory } from '../bundle/loader-memory.ts';

const report = await loaderMemory(Number(process.argv[2] ?? 3000));
const growth = growthBytesPerLoad(report);
console.log(JSON.stringify({ ...report, growthBytesPerLoad: Math.round(growth) }, null, 2));
if (report.firesEach === 0) throw new Error('no policy fired: nothing was judged');
if (growth > 500) throw new Error(`the heap grew by ${Math.round(growth)} bytes with each load`);
