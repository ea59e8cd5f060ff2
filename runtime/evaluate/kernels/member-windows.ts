// A kernel whose state is kept per member: each has one of its own, which is thrown away when its number is.

import type { Kernel, MemberKernel } from '../../contract.ts';

export class MemberWindows implements MemberKernel {
  readonly #own: (Kernel | null)[] = [];
  readonly #create: () => Kernel;
  readonly #outputs: number;

  constructor(outputs: number, create: () => Kernel) {
    this.#outputs = outputs;
    this.#create = create;
  }

  push(member: number, time: number, value: number, out: Float64Array, at: number): void {
    if (member < 0) {
      for (let k = 0; k < this.#outputs; k++) out[at + k] = Number.NaN;
      return;
    }
    while (this.#own.length <= member) this.#own.push(null);
    let own = this.#own[member];
    if (own === null) {
      own = this.#create();
      this.#own[member] = own;
    }
    own.push(0, time, value, out, at);
  }

  forget(member: number): void {
    if (member < this.#own.length) this.#own[member] = null;
  }
}
