// A stream of keys that come, send a few events and are never heard of again, each with a pod of its own, through one
// session by the way of recorded events.

import { createEvaluator } from '../../cli/program.ts';
import { defaultIntakeLimits, type IntakeLimits } from '../../runtime/evaluate/intake.ts';
import { Session } from '../../runtime/evaluate/session.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { irOf, startMs } from './judge-case.ts';

const text = `schema service {
  key id
  tag pod at most 5
  metric load: number
  every 1s
  stale after 5s
}
policy high {
  on service
  when avg(load over 10s) > 5
  do notify("look here")
  cooldown 10s
}
policy common {
  on service where not (id like "none-*")
  when max(load across pod) > 7 and p90(avg(load over 5s) across pod) > 7
  do notify("look here")
  cooldown 10s
}
`;

export interface ManyKeysReport {
  readonly keys: number;
  /** Keys and pods that were remembered at once at most. */
  readonly keysMost: number;
  readonly podsMost: number;
  readonly fires: number;
  readonly deadLetters: number;
  readonly notices: readonly string[];
  /** Heap in use, by how many keys had been, where the process can collect its garbage. */
  readonly heapBytes: readonly { readonly keys: number; readonly bytes: number }[];
}

/** `perSecond` new keys come each second; each sends 9, 0 and 0 a second apart: both policies fire once and re-arm. */
export function sendManyKeys(
  keys: number,
  perSecond: number,
  limits: IntakeLimits = defaultIntakeLimits,
): ManyKeysReport {
  let [fires, deadLetters, keysMost, podsMost] = [0, 0, 0, 0];
  const notices: string[] = [];
  const session = new Session(
    createEvaluator(irOf(text), 'generated'),
    {
      propose: () => fires++,
      rearm() {},
      skip() {},
      late() {},
      deadLetter: () => deadLetters++,
      notice: (message) => notices.push(message),
    },
    limits,
  );
  const decoder = new JsonEventDecoder(session.intake, { schema: null, where: 'keys', now: () => startMs * 2 });
  const [service] = session.intake.schemas;
  const heapBytes: { keys: number; bytes: number }[] = [];
  const seconds = Math.ceil(keys / perSecond);
  const stages = new Set([Math.floor(seconds / 4), Math.floor(seconds / 2), seconds]);
  for (let second = 0; second < seconds + 2; second++) {
    const lines: string[] = [];
    for (const [age, load] of [9, 0, 0].entries()) {
      const first = (second - age) * perSecond;
      for (let key = Math.max(0, first); key < Math.min(keys, first + perSecond); key++) {
        lines.push(
          `{"timestamp":${startMs + second * 1000},"metrics":{"load":${load}},"tags":{"id":"key-${key}","pod":"pod-${key}"}}\n`,
        );
      }
    }
    decoder.decode(Buffer.from(lines.join('')));
    session.partition.drain();
    keysMost = Math.max(keysMost, service.keys.count);
    podsMost = Math.max(podsMost, service.tags[0].count);
    if (stages.has(second + 1) && globalThis.gc !== undefined) {
      globalThis.gc();
      heapBytes.push({ keys: (second + 1) * perSecond, bytes: process.memoryUsage().heapUsed });
    }
  }
  session.partition.close();
  return { keys, keysMost, podsMost, fires, deadLetters, notices, heapBytes };
}
