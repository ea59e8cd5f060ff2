// An oracle case through the path of `ddlc backtest --report episodes`.

import { backtest } from '../../cli/backtest.ts';
import { createEvaluator, type EvaluatorKind } from '../../cli/program.ts';
import { analyse } from '../../compiler/analyse.ts';
import type { Firing, OracleCase, OracleEvent } from './cases.ts';
import { policyText } from './policy-text.ts';

/** Later than every event of a case. */
const clockMs = Date.parse('2030-01-01T00:00:00Z');

/** The episodes of the case's policy, in order of key and time. Throws when something does not compile or is not judged. */
export async function replayCase(
  oracle: OracleCase,
  events: readonly OracleEvent[],
  kind: EvaluatorKind,
): Promise<readonly Firing[]> {
  const { ir, diagnostics } = analyse([{ file: `${oracle.id}.ddl`, text: policyText(oracle) }]);
  if (ir === null) throw new Error(`${oracle.id}: ${diagnostics.map((found) => found.message).join('\n')}`);
  const firings: Firing[] = [];
  const { counts } = await backtest(createEvaluator(ir, kind), [jsonLines(events)], {
    schema: null,
    where: oracle.id,
    report: 'episodes',
    now: () => clockMs,
    write: (line) => firings.push(firingOf(JSON.parse(line))),
    deadLetter: (letter) => {
      throw new Error(letter.message);
    },
  });
  if (counts.events !== events.length || counts.late > 0)
    throw new Error(`${oracle.id}: ${counts.events} of ${events.length} events were judged, ${counts.late} came late`);
  return sortFirings(firings);
}

export function sortFirings(firings: readonly Firing[]): readonly Firing[] {
  return [...firings].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.firedAt - b.firedAt));
}

function firingOf(line: { key: string; firedAt: string; resolvedAt: string | null }): Firing {
  const { key, firedAt, resolvedAt } = line;
  return { key, firedAt: Date.parse(firedAt), resolvedAt: resolvedAt === null ? null : Date.parse(resolvedAt) };
}

const encoded = new WeakMap<readonly OracleEvent[], Uint8Array>();

/** Encoded once, since several cases and all evaluators read the same recording. */
function jsonLines(events: readonly OracleEvent[]): Uint8Array {
  const known = encoded.get(events);
  if (known !== undefined) return known;
  const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  encoded.set(events, bytes);
  return bytes;
}
