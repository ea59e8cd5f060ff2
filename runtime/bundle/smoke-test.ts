// A verified bundle's first run, before it judges anything real: its modules are loaded and made-up events of every schema
// go through a session, decoder included. It must not throw. The same bundle sees the same events.

import type { SchemaMeta, TagMeta } from '../contract.ts';
import { createKernel } from '../evaluate/kernels.ts';
import { Session } from '../evaluate/session.ts';
import { JsonEventDecoder } from '../sources/json-events.ts';
import { BundleError, loadProgram } from './load.ts';
import type { Bundle } from './read.ts';

export interface SmokeReport {
  readonly events: number;
  readonly decisions: number;
}

/** By schema; at the schema's own pace, so that timers of some minutes run out. */
const eventsPerSchema = 240;
const keysMax = 4;
const linesPerSlice = 16;
/** What repeats in between must not pile up. */
const everyMsMax = 60_000;
const startMs = Date.UTC(2026, 0, 5);
const dayMs = 86_400_000;
const silenceMs = 5 * 60_000;
const silenceStepMs = 5_000;
/** Metrics take these in turn; `null` is sent as null, `undefined` is left out. */
const values = [0, 1, 0.5, 95, 1200, 1e9, -3, 1e-9, null, undefined, 7.25];

/** @throws BundleError `does-not-load` or `throws`. */
export function smokeTest({ meta, modules }: Pick<Bundle, 'meta' | 'modules'>): SmokeReport {
  const code = loadProgram(meta, modules);
  let decisions = 0;
  const session = new Session(
    { meta, code, createKernel },
    {
      propose: () => decisions++,
      rearm: () => {},
      skip: () => {},
      late: () => {},
      deadLetter: () => {},
      fault: (policy, error) => fail(`policy \`${policy}\` fails`, error),
    },
  );
  try {
    const end = startMs + 10_000 * dayMs;
    const decoder = new JsonEventDecoder(session.intake, { schema: null, where: 'smoke test', now: () => end });
    for (const schema of meta.schemas) {
      const lines = Buffer.from(eventLines(schema));
      for (let at = 0; at < lines.length; ) {
        at = decoder.decode(lines, linesPerSlice, at);
        session.partition.drain();
      }
    }
    // Deadlines pass too, in steps, since what fires in one is kept until its end.
    const lastMs = session.partition.timeMax;
    for (let ms = silenceStepMs; ms <= silenceMs; ms += silenceStepMs) session.partition.passTime(lastMs + ms);
    session.partition.close();
  } catch (error) {
    fail('it fails', error);
  }
  return { events: session.intake.seq, decisions };
}

function fail(what: string, error: unknown): never {
  if (error instanceof BundleError) throw error;
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  throw new BundleError(`${what} on made-up events: ${said.slice(0, 300)}; compile it again`, 'throws');
}

function eventLines(schema: SchemaMeta): string {
  const keys = textsOf(schema.key);
  const everyMs = Math.min(schema.everyMs ?? 1000, everyMsMax);
  const lines = Array.from({ length: eventsPerSchema }, (_, index) => {
    const tags: [string, string][] = [];
    const put = (tag: TagMeta, turn: number): void => {
      const texts = textsOf(tag);
      for (const name of wireNames(tag)) tags.push([name, texts[turn % texts.length]]);
    };
    put(schema.key, index % keys.length);
    for (const [place, tag] of schema.tags.entries()) {
      if (tag.pattern === undefined && (index + place) % 7 !== 0) put(tag, index + place);
    }
    const metrics = schema.metrics.map(({ from, histogram }, place) => {
      // A stretch of equal values lets `for` come true; a prime makes metrics differ.
      const value = values[(Math.floor(index / 40) + place * 3 + (index % 40 > 30 ? index : 0)) % values.length];
      return [from, histogram === true && typeof value === 'number' ? histogramOf(index) : value];
    });
    return JSON.stringify({
      id: `smoke-${index}`,
      timestamp: startMs + index * everyMs,
      schema: schema.name,
      metrics: Object.fromEntries(metrics),
      tags: Object.fromEntries(tags),
    });
  });
  return `${lines.join('\n')}\n`;
}

function histogramOf(index: number): object {
  const counts = [index, index * 2, index % 5, 0];
  return { bounds: [0.1, 1, 10], counts, sum: index * 1.5, temporality: 'cumulative', start: startMs - 1000 };
}

function textsOf({ values: closed, literals }: TagMeta): readonly string[] {
  const texts = [...new Set([...literals, ...(closed ?? ['smoke-1', 'smoke-2'])])].filter((text) => text !== '');
  return texts.length === 0 ? ['smoke-1'] : texts.slice(0, keysMax);
}

function wireNames({ from, source }: TagMeta): readonly string[] {
  if (source === undefined) return [from];
  return source.kind === 'names' ? source.names : [];
}
