// Units: those written after a number (`5%`, `500ms`, `10MB/s`) and those that name the unit on the wire (`in ms`).
// A value in a unit × `multiply` ÷ `divide` is canonical: seconds, bytes, 0..1, per second. One of the two is 1.

import type { QuantityLiteral } from '../../grammar/ast.ts';
import { bytesType, durationType, eitherType, type QuantityType, quantity, ratioType } from './types.ts';

export type UnitKind = 'ratio' | 'duration' | 'bytes' | 'rate' | 'bytes-rate';

export interface UnitEntry {
  readonly name: string;
  readonly kind: UnitKind;
  readonly multiply: number;
  readonly divide: number;
  /** Where it may be written: after a number, after `in`, or both. */
  readonly literal: boolean;
  readonly wire: boolean;
  readonly doc: string;
}

function unit(name: string, kind: UnitKind, multiply: number, divide: number, places: string, doc: string): UnitEntry {
  return { name, kind, multiply, divide, literal: places.includes('literal'), wire: places.includes('wire'), doc };
}

const kibi = 1024;

/** Every unit of the language. */
export const units: readonly UnitEntry[] = [
  unit('%', 'ratio', 1, 100, 'literal', 'percent: `5%` is 0.05'),
  unit('percent', 'ratio', 1, 100, 'wire', '0 to 100 on the wire'),
  unit('ns', 'duration', 1, 1e9, 'wire', 'nanoseconds'),
  unit('us', 'duration', 1, 1e6, 'wire', 'microseconds'),
  unit('ms', 'duration', 1, 1000, 'literal wire', 'milliseconds'),
  unit('s', 'duration', 1, 1, 'literal wire', 'seconds'),
  unit('m', 'duration', 60, 1, 'literal wire', 'minutes'),
  unit('h', 'duration', 3600, 1, 'literal wire', 'hours'),
  unit('d', 'duration', 86_400, 1, 'literal wire', 'days of 24 hours'),
  unit('B', 'bytes', 1, 1, 'literal wire', 'bytes'),
  unit('kB', 'bytes', 1e3, 1, 'literal wire', '1,000 bytes'),
  unit('MB', 'bytes', 1e6, 1, 'literal wire', '1,000,000 bytes'),
  unit('GB', 'bytes', 1e9, 1, 'literal wire', '10^9 bytes'),
  unit('TB', 'bytes', 1e12, 1, 'literal wire', '10^12 bytes'),
  unit('KiB', 'bytes', kibi, 1, 'literal wire', '1,024 bytes'),
  unit('MiB', 'bytes', kibi ** 2, 1, 'literal wire', '1,024 KiB'),
  unit('GiB', 'bytes', kibi ** 3, 1, 'literal wire', '1,024 MiB'),
  unit('TiB', 'bytes', kibi ** 4, 1, 'literal wire', '1,024 GiB'),
  unit('per_second', 'rate', 1, 1, 'wire', 'per second'),
  unit('per_minute', 'rate', 1, 60, 'wire', 'per minute'),
  unit('per_hour', 'rate', 1, 3600, 'wire', 'per hour'),
  unit('bytes_per_second', 'bytes-rate', 1, 1, 'wire', 'bytes per second'),
  unit('KiB_per_second', 'bytes-rate', kibi, 1, 'wire', 'KiB per second'),
  unit('MiB_per_second', 'bytes-rate', kibi ** 2, 1, 'wire', 'MiB per second'),
];

export const kindTypes: Readonly<Record<UnitKind, QuantityType>> = {
  ratio: ratioType,
  duration: durationType,
  bytes: bytesType,
  rate: quantity(-1, 0),
  'bytes-rate': quantity(-1, 1),
};

export const wireUnits: ReadonlyMap<string, UnitEntry> = new Map(
  units.filter((entry) => entry.wire).map((entry) => [entry.name, entry]),
);

const literalUnits: ReadonlyMap<string, UnitEntry> = new Map(
  units.filter((entry) => entry.literal).map((entry) => [entry.name, entry]),
);

export interface ResolvedUnit {
  readonly type: QuantityType;
  readonly multiply: number;
  readonly divide: number;
}

const bare: ResolvedUnit = { type: eitherType, multiply: 1, divide: 1 };

/** What is written after a number: a unit, or a unit per duration (`/s`, `MB/s`); `null` when there is no such unit. */
export function resolveUnit(text: string | null): ResolvedUnit | null {
  if (text === null) return bare;
  const plain = literalUnits.get(text);
  if (plain !== undefined) return { type: kindTypes[plain.kind], multiply: plain.multiply, divide: plain.divide };
  const slash = text.indexOf('/');
  if (slash < 0) return null;
  const per = literalUnits.get(text.slice(slash + 1));
  const above = slash === 0 ? bare : resolveUnit(text.slice(0, slash));
  if (
    per?.kind !== 'duration' ||
    above === null ||
    above.type.flavour === 'ratio' ||
    text.indexOf('/') !== text.lastIndexOf('/')
  )
    return null;
  return {
    type: quantity(above.type.time - 1, above.type.bytes, above.type.time === 1 ? 'either' : 'number'),
    multiply: above.multiply * per.divide,
    divide: above.divide * per.multiply,
  };
}

/** Units a person may write after a number, for suggestions. */
export const literalUnitNames: readonly string[] = [
  ...literalUnits.keys(),
  '/s',
  '/m',
  '/h',
  'B/s',
  'kB/s',
  'MB/s',
  'KiB/s',
  'MiB/s',
];

/** The canonical value of a literal (seconds, bytes, 0..1, per second); NaN when its unit is unknown. */
export function canonicalValue(literal: QuantityLiteral): number {
  const unit = resolveUnit(literal.unit);
  return unit === null ? Number.NaN : (literal.value * unit.multiply) / unit.divide;
}

/** Whole milliseconds of a duration literal; `null` when it is no duration or not whole. */
export function durationMs(literal: QuantityLiteral): number | null {
  const unit = literal.unit === null ? null : literalUnits.get(literal.unit);
  if (unit?.kind !== 'duration') return null;
  const ms = (literal.value * unit.multiply * 1000) / unit.divide;
  // `0.3s` is 300 ms although 0.3 has no exact binary form.
  const whole = Math.round(ms);
  return Math.abs(ms - whole) < 1e-6 && Number.isSafeInteger(whole) ? whole : null;
}

/** Milliseconds as a person writes them: `90s`, `5m`, `250ms`. */
export function formatMs(ms: number): string {
  for (const [size, name] of [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1000, 's'],
  ] as const) {
    if (ms >= size && ms % size === 0) return `${ms / size}${name}`;
  }
  return `${ms}ms`;
}

/** A duration written in several units, `1h30m`, as the language writes it: `90m`; `null` for anything else. */
export function inOneUnit(text: string): string | null {
  if (!/^(?:\d+(?:ms|s|m|h|d)){2,}$/.test(text)) return null;
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
  const scale = new Map(Object.entries({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }));
  return formatMs(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (scale.get(unit ?? '') ?? 0), 0));
}

/** A literal as it was written: `1.5GiB`. */
export function literalText(literal: QuantityLiteral): string {
  return `${literal.text}${literal.unit ?? ''}`;
}
