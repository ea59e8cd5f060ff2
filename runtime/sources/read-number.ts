// A JSON number from bytes, with the same bits that JSON.parse gives.

const ten = Float64Array.from({ length: 16 }, (_, power) => 10 ** power);
const exactMax = 2 ** 53;

/**
 * Reads the JSON number at `p` into `out[index]` and returns the first position behind it; −1 when there is none. A byte
 * that is no part of a number must follow before `bytes` end.
 *
 * Digits below 2^53 divided by a power of ten up to 10^22 are rounded once, hence correctly (Clinger, "How to read
 * floating point numbers accurately", 1990). Longer ones and exponents take the way over a string.
 */
export function readNumber(bytes: Uint8Array, p: number, out: Float64Array, index: number): number {
  const start = p;
  let byte = bytes[p];
  const negative = byte === 45;
  if (negative) byte = bytes[++p];
  const first = p;
  // Up to nine digits fit an integer of 32 bits, which is twice as fast; with more, what wraps round here is not used.
  let mantissa = 0;
  while (byte >= 48 && byte <= 57) {
    mantissa = (Math.imul(mantissa, 10) + (byte - 48)) | 0;
    byte = bytes[++p];
  }
  let digits = p - first;
  if (digits === 0 || (digits > 1 && bytes[first] === 48)) return -1;
  let decimals = 0;
  if (byte === 46) {
    const point = p;
    byte = bytes[++p];
    while (byte >= 48 && byte <= 57) {
      mantissa = (Math.imul(mantissa, 10) + (byte - 48)) | 0;
      byte = bytes[++p];
    }
    decimals = p - point - 1;
    if (decimals === 0) return -1;
    digits += decimals;
  }
  if (byte === 101 || byte === 69) return exponent(bytes, start, p, out, index);
  if (digits > 9) {
    if (digits > 16 || decimals > 15) out[index] = Number(latin1(bytes, start, p));
    else longNumber(bytes, start, p, decimals, out, index);
    return p;
  }
  const value = decimals > 0 ? mantissa / ten[decimals] : mantissa;
  out[index] = negative ? -value : value;
  return p;
}

/** Up to 16 digits. Writes its result, since V8 makes an object of a fraction that is returned. */
function longNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
  decimals: number,
  out: Float64Array,
  index: number,
): void {
  const negative = bytes[start] === 45;
  let mantissa = 0;
  for (let p = negative ? start + 1 : start; p < end; p++) {
    if (bytes[p] !== 46) mantissa = mantissa * 10 + (bytes[p] - 48);
  }
  if (mantissa >= exactMax) {
    out[index] = Number(latin1(bytes, start, end));
    return;
  }
  const value = mantissa / ten[decimals];
  out[index] = negative ? -value : value;
}

/** `p` is at the `e`. */
function exponent(bytes: Uint8Array, start: number, p: number, out: Float64Array, index: number): number {
  let byte = bytes[++p];
  if (byte === 43 || byte === 45) byte = bytes[++p];
  const first = p;
  while (byte >= 48 && byte <= 57) byte = bytes[++p];
  if (p === first) return -1;
  out[index] = Number(latin1(bytes, start, p));
  return p;
}

function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}
