// 1,000,000 keys that come and go, 2,000 a second of event time: memory is bounded by who is alive, nothing is refused and
// each fires what it should. Run: node --expose-gc test/campaign/many-keys.ts [keys]

import { sendManyKeys } from '../evaluate/many-keys.ts';

const keys = Number(process.argv[2] ?? 1_000_000);
const began = performance.now();
const report = sendManyKeys(keys, 2000);
const seconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ ...report, seconds, rssBytes: process.memoryUsage().rss }, null, 2));
const [quarter, , whole] = report.heapBytes;
if (report.fires !== 2 * keys) throw new Error(`${report.fires} fires of ${keys} keys`);
if (report.deadLetters + report.notices.length > 0) throw new Error('something was refused');
if (whole !== undefined && whole.bytes > quarter.bytes * 1.2 + 8_000_000) throw new Error('memory grew with the keys');
