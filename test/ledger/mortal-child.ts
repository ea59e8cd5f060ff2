// A process that plays a part of an engine's life on a server's ledger. `live URL POINT FILE DECISION`: lives through a
// decision, writes its calls to FILE, and is killed by itself at the POINT of that number; 0: prints all points.
// `take URL NAME`: says that it is ready, takes over what it can once it is told to, and prints what it got.

import { once } from 'node:events';
import { appendFileSync, writeSync } from 'node:fs';
import { openServerLedger } from '../../runtime/ledger/server-ledger.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import { openPostgres } from '../../runtime/ports/postgres.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { fromText } from './fixtures.ts';
import { live } from './mortal-engine.ts';

const [part, url = '', ...rest] = process.argv.slice(2);
if (part === 'live') await liveThrough(Number(rest[0]), rest[1] ?? '', rest[2] ?? '');
else await takeOver(rest[0] ?? '');

async function liveThrough(dieAt: number, file: string, text: string): Promise<void> {
  const database = await openPostgres({ url, timers: systemTimers, name: 'mortal', connectionsMax: 2 });
  const points: string[] = [];
  await live(
    {
      database,
      clock: systemClock,
      time: 'database',
      engineId: `mortal-${process.pid}-${dieAt}`,
      call: (key) => appendFileSync(file, `${key}\n`),
      reach(point) {
        points.push(point);
        if (points.length === dieAt) process.kill(process.pid, 'SIGKILL');
      },
    },
    fromText(text),
  );
  writeSync(1, JSON.stringify(points));
  await database.close();
}

async function takeOver(engineId: string): Promise<void> {
  const { ledger } = await openServerLedger({
    url,
    clock: systemClock,
    timers: systemTimers,
    version: '',
    engineId,
  });
  writeSync(1, 'ready\n');
  await once(process.stdin, 'data');
  for (;;) {
    const { resume, unknown, from } = await ledger.takeOver();
    const intents = [...resume, ...unknown].map(async ({ decision, ordinal, state }) => {
      const change = { decisionId: decision.id, ordinal, attempts: 0, detail: null };
      const { outcome } = await ledger.transition({ ...change, to: state === 'unknown' ? 'expired' : 'executing' });
      writeSync(1, `${decision.id}-${ordinal} ${state} ${outcome}\n`);
      // What is left open when this process ends would rightly be taken over once more.
      if (state === 'admitted') await ledger.transition({ ...change, to: 'succeeded', attempts: 1 });
    });
    await Promise.all(intents);
    // What another one is taking right now is not this one's to wait for, but what it leaves when it dies is.
    if (from.length === 0) break;
  }
  await ledger.close(1_000);
  process.exit(0);
}
