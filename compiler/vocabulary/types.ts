// Types of values. A quantity has a dimension (powers of time and of bytes) and, when it has none, says whether it is a
// share of a whole. The type `error` absorbs: what is wrong once is not reported again.

/** `either`: a number without a dimension that may be read as a count or as a ratio: `2`, `a / b`. */
export type Flavour = 'number' | 'ratio' | 'either' | 'counter';

export interface QuantityType {
  readonly kind: 'quantity';
  /** Power of seconds: 1 for a duration, −1 for a rate. */
  readonly time: number;
  /** Power of bytes. */
  readonly bytes: number;
  readonly flavour: Flavour;
}

export type Type =
  | QuantityType
  | { readonly kind: 'bool' }
  | { readonly kind: 'text' }
  /** A distribution; only windows can be asked of it. */
  | { readonly kind: 'histogram'; readonly of: QuantityType }
  /** A tag or the key; `values` is its closed set. */
  | { readonly kind: 'tag'; readonly name: string; readonly values: readonly string[] | null }
  | { readonly kind: 'error' };

export function quantity(time: number, bytes: number, flavour: Flavour = 'number'): QuantityType {
  return { kind: 'quantity', time, bytes, flavour };
}

export const numberType: QuantityType = quantity(0, 0, 'number');
export const eitherType: QuantityType = quantity(0, 0, 'either');
export const ratioType: QuantityType = quantity(0, 0, 'ratio');
export const durationType: QuantityType = quantity(1, 0);
export const bytesType: QuantityType = quantity(0, 1);
export const rateType: QuantityType = quantity(-1, 0);
export const counterType: QuantityType = quantity(0, 0, 'counter');
export const boolType: Type = { kind: 'bool' };
export const textType: Type = { kind: 'text' };
export const errorType: Type = { kind: 'error' };

export function sameDimension(left: QuantityType, right: QuantityType): boolean {
  return left.time === right.time && left.bytes === right.bytes;
}

/** May the two stand on both sides of a comparison, `+` or `-`? */
export function compatible(left: QuantityType, right: QuantityType): boolean {
  if (!sameDimension(left, right)) return false;
  if (left.time !== 0 || left.bytes !== 0) return true;
  return left.flavour === right.flavour || left.flavour === 'either' || right.flavour === 'either';
}

/** The type of `left + right`, given that they are compatible. */
export function sumType(left: QuantityType, right: QuantityType): QuantityType {
  return left.flavour === 'either' ? right : left;
}

export function productType(left: QuantityType, right: QuantityType): QuantityType {
  return dimensioned(left.time + right.time, left.bytes + right.bytes, productFlavour(left, right));
}

export function quotientType(left: QuantityType, right: QuantityType): QuantityType {
  return dimensioned(left.time - right.time, left.bytes - right.bytes, quotientFlavour(left, right));
}

function dimensioned(time: number, bytes: number, flavour: Flavour): QuantityType {
  return time === 0 && bytes === 0 ? quantity(0, 0, flavour) : quantity(time, bytes);
}

function productFlavour(left: QuantityType, right: QuantityType): Flavour {
  if (isDimensioned(left) || isDimensioned(right)) return 'either';
  if (left.flavour === right.flavour) return left.flavour;
  // `error_rate * 100` may be meant as a percentage, `requests * 5%` is a number of requests.
  return left.flavour === 'either' || right.flavour === 'either' ? 'either' : 'number';
}

function quotientFlavour(left: QuantityType, right: QuantityType): Flavour {
  if (!isDimensioned(left) && left.flavour === 'ratio' && right.flavour === 'either') return 'ratio';
  return 'either';
}

function isDimensioned(type: QuantityType): boolean {
  return type.time !== 0 || type.bytes !== 0;
}

/** The type's name for people: `ratio`, `duration`, `bytes per second`. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'bool':
      return 'bool';
    case 'text':
      return 'text';
    case 'histogram':
      return `histogram of ${quantityName(type.of)}`;
    case 'tag':
      return 'tag';
    case 'error':
      return 'unknown';
    case 'quantity':
      return quantityName(type);
  }
}

function quantityName(type: QuantityType): string {
  if (type.flavour === 'counter') return 'counter';
  if (type.time === 0 && type.bytes === 0) return type.flavour === 'ratio' ? 'ratio' : 'number';
  if (type.time === 1 && type.bytes === 0) return 'duration';
  if (type.time === 0 && type.bytes === 1) return 'bytes';
  if (type.time === -1 && type.bytes === 0) return 'rate';
  if (type.time === -1 && type.bytes === 1) return 'bytes per second';
  return `quantity in ${[power('B', type.bytes), power('s', type.time)].filter((part) => part !== '').join('·')}`;
}

function power(unit: string, exponent: number): string {
  if (exponent === 0) return '';
  return exponent === 1 ? unit : `${unit}^${exponent}`;
}

/** With its article, for messages: `a ratio`, `a condition`. */
export function describeType(type: Type): string {
  if (type.kind === 'bool') return 'a condition';
  if (type.kind === 'text') return 'text';
  const name = typeName(type);
  return name.startsWith('bytes') ? name : `a ${name}`;
}

/** A literal of the type, for advice. */
export function exampleLiteral(type: Type): string {
  switch (typeName(type)) {
    case 'bool':
      return 'true';
    case 'ratio':
      return '5%';
    case 'duration':
      return '500ms';
    case 'bytes':
      return '2GiB';
    case 'rate':
      return '100/s';
    case 'bytes per second':
      return '10MB/s';
    default:
      return '100';
  }
}
