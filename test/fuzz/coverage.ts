// Which stretches of the grammar's and the compiler's code an input ran through, as the engine of JavaScript counts them.

import { type Profiler, Session } from 'node:inspector';

const rootUrl = new URL('../../', import.meta.url).href;

/** Counts are told apart in powers of four: once more through a loop is news, a thousand times more is not. */
const bucketsMax = 6;

export class Coverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since the last call: stretches with how often, both in one word. */
  take(): readonly string[] {
    let result: readonly Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (_, answer) => {
      result = answer.result;
    });
    const ran: string[] = [];
    for (const { url, functions } of result) {
      const file = url.startsWith(rootUrl) ? url.slice(rootUrl.length) : '';
      if (!/^(?:grammar|compiler|cli)\//.test(file)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          if (count === 0) continue;
          const bucket = Math.min(bucketsMax, Math.floor(Math.log2(count) / 2));
          ran.push(`${file} ${startOffset} ${endOffset} ${bucket}`);
        }
      }
    }
    return ran;
  }

  stop(): void {
    this.#session.disconnect();
  }
}
