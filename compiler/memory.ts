// What a step found out about a declaration the last time, and what it reported then. Used again while the declaration
// is the same object and all that it can see around it is: a change of one policy costs the work for one policy.

import type { Report } from './diagnostics/reporter.ts';

interface Remembered {
  readonly value: unknown;
  readonly reports: readonly Parameters<Report>[];
}

export class Memory {
  #seen: readonly object[] | null = null;
  #steps = new Map<string, WeakMap<object, Remembered>>();
  /** Stands for everything that policies can see; another object when any of that is another one. */
  surroundings: object = {};

  /** To be told before each run what policies can see of the program: all is forgotten when it is not the same. */
  enter(seen: readonly object[]): void {
    const before = this.#seen;
    const same = before?.length === seen.length && seen.every((entry, at) => entry === before[at]);
    if (!same) this.forget();
    this.#seen = seen;
  }

  forget(): void {
    this.#seen = null;
    this.#steps = new Map();
    this.surroundings = {};
  }

  /**
   * What `make` answered for `of` in this step, remembered or made now. `make` may look at `of` and the surroundings
   * alone, and must say all that it has to say to the `report` that it is given.
   */
  recall<Value>(step: string, of: object, report: Report, make: (report: Report) => Value): Value {
    let known = this.#steps.get(step);
    if (known === undefined) {
      known = new WeakMap();
      this.#steps.set(step, known);
    }
    let entry = known.get(of);
    if (entry === undefined) {
      const reports: Parameters<Report>[] = [];
      const record: Report = (...mistake) => {
        reports.push(mistake as Parameters<Report>);
      };
      entry = { value: make(record), reports };
      known.set(of, entry);
    }
    for (const mistake of entry.reports) report(...mistake);
    return entry.value as Value;
  }
}
