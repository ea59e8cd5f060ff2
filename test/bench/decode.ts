// How fast events and OTLP points are decoded on this machine: `node test/bench/decode.ts`. Prints one JSON line per measurement.

import { defaultIntakeLimits, Intake } from '../../runtime/evaluate/intake.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { programMeta, workloadLines, workloadSchema } from '../support/program-meta.ts';

const events = 200_000;
const rounds = 6;

function best(run: () => void): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = systemClock.monotonicMs();
    run();
    seconds = Math.min(seconds, (systemClock.monotonicMs() - start) / 1000);
  }
  return seconds;
}

function report(name: string, seconds: number, count: number, unit: string): void {
  console.log(JSON.stringify({ name, perSecond: Math.round(count / seconds), nsEach: Math.round((seconds * 1e9) / count), unit }));
}

const lines = workloadLines(events);
const bytes = Buffer.from(`${lines.join('\n')}\n`);

function decodeAll(scan: boolean): void {
  const intake = new Intake(programMeta([workloadSchema]), defaultIntakeLimits, (letter) => {
    throw new Error(letter.message);
  });
  const decoder = new JsonEventDecoder(intake, { schema: null, where: 'bench', now: systemClock.now, scan });
  for (let chunk = 0; chunk < bytes.length; chunk += 1 << 18) {
    const part = bytes.subarray(chunk, chunk + (1 << 18));
    for (let at = 0; at < part.length; ) {
      at = decoder.decode(part, 256, at);
      intake.schemas[0].rows.clear();
    }
  }
  decoder.end();
  if (intake.seq !== events) throw new Error(`${intake.seq} rows of ${events}`);
}

let sum = 0;
report('JSON.parse alone', best(() => { for (const line of lines) sum += JSON.parse(line).timestamp; }), events, 'event');
report('events by JSON.parse', best(() => decodeAll(false)), events, 'event');
report('events by scanner', best(() => decodeAll(true)), events, 'event');
if (sum === 0) throw new Error('nothing was read');
