// An engine's Kafka half for tests: a source whose proposals are collected by decision id, with a ledger that takes them
// when it is told to, and the decisions that the same events give when they are read from a file.

import { createEvaluator } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';
import { decisionId, type Proposal } from '../../runtime/decision.ts';
import type { DeadLetter } from '../../runtime/evaluate/intake.ts';
import { defaultIntakeLimits } from '../../runtime/evaluate/intake.ts';
import { type Evaluator, Session, type SessionListener } from '../../runtime/evaluate/session.ts';
import { systemClock } from '../../runtime/ports/clock.ts';
import type { KafkaPort } from '../../runtime/ports/kafka-port.ts';
import { systemTimers } from '../../runtime/ports/timers.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { KafkaSource, type KafkaSourceOptions } from '../../runtime/sources/kafka/kafka-source.ts';
import { lookBackMsOf } from '../../runtime/sources/kafka/look-back-marks.ts';

export function compileEvaluator(text: string): Evaluator {
  const { ir, diagnostics } = analyse([{ file: 'test.ddl', text }]);
  if (ir === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return createEvaluator(ir, 'generated');
}

/** `policy key time cause`: what a decision's id is made of. */
export function nameOf({ policy, key, at, cause }: Proposal): string {
  return `${policy.name} ${key} ${new Date(at).toISOString()} ${cause}`;
}

/** What the lines give when they are read from a file, by name. */
export function decisionsOfFile(evaluator: Evaluator, lines: readonly string[]): Set<string> {
  const found = new Set<string>();
  const session = new Session(
    evaluator,
    silent((proposal) => found.add(nameOf(proposal))),
  );
  const decoder = new JsonEventDecoder(session.intake, { schema: null, where: 'file', now: Date.now });
  decoder.decode(Buffer.from(`${lines.join('\n')}\n`));
  session.partition.close();
  return found;
}

function silent(propose: (proposal: Proposal) => void): SessionListener {
  return { propose, rearm() {}, skip() {}, late() {}, deadLetter() {} };
}

/** Durable decisions, shared by all engines of a test as a ledger is. */
export class TestLedger {
  readonly names = new Set<string>();
  /** How often each id was proposed. */
  readonly times = new Map<string, number>();

  record(proposal: Proposal): void {
    const id = decisionId(proposal.policy.hash, proposal.key, proposal.at, proposal.cause === 'condition' ? 0 : 1);
    this.times.set(id, (this.times.get(id) ?? 0) + 1);
    this.names.add(nameOf(proposal));
  }

  get repeated(): number {
    return [...this.times.values()].filter((times) => times > 1).length;
  }
}

export class KafkaReader {
  readonly ledger: TestLedger;
  readonly letters: DeadLetter[] = [];
  readonly troubles: string[] = [];
  readonly late: string[] = [];
  readonly notices: string[] = [];
  /** What was proposed and is not durable yet. */
  readonly waiting: Proposal[] = [];
  accepting = true;
  /** While it is set, nothing becomes durable. */
  stuck = false;
  #source: KafkaSource | null = null;

  constructor(ledger: TestLedger = new TestLedger()) {
    this.ledger = ledger;
  }

  get source(): KafkaSource {
    if (this.#source === null) throw new Error('it was not started');
    return this.#source;
  }

  async start(evaluator: Evaluator, port: KafkaPort, more: Partial<KafkaSourceOptions>): Promise<this> {
    const listener: SessionListener = {
      propose: (proposal) => {
        this.waiting.push(proposal);
        // The ledger takes it a moment later, as one over a network does.
        setTimeout(() => this.flush(), 2);
      },
      rearm() {},
      skip() {},
      late: (schema, key, at) => this.late.push(`${schema} ${key} ${at}`),
      deadLetter: (letter) => this.letters.push(letter),
      notice: (message) => this.notices.push(message),
    };
    this.#source = await KafkaSource.start({
      port,
      group: 'engines',
      topics: ['events'],
      encoding: 'auto',
      schema: null,
      deadLetterTopic: null,
      startFrom: 'beginning',
      lookBackMs: () => lookBackMsOf(evaluator.meta),
      clock: systemClock,
      timers: systemTimers,
      sessions: {
        open: (wrap) => new Session(evaluator, wrap(listener), { ...defaultIntakeLimits, aheadMs: 30_000 }),
        hold() {},
        letGo() {},
        begin() {},
        end() {},
      },
      accepting: () => this.accepting,
      settled: async () => {
        const below = this.waiting.length === 0 ? 0 : 1;
        while (below > 0 && this.waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, 1));
      },
      onTrouble: (message) => this.troubles.push(message),
      onFailure: (error) => this.troubles.push(`failed: ${error}`),
      ...more,
      times: { commitEveryMs: 20, heartbeatMs: 100, fetchWaitMs: 20, drainMs: 2_000, ...more.times },
    });
    return this;
  }

  flush(): void {
    if (this.stuck) return;
    for (const proposal of this.waiting.splice(0)) this.ledger.record(proposal);
  }

  /** Everything written has been read. */
  get caughtUp(): boolean {
    const { partitions } = this.source.metrics();
    return partitions.every(({ lag, phase }) => lag === 0 && phase === 'live');
  }
}
