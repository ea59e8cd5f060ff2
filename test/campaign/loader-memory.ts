// 3,000 loads of a bundle of 1,000 policies under 256 MB: where `import()` dies of a full heap, the loader stays flat.
// And 1,000 swaps of a running program with its state. Run: node test/campaign/loader-memory.ts [loads] [swaps]

import { carryMemory, growthBytesPerLoad, loaderMemory } from '../bundle/loader-memory.ts';

const report = await loaderMemory(Number(process.argv[2] ?? 3000));
const growth = growthBytesPerLoad(report);
console.log(JSON.stringify({ ...report, growthBytesPerLoad: Math.round(growth) }, null, 2));
if (report.firesEach === 0) throw new Error('no policy fired: nothing was judged');
if (growth > 500) throw new Error(`the heap grew by ${Math.round(growth)} bytes with each load`);

const carried = await carryMemory(Number(process.argv[3] ?? 1000));
// Windows and caches fill for some hundred swaps; then nothing may grow.
const carriedGrowth = growthBytesPerLoad({ heapBytes: carried.heapBytes.slice(1) });
console.log(JSON.stringify({ ...carried, growthBytesPerSwap: Math.round(carriedGrowth) }, null, 2));
if (carriedGrowth > 2000) throw new Error(`the heap grew by ${Math.round(carriedGrowth)} bytes with each swap`);
