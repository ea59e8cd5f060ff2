// The events that wait to be sent: so many and no more. When it is full the oldest makes room.

import type { EmittedEvent } from './emitter-options.ts';

export class EventRing {
  readonly #slots: (EmittedEvent | null)[];
  #first = 0;
  #size = 0;

  constructor(capacity: number) {
    this.#slots = new Array<EmittedEvent | null>(capacity).fill(null);
  }

  get size(): number {
    return this.#size;
  }

  /** False when the oldest had to go. */
  push(event: EmittedEvent): boolean {
    const { length } = this.#slots;
    const full = this.#size === length;
    this.#slots[(this.#first + this.#size) % length] = event;
    if (full) this.#first = (this.#first + 1) % length;
    else this.#size++;
    return !full;
  }

  /** Takes up to `count`, oldest first. */
  take(count: number): EmittedEvent[] {
    const events: EmittedEvent[] = [];
    for (let left = Math.min(count, this.#size); left > 0; left--) {
      const event = this.#slots[this.#first];
      this.#slots[this.#first] = null;
      this.#first = (this.#first + 1) % this.#slots.length;
      this.#size--;
      if (event !== null && event !== undefined) events.push(event);
    }
    return events;
  }
}
