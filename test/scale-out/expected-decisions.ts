// What has to be decided on a log: by the interpreter, partition by partition, over everything that is in it. Gates
// have no part in this: whether a decision may act depends on the wall clock, that it was made does not.

import { createEvaluator } from '../../cli/program.ts';
import { recordingLimits } from '../../cli/replay-recording.ts';
import type { ProgramIr } from '../../compiler/4-lower/ir.ts';
import { analyse } from '../../compiler/analyse.ts';
import type { Decision } from '../../runtime/decision.ts';
import { Replay } from '../../runtime/replay.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';

/** Throws when the program has a problem. */
export function compileText(file: string, text: string): ProgramIr {
  const { ir, diagnostics } = analyse([{ file, text }]);
  if (ir === null) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
  return ir;
}

export interface ExpectedDecisions {
  /** By id. */
  readonly decisions: ReadonlyMap<string, Decision>;
  readonly events: number;
  /** Behind the watermark, and so skipped. */
  readonly late: number;
}

/** `partitions`: the events of each, in the order of the log, as JSON. */
export function expectedDecisions(ir: ProgramIr, partitions: readonly (readonly string[])[]): ExpectedDecisions {
  const decisions = new Map<string, Decision>();
  let events = 0;
  let late = 0;
  for (const [partition, lines] of partitions.entries()) {
    const replay = new Replay(
      createEvaluator(ir, 'interpreter'),
      {
        decision(decision) {
          if (decisions.has(decision.id)) throw new Error(`two decisions have the id ${decision.id}`);
          decisions.set(decision.id, decision);
        },
        deadLetter({ message }) {
          throw new Error(`partition ${partition}: ${message}`);
        },
      },
      recordingLimits,
    );
    const decoder = new JsonEventDecoder(replay.session.intake, {
      schema: null,
      where: `partition ${partition}`,
      now: Date.now,
    });
    for (let at = 0; at < lines.length; at += 1_000) {
      decoder.decode(Buffer.from(`${lines.slice(at, at + 1_000).join('\n')}\n`));
      replay.drain();
    }
    decoder.end();
    replay.end();
    events += replay.counts.events;
    late += replay.counts.late;
  }
  return { decisions, events, late };
}
