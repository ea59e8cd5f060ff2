// The source of chance. The only file that draws random numbers.

export interface Random {
  /** A number from 0 up to, and without, 1. */
  next(): number;
}

export const systemRandom: Random = { next: () => Math.random() };
