// Another program takes over a running one's state at a batch boundary: every policy whose meaning is unchanged keeps its
// timers and whether it is active, every window that means the same its samples, and so do members, waiting rows and the
// time reached. What is new begins empty. Nothing is copied key by key but for what changes its shape: a carry takes as
// long as the programs are large, not as there are keys.

import type { Evaluator, SessionListener } from '../session.ts';
import { Session } from '../session.ts';
import { adoptStream } from './carry-stream.ts';
import type { NameChanges } from './name-changes.ts';
import { matchPrograms } from './program-match.ts';

/** What a carry did, for people. */
export interface CarryReport {
  /** Policies that go on with what they remember, and those that begin anew, by name. */
  readonly kept: readonly string[];
  readonly begun: readonly string[];
  /** Rows that waited for a schema that is gone or has another key: they are not judged. */
  readonly rowsLost: number;
}

/**
 * The session that goes on with `to`; `from` must not be used any more, also by decoders. What `from` has taken and not
 * judged is judged by its own program first, as far as the watermark has come. A policy that changed only in a threshold
 * keeps its windows and not its timers.
 */
export function carry(from: Session, to: Evaluator, listener: SessionListener = from.listener): Session {
  from.partition.drain();
  const match = matchPrograms(from.evaluator.meta, to.meta);
  const next = new Session(to, listener, from.intake.limits);
  next.intake.adopt(from.intake);
  next.partition.adoptTime(from.partition);
  for (const [schema, former] of match.schemas.entries()) {
    if (former === null) continue;
    const [names, formerNames] = [next.intake.schemas[schema], from.intake.schemas[former.schema]];
    const changes: NameChanges = {
      keys: names.keys.adopt(formerNames.keys),
      tags: names.tags.map((tag, index) => {
        const before = former.tags[index];
        return before < 0 ? { from: [], to: [] } : tag.adopt(formerNames.tags[before]);
      }),
    };
    const before = from.partition.streams[former.schema];
    adoptStream({
      from: before,
      to: next.partition.streams[schema],
      former,
      program: to.meta,
      policies: match.policies,
      faults: from.partition.faults,
      changes,
      watermark: from.partition.timeMax - before.latenessMs,
    });
  }
  return next;
}

/** What `carry` would keep of a session of `from`, and what it lost. */
export function carryReport(from: Session, to: Evaluator): CarryReport {
  const { schemas, policies } = matchPrograms(from.evaluator.meta, to.meta);
  const named = (kept: boolean): string[] =>
    to.meta.policies.flatMap(({ name }, index) => (policies[index] >= 0 === kept ? [name] : []));
  const lives = new Set(schemas.map((schema) => schema?.schema));
  const lost = from.intake.schemas.filter(({ index }) => !lives.has(index));
  const rowsLost = lost.reduce((sum, { index }) => sum + from.partition.streams[index].pending.rows, 0);
  return { kept: named(true), begun: named(false), rowsLost };
}
