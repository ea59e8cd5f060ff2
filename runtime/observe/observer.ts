// Counts what goes wrong on the way of an event and says it, at a bounded rate: a fault that comes with every event
// must not fill the log.

import type { ActionLog } from '../actions/executor.ts';
import type { DeadLetter } from '../evaluate/intake.ts';
import type { Clock } from '../ports/clock.ts';
import { nearestName } from '../sources/nearest-name.ts';

/** One line about the same thing in so many milliseconds. */
const sayEveryMs = 30_000;
/** Things told apart at most. */
const subjectsMax = 1_000;
/** Undeclared metrics named in one line. */
const namesShown = 8;

export class Observer {
  readonly #log: ActionLog;
  readonly #clock: Clock;
  readonly #said = new Map<string, { at: number; since: number }>();
  readonly #undeclared = new Set<string>();
  /** Policies whose code has thrown, with what it said; empty again when another program runs. */
  readonly policiesOff = new Map<string, string>();
  readonly counts = { events: 0, deadLetters: 0, late: 0, skipped: 0, faults: 0 };

  constructor(log: ActionLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  events(count: number): void {
    this.counts.events += count;
  }

  /** Metric names that events carry and no schema declares, to be offered where a declared one is missing. */
  carries(names: readonly string[]): void {
    for (const name of names) if (this.#undeclared.size < subjectsMax) this.#undeclared.add(name);
  }

  /** Metrics that came and are declared nowhere, with how often. */
  unmatched(names: ReadonlyMap<string, number>): void {
    const before = this.#undeclared.size;
    for (const name of names.keys()) if (this.#undeclared.size < subjectsMax) this.#undeclared.add(name);
    if (this.#undeclared.size === before) return;
    const shown = [...this.#undeclared].slice(0, namesShown).join(', ');
    const count = this.#undeclared.size;
    this.#say('undeclared', () =>
      this.#log.info(
        { undeclared: count },
        `${count} metrics come and are declared in no schema, so no policy reads them: ${shown}${count > namesShown ? ' …' : ''}`,
      ),
    );
  }

  deadLetter({ reason, message, where, excerpt }: DeadLetter): void {
    this.counts.deadLetters++;
    this.#say(`dead letter ${reason}`, (times) => this.#log.warn({ reason, where, excerpt }, `${message}${times}`));
  }

  late(schema: string, key: string, at: number, behindMs: number): void {
    this.counts.late++;
    this.#say(`late ${schema}`, (times) =>
      this.#log.warn(
        { schema, key, at: new Date(at).toISOString(), behindMs },
        `an event of \`${key}\` came ${behindMs} ms behind the watermark of \`${schema}\` and was not judged${times}: if senders are that far apart, write \`lateness ${Math.ceil(behindMs / 1000)}s\` in the schema`,
      ),
    );
  }

  skipped(policy: string, key: string, missing: readonly string[]): void {
    this.counts.skipped++;
    for (const metric of missing) {
      this.#say(`skipped ${policy} ${metric}`, (times) => {
        const near = nearestName(metric, this.#undeclared);
        const advice = near === null ? '' : `; the events carry \`${near}\`: is that it? then add \`from "${near}"\``;
        this.#log.warn(
          { policy, key, metric },
          `policy \`${policy}\` was not judged for \`${key}\`: its event has no \`${metric}\`${times}${advice}; if that is usual, declare the metric \`optional\``,
        );
      });
    }
  }

  /** A policy's code has thrown: it judges nothing more until another bundle replaces it. */
  faulted(policy: string, error: unknown): void {
    this.counts.faults++;
    const said = error instanceof Error ? error.message : String(error);
    this.policiesOff.set(policy, said.slice(0, 300));
    this.#say(`fault ${policy}`, (times) =>
      this.#log.error(
        { policy, stack: error instanceof Error ? error.stack : undefined },
        `policy \`${policy}\` failed and is turned off${times}, all others go on: ${said.slice(0, 300)}; roll back the bundle, or deploy one in which it is mended`,
      ),
    );
  }

  #say(subject: string, say: (times: string) => void): void {
    const now = this.#clock.monotonicMs();
    const said = this.#said.get(subject);
    if (said !== undefined && now - said.at < sayEveryMs) {
      said.since++;
      return;
    }
    if (said === undefined && this.#said.size >= subjectsMax) return;
    this.#said.set(subject, { at: now, since: 0 });
    say(said === undefined || said.since === 0 ? '' : ` (${said.since} more since this was last said)`);
  }
}
