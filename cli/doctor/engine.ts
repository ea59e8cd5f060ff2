// A running engine as the doctor sees it: what it answers at `/readyz` and `/metrics`.

import { problemSchema } from '../../runtime/control/schemas.ts';
import type { EngineSurroundings } from '../../runtime/observe/doctor/check.ts';
import { type FetchAnswer, systemFetch } from '../../runtime/ports/fetch.ts';

const answerMs = 3_000;
const answerBytesMax = 16 * 1024 * 1024;

export function engineSurroundings(engine: URL): EngineSurroundings {
  let scrape: Promise<FetchAnswer> | null = null;
  return {
    address: engine.origin,
    async notReady() {
      const answer = await get(new URL('/readyz', engine));
      if (answer.status === 200) return null;
      if (answer.status !== 503) throw noEngine(answer, '/readyz');
      return problemSchema.safeParse(json(answer.body)).data?.detail ?? 'it does not say why';
    },
    async metric(name) {
      scrape ??= get(new URL('/metrics', engine));
      const answer = await scrape;
      if (answer.status !== 200) throw noEngine(answer, '/metrics');
      return metricIn(answer.body, name);
    },
  };
}

async function get(url: URL): Promise<FetchAnswer> {
  const signal = AbortSignal.timeout(answerMs);
  try {
    return await systemFetch({ method: 'GET', url: url.href, headers: {}, body: null, signal, answerBytesMax });
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer within ${answerMs / 1000} s`, { cause: error });
    throw error;
  }
}

function noEngine({ status }: FetchAnswer, path: string): Error {
  return new Error(`it answers ${status} to ${path}; is it the address of an engine’s receiver, such as port 4318?`);
}

/** Prometheus's text form: a line for each value, the name first where there are no labels. */
function metricIn(text: string, name: string): number | null {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  const value = Number(line?.slice(name.length + 1).split(' ', 1)[0] ?? Number.NaN);
  return Number.isNaN(value) ? null : value;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
