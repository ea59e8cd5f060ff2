// A kernel whose state is kept per member: each has one of its own, which is thrown away when its number is.

import type { HistogramKernel, HistogramPoint, Kernel, MemberKernel } from '../../contract.ts';

export class MemberWindows implements MemberKernel, HistogramKernel {
  readonly #own: (Kernel | null)[] = [];
  readonly #create: () => Kernel;
  readonly #outputs: number;

  constructor(outputs: number, create: () => Kernel) {
    this.#outputs = outputs;
    this.#create = create;
  }

  push(member: number, time: number, value: number, out: Float64Array, at: number): void {
    if (member < 0) this.#unknown(out, at);
    else this.#ownOf(member).push(0, time, value, out, at);
  }

  observe(member: number, time: number, point: HistogramPoint | null, out: Float64Array, at: number): void {
    if (member < 0) this.#unknown(out, at);
    else (this.#ownOf(member) as HistogramKernel).observe(0, time, point, out, at);
  }

  #unknown(out: Float64Array, at: number): void {
    for (let k = 0; k < this.#outputs; k++) out[at + k] = Number.NaN;
  }

  #ownOf(member: number): Kernel {
    while (this.#own.length <= member) this.#own.push(null);
    let own = this.#own[member];
    if (own === null) {
      own = this.#create();
      this.#own[member] = own;
    }
    return own;
  }

  forget(member: number): void {
    if (member < this.#own.length) this.#own[member] = null;
  }
}
