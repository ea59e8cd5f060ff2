// The types a metric may be declared with, and the units that fit each on the wire.

import {
  boolType,
  bytesType,
  counterType,
  durationType,
  numberType,
  quantity,
  rateType,
  ratioType,
  type Type,
} from './types.ts';
import { kindTypes, type UnitEntry, type UnitKind, wireUnits } from './units.ts';

export interface MetricTypeEntry {
  readonly name: string;
  readonly type: Type;
  /** Kinds of units that may follow `in`. */
  readonly units: readonly UnitKind[];
  readonly doc: string;
  readonly example: string;
}

export const metricTypes: readonly MetricTypeEntry[] = [
  {
    name: 'number',
    type: numberType,
    units: [],
    doc: 'a plain number that may go up and down',
    example: 'metric queue_depth: number',
  },
  {
    name: 'ratio',
    type: ratioType,
    units: ['ratio'],
    doc: 'a share of a whole, 0 to 1',
    example: 'metric error_rate: ratio in percent',
  },
  {
    name: 'duration',
    type: durationType,
    units: ['duration'],
    doc: 'a length of time, in seconds unless said otherwise',
    example: 'metric latency_p99: duration in ms',
  },
  {
    name: 'bytes',
    type: bytesType,
    units: ['bytes'],
    doc: 'an amount of data',
    example: 'metric memory: bytes in MiB',
  },
  {
    name: 'rate',
    type: rateType,
    units: ['rate', 'bytes-rate'],
    doc: 'so many per second',
    example: 'metric throughput: rate in per_minute',
  },
  {
    name: 'counter',
    type: counterType,
    units: ['duration', 'bytes'],
    doc: 'a total that only grows until it restarts; read it through `rate` or `increase`',
    example: 'metric requests: counter',
  },
  {
    name: 'histogram',
    type: { kind: 'histogram', of: numberType },
    units: [],
    doc: 'how many observations lie where, of a quantity that stands behind `of`; read it through `p99(x over 5m)`, `quantile`, `avg`, `sum`, `count` or `rate`, of all members together `p99(x over 5m across TAG)`',
    example: 'metric delay: histogram of duration in s from "http.server.duration"',
  },
  { name: 'bool', type: boolType, units: [], doc: '0 is false, anything else is true', example: 'metric ready: bool' },
];

export const metricTypeByName: ReadonlyMap<string, MetricTypeEntry> = new Map(
  metricTypes.map((entry) => [entry.name, entry]),
);

/** Types that a parameter of a policy may have. */
export const tunableTypes: ReadonlyMap<string, Type> = new Map(
  ['number', 'ratio', 'duration', 'bytes', 'rate', 'bool'].flatMap((name): [string, Type][] => {
    const entry = metricTypeByName.get(name);
    return entry === undefined ? [] : [[name, entry.type]];
  }),
);

/** Names of the wire units that fit a metric type. */
export function fittingUnits(entry: MetricTypeEntry): readonly string[] {
  return [...wireUnits.values()].filter((unit) => entry.units.includes(unit.kind)).map((unit) => unit.name);
}

/** The type of a metric declared as `entry` with `unit` on the wire: a `counter in KiB` counts bytes. */
export function metricType(entry: MetricTypeEntry, unit: UnitEntry | null): Type {
  if (unit === null || entry.type.kind !== 'quantity') return entry.type;
  const dimension = kindTypes[unit.kind];
  return quantity(dimension.time, dimension.bytes, entry.type.flavour);
}
