// Arithmetic on doubles without rounding, by whole numbers of any size: what the interpreter's windows are held to.

/** `mantissa · 2^exponent` */
export interface ExactNumber {
  readonly mantissa: bigint;
  readonly exponent: number;
}

/** A finite double as it is. */
export function exact(x: number): ExactNumber {
  let exponent = 0;
  let scaled = x;
  // Powers of two cost a double nothing while it does not become subnormal.
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    exponent--;
  }
  return { mantissa: BigInt(scaled), exponent };
}

export function add(left: ExactNumber, right: ExactNumber): ExactNumber {
  const exponent = Math.min(left.exponent, right.exponent);
  return { mantissa: shifted(left, exponent) + shifted(right, exponent), exponent };
}

export function subtract(left: ExactNumber, right: ExactNumber): ExactNumber {
  return add(left, { mantissa: -right.mantissa, exponent: right.exponent });
}

export function multiply(left: ExactNumber, right: ExactNumber): ExactNumber {
  return { mantissa: left.mantissa * right.mantissa, exponent: left.exponent + right.exponent };
}

export function sumOf(numbers: readonly ExactNumber[]): ExactNumber {
  return numbers.reduce(add, { mantissa: 0n, exponent: 0 });
}

/** The nearest double, of two equally near the even one; for numbers whose whole part a double can hold. */
export function nearest({ mantissa, exponent }: ExactNumber): number {
  // More than a thousand bits behind the point: a double holds 53, and one more says that others follow.
  const bits = mantissa.toString(2).length;
  const surplus = BigInt(Math.max(0, bits - 900));
  const kept = mantissa >> surplus;
  const sticky = kept << surplus === mantissa ? kept : kept | 1n;
  const power = exponent + Number(surplus);
  return Number(sticky) * 2 ** Math.trunc(power / 2) * 2 ** (power - Math.trunc(power / 2));
}

/** The same of a number divided by a whole one. */
export function nearestQuotient({ mantissa, exponent }: ExactNumber, count: number): number {
  // So many bits more than a double holds, and one that says whether others follow.
  const scaled = (mantissa < 0n ? -mantissa : mantissa) << 160n;
  const divisor = BigInt(count);
  const kept = ((scaled / divisor) << 1n) | (scaled % divisor === 0n ? 0n : 1n);
  return nearest({ mantissa: mantissa < 0n ? -kept : kept, exponent: exponent - 161 });
}

function shifted({ mantissa, exponent }: ExactNumber, to: number): bigint {
  return mantissa << BigInt(exponent - to);
}
