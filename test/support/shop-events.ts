// A few services with incidents, as plain events in order of time, and a program that finds the incidents. Its cooldowns
// are no longer than the time between events: when a policy fires again depends on no more than its look-back.

import { Chance } from '../fuzz/chance.ts';

export const shopProgram = `
schema shop {
  key service from "service.name"
  metric errors: number
  metric requests: counter
  every 1s
}

policy high_errors {
  title "Too many errors"
  owner "shop"
  runbook "https://runbooks.example/errors"
  on shop
  when errors > 50 for 5s
  do notify("errors")
  cooldown 1s
}

policy busy {
  title "Busy"
  owner "shop"
  runbook "https://runbooks.example/busy"
  on shop
  when avg(errors over 20s) > 30 and rate(requests over 10s) > 5/s
  do notify("busy")
  cooldown 1s
}
`;

export interface ShopEvent {
  readonly key: string;
  readonly line: string;
}

/** One event per service and second. */
export function shopEvents(services: number, seconds: number, seed: number, begin = 1_767_225_600_000): ShopEvent[] {
  const drawn = new Chance(seed);
  const chance = (): number => drawn.below(1_000_000) / 1_000_000;
  const names = Array.from({ length: services }, (_, index) => `shop-${index}`);
  const bad = names.map(() => 0);
  const requests = names.map(() => 0);
  const events: ShopEvent[] = [];
  for (let second = 0; second < seconds; second++) {
    for (const [index, key] of names.entries()) {
      if (bad[index] > 0) bad[index]--;
      else if (chance() < 0.02) bad[index] = 5 + Math.floor(chance() * 20);
      requests[index] += Math.floor(chance() * 20);
      const metrics = { errors: bad[index] > 0 ? 60 + chance() * 10 : chance() * 20, requests: requests[index] };
      // Within a second each service has a time of its own.
      const timestamp = begin + second * 1000 + index;
      const event = { id: `${key}-${second}`, timestamp, metrics, tags: { 'service.name': key } };
      events.push({ key, line: JSON.stringify(event) });
    }
  }
  return events;
}
