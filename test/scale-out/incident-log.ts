// A made-up day of a shop: services that report at their pace, groups of them in incidents, telemetry that comes twice,
// out of order or too late. A seed repeats every event. Beside it the program that judges them.

import { Chance } from '../fuzz/chance.ts';

export interface ShopOptions {
  readonly seed: number;
  readonly services: number;
  /** Each is one fleet; services belong to them in turn. */
  readonly fleets: number;
  readonly partitions: number;
  /** Event time of the first event, epoch ms. */
  readonly beginMs: number;
  /** Event time that the log covers. */
  readonly lengthMs: number;
  /** Between two events of a service. */
  readonly everyMs: number;
}

/** One message, in the order in which its partition has it. */
export interface ShopEvent {
  readonly partition: number;
  readonly key: string;
  /** The event's own time, epoch ms. */
  readonly at: number;
  /** When it is sent, on the clock of events. */
  readonly sentAt: number;
  readonly json: string;
}

export interface Incident {
  readonly fleet: number;
  readonly kind: 'overload' | 'idle' | 'failing' | 'slow';
  readonly fromMs: number;
  readonly toMs: number;
  /** Every so many-th service of the fleet is in it. */
  readonly each: number;
}

export function fleetName(index: number): string {
  return `app_${String(index).padStart(3, '0')}`;
}

const latenessMs = 2_000;

/** `provider`: where the fleets' webhooks are. Cooldowns are short in event time so that much is decided in a short log. */
export function shopProgram({ fleets, everyMs }: ShopOptions, provider: string): string {
  const seconds = everyMs / 1_000;
  const whole = Array.from({ length: fleets }, (_, index) => {
    const name = fleetName(index);
    return `fleet ${name} {\n  service "${name}"\n  webhook "${provider}/fleets/${name}"\n  size 2..400\n}\n`;
  });
  const heads = `owner "shop-oncall"\n  runbook "https://runbooks.example/shop"\n  on shop`;
  const gates = `max_age 2h\n  mode enforce`;
  return `schema shop {
  key service_id from "service.name"
  tag app
  metric cpu: ratio
  metric errors: ratio
  metric latency: duration in ms
  every ${seconds}s   stale after ${4 * seconds}s   lateness ${latenessMs / 1_000}s
}

${whole.join('\n')}
policy overload {
  title "Too much to do"
  ${heads}
  when cpu > 85% for ${2 * seconds}s
  until cpu < 70% for ${seconds}s
  do scale_up(fleet of app, by: 1) timeout 1s retry 2
  cooldown ${6 * seconds}s
  settle 2s
  limit 1000 per 1h
  priority 50
  ${gates}
}

policy idle {
  title "Too little to do"
  ${heads}
  when cpu < 5% for ${3 * seconds}s
  do scale_down(fleet of app, by: 1) timeout 1s retry 2
  cooldown ${8 * seconds}s
  settle 2s
  limit 1000 per 1h
  priority 10
  ${gates}
}

policy failing {
  title "Errors"
  ${heads}
  when errors > 5% for ${2 * seconds}s and p90(latency over ${6 * seconds}s) < 5s
  do restart(fleet of app, at_most: 10%) timeout 1s retry 1
  do notify("errors")
  cooldown ${10 * seconds}s
  settle 2s
  limit 1000 per 1h
  priority 100
  ${gates}
}

policy slow {
  title "Slow"
  ${heads}
  when avg(latency over ${4 * seconds}s) > 500ms and count(latency over ${4 * seconds}s) >= 3
  do notify("slow")
  cooldown ${10 * seconds}s
  limit 1000 per 1h
  ${gates}
}
`;
}

/** Calm at both ends, so that nothing depends on where the log is cut. */
export function incidents({ seed, fleets, lengthMs, everyMs }: ShopOptions): readonly Incident[] {
  const chance = new Chance(seed);
  const kinds = ['overload', 'overload', 'idle', 'failing', 'slow'] as const;
  const calmMs = 6 * everyMs;
  const found: Incident[] = [];
  for (let fleet = 0; fleet < fleets; fleet++) {
    let at = calmMs + chance.below(10 * everyMs);
    while (at < lengthMs - calmMs - 8 * everyMs) {
      const toMs = Math.min(lengthMs - calmMs, at + (5 + chance.below(12)) * everyMs);
      found.push({ fleet, kind: chance.of(kinds), fromMs: at, toMs, each: 1 + chance.below(4) });
      at = toMs + (2 + chance.below(8)) * everyMs;
    }
  }
  return found;
}

/** In the order of sending. */
export function* shopEvents(options: ShopOptions): Generator<ShopEvent> {
  const { seed, services, fleets, partitions, beginMs, lengthMs, everyMs } = options;
  const chance = new Chance(seed + 1);
  const byFleet = new Map<number, Incident[]>();
  for (const incident of incidents(options))
    byFleet.set(incident.fleet, [...(byFleet.get(incident.fleet) ?? []), incident]);
  const offsets = Array.from({ length: services }, () => chance.below(everyMs));
  /** Not sent yet: what comes late, and what comes twice. */
  let waiting: ShopEvent[] = [];
  for (let round = 0; round * everyMs < lengthMs; round++) {
    const due = waiting;
    waiting = [];
    for (let service = 0; service < services; service++) {
      const sinceMs = round * everyMs + offsets[service] + chance.below(40);
      const fleet = service % fleets;
      const incident = byFleet.get(fleet)?.find(({ fromMs, toMs }) => fromMs <= sinceMs && sinceMs < toMs);
      const inside = incident !== undefined && Math.floor(service / fleets) % incident.each === 0;
      const at = beginMs + sinceMs;
      const event = {
        partition: service % partitions,
        key: `service-${service}`,
        at,
        sentAt: at + delay(chance),
        json: eventJson(service, round, at, fleetName(fleet), measured(inside ? incident.kind : null, chance)),
      };
      due.push(event);
      // Delivered twice, as a producer that heard no answer does.
      if (chance.below(200) === 0) due.push({ ...event, sentAt: event.sentAt + chance.below(3_000) });
    }
    due.sort((left, right) => left.sentAt - right.sentAt);
    const until = beginMs + (round + 1) * everyMs;
    for (const event of due) {
      if (event.sentAt < until) yield event;
      else waiting.push(event);
    }
  }
  yield* waiting;
}

/** Most are sent at once, some out of order and in time, a few too late for the schema's lateness. */
function delay(chance: Chance): number {
  const kind = chance.below(1_000);
  if (kind < 3) return latenessMs + 1_000 + chance.below(4_000);
  return kind < 40 ? chance.below(latenessMs - 500) : 0;
}

function measured(kind: Incident['kind'] | null, chance: Chance): { cpu: number; errors: number; latency: number } {
  const noise = chance.below(1_000) / 1_000;
  return {
    cpu: kind === 'overload' ? 0.87 + noise / 10 : kind === 'idle' ? noise / 25 : 0.3 + noise / 5,
    errors: kind === 'failing' ? 0.06 + noise / 20 : noise / 100,
    latency: Math.round(kind === 'slow' ? 700 + 400 * noise : 80 + 200 * noise),
  };
}

function eventJson(service: number, round: number, at: number, app: string, metrics: object): string {
  const tags = { 'service.name': `service-${service}`, app };
  return JSON.stringify({ id: `${service}-${round}`, timestamp: at, metrics, tags });
}
