// The protobuf wire format, read in place. Every read is checked against the end of the message at hand; what does not
// fit throws `MalformedBody`, which the decoders turn into one error. Unknown fields are passed over by their length.

/** What is wrong with a body, for its sender. Never leaves the decoders. */
export class MalformedBody extends Error {}

export const wireVarint = 0;
export const wireFixed64 = 1;
export const wireBytes = 2;
export const wireFixed32 = 5;

export class ProtobufReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  /** The next byte to be read. */
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Field number × 8 + wire type. */
  tag(end: number): number {
    const tag = this.#varint32(end);
    if (tag >>> 3 === 0) throw new MalformedBody(`there is a field with the number 0 at byte ${this.at - 1}`);
    return tag;
  }

  /** An unsigned integer below 2^32; of a larger one the lower 32 bits. */
  #varint32(end: number): number {
    const bytes = this.bytes;
    let p = this.at;
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (p >= end) throw truncated(p, 'a number');
      const byte = bytes[p++];
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = p;
        return value >>> 0;
      }
    }
    throw new MalformedBody(`the number at byte ${this.at} is longer than ten bytes`);
  }

  varint32(end: number): number {
    return this.#varint32(end);
  }

  /** A signed integer of 64 bits, as text. */
  int64Text(end: number): string {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= end) throw truncated(this.at, 'a number');
      const byte = this.bytes[this.at++];
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value).toString();
    }
    throw new MalformedBody(`the number before byte ${this.at} is longer than ten bytes`);
  }

  /** Reads a length and returns where the bytes behind it end; `at` is their start. */
  length(end: number): number {
    const length = this.#varint32(end);
    if (length > end - this.at) {
      throw new MalformedBody(
        `it is truncated: a field of ${length} bytes begins at byte ${this.at}, where ${end - this.at} are left`,
      );
    }
    return this.at + length;
  }

  double(end: number): number {
    this.#need(8, end);
    const value = this.#view.getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  /** A signed integer of 64 bits, rounded to the nearest double. */
  sfixed64(end: number): number {
    this.#need(8, end);
    const low = this.#view.getUint32(this.at, true);
    const high = this.#view.getInt32(this.at + 4, true);
    this.at += 8;
    return high * 4_294_967_296 + low;
  }

  /** An unsigned number of nanoseconds in whole milliseconds. Divides in two steps: 64 bits don't fit a double. */
  nanosecondsAsMs(end: number): number {
    this.#need(8, end);
    const low = this.#view.getUint32(this.at, true);
    const high = this.#view.getUint32(this.at + 4, true);
    this.at += 8;
    const quotient = Math.floor(high / 1e6);
    const rest = (high - quotient * 1e6) * 4_294_967_296 + low;
    return quotient * 4_294_967_296 + Math.floor(rest / 1e6);
  }

  /** Passes over the value of a field that is not wanted. */
  skip(tag: number, end: number): void {
    const wire = tag & 7;
    if (wire === wireBytes) this.at = this.length(end);
    else if (wire === wireVarint) this.#varint32(end);
    else if (wire === wireFixed64 || wire === wireFixed32) {
      const size = wire === wireFixed64 ? 8 : 4;
      this.#need(size, end);
      this.at += size;
    } else throw new MalformedBody(`byte ${this.at - 1} begins no field that protobuf knows`);
  }

  #need(size: number, end: number): void {
    if (end - this.at < size) throw truncated(this.at, `${size} bytes`);
  }
}

function truncated(at: number, wanted: string): MalformedBody {
  return new MalformedBody(`it is truncated: ${wanted} should follow at byte ${at}`);
}
