// A bundle's manifest: what it was made of and by, the hash of each of its files, and the program's data. A bundle comes
// from outside, so every field is checked before anything relies on it.

import { z } from 'zod';
import type { ProgramMeta } from '../contract.ts';

export const manifestFile = 'manifest.json';

/** The `.ddl` files that the bundle was compiled from: what a plan is made of. */
export const sourcesFile = 'sources.json';

/** Raised when the manifest's form changes. */
export const manifestFormat = 1;

const count = z.int().nonnegative();
const position = z.int().min(-1);
const text = z.string();
const name = z.string().min(1);
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hexadecimal');

const tagSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('names'), names: z.array(name).min(2) }),
  z.strictObject({ kind: z.literal('all'), except: z.array(name).min(1).optional() }),
  z.strictObject({ kind: z.literal('always'), value: name }),
]);

const tag = z.strictObject({
  name,
  from: name,
  source: tagSource.optional(),
  most: z.int().positive().optional(),
  values: z.array(text).nullable(),
  pattern: z.strictObject({ tag: position, glob: text }).optional(),
  literals: z.array(text),
});

const metric = z.strictObject({
  name,
  from: name,
  optional: z.boolean(),
  counter: z.boolean(),
  histogram: z.literal(true).optional(),
  multiply: z.number().positive(),
  divide: z.number().positive(),
  type: text,
});

const output = z.union([
  z.enum([
    'value',
    'sum',
    'avg',
    'count',
    'stddev',
    'first',
    'last',
    'delta',
    'changes',
    'increase',
    'rate',
    'extrapolated',
    'extrapolatedDelta',
    'extrapolatedRate',
    'latestRate',
    'slope',
    'fitted',
    'least',
    'greatest',
  ]),
  z.custom<`quantile ${number}`>(isQuantile, 'is no output of a window'),
]);

function isQuantile(value: unknown): boolean {
  const share = typeof value === 'string' && value.startsWith('quantile ') ? Number(value.slice(9)) : Number.NaN;
  return share >= 0 && share <= 1;
}

const derived = z.strictObject({
  kernel: z.enum([
    'hold',
    'sum',
    'min',
    'max',
    'ends',
    'rank',
    'changes',
    'increase',
    'trend',
    'ewma',
    'across',
    'attendance',
    'histogram',
    'merged',
    'recent',
    'share',
  ]),
  widthMs: count,
  capacity: count,
  agoMs: count,
  agoCapacity: count,
  gapMs: count,
  outputs: z.array(output),
  keys: z.array(count).optional(),
  meaning: text.optional(),
  member: count.optional(),
  label: text,
});

const schema = z.strictObject({
  name,
  key: tag,
  tags: z.array(tag),
  metrics: z.array(metric),
  everyMs: count.nullable(),
  staleMs: count,
  latenessMs: count,
  derived: z.array(derived),
  derivedWidth: count,
  lookBackMs: count,
});

const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('fleet'), fleet: name }),
  z.strictObject({ kind: z.literal('lookup'), tag: name }),
]);

const action = z.strictObject({
  name,
  target: target.nullable(),
  args: z.record(name, z.union([text, z.number(), z.boolean()])),
  timeoutMs: count,
  retry: count,
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
});

const stateSlot = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('active') }),
  z.strictObject({ kind: z.literal('last-fired') }),
  z.strictObject({ kind: z.literal('last-row') }),
  z.strictObject({ kind: z.literal('since'), timer: count }),
  z.strictObject({ kind: z.literal('seen'), timer: count }),
  z.strictObject({ kind: z.literal('last-present'), timer: count }),
  z.strictObject({ kind: z.literal('last-true'), timer: count }),
  z.strictObject({ kind: z.literal('last-unknown'), timer: count }),
]);

const policy = z.strictObject({
  name,
  schema: count,
  source: text,
  hash: text,
  id: text.optional(),
  title: text,
  owner: text,
  runbook: text,
  mode: z.enum(['shadow', 'approve', 'enforce']),
  cooldownMs: count,
  settleMs: count,
  limit: z.strictObject({ count, perMs: count }).nullable(),
  priority: z.int(),
  busy: z.literal('wait').optional(),
  maxAgeMs: count,
  actions: z.array(action),
  clauses: z.array(z.strictObject({ text, line: count, type: text })),
  requires: z.array(count),
  state: z.array(stateSlot),
  onlyKey: position,
  ticks: z.boolean(),
});

const fleet = z.strictObject({
  name,
  service: text.nullable(),
  size: z.strictObject({ min: count, max: count }).nullable(),
  change: z.strictObject({ share: z.number().nonnegative(), perMs: count }),
  resources: z.array(z.strictObject({ kind: name, args: z.array(text) })),
});

interface Dangling {
  readonly message: string;
  readonly path: readonly (string | number)[];
}

/** What indexes point at must be there: the engine does not look again. */
function danglingIndexes({
  schemas,
  policies,
}: {
  readonly schemas: readonly z.output<typeof schema>[];
  readonly policies: readonly z.output<typeof policy>[];
}): readonly Dangling[] {
  const inSchemas = schemas.flatMap(({ tags, derived: windows }, index): Dangling[] => {
    // Patterns are asked of what events carry, and stand behind all of it.
    const own = tags.findIndex(({ pattern }) => pattern !== undefined);
    const events = own < 0 ? tags.length : own;
    return [
      ...tags.flatMap(({ pattern }, tag) =>
        tag < events || (pattern !== undefined && pattern.tag < events)
          ? []
          : [{ message: 'asks a pattern of a tag that is not there', path: ['schemas', index, 'tags', tag] }],
      ),
      ...windows.flatMap(({ member }, window) =>
        member === undefined || tags[member]?.most !== undefined
          ? []
          : [{ message: 'names members that are not there', path: ['schemas', index, 'derived', window, 'member'] }],
      ),
    ];
  });
  const inPolicies = policies.flatMap((entry, index): Dangling[] => {
    const on = schemas[entry.schema];
    const dangling = (is: boolean, what: string, field: string): Dangling[] =>
      is ? [{ message: `names a ${what} that is not there`, path: ['policies', index, field] }] : [];
    if (on === undefined) return dangling(true, 'schema', 'schema');
    return [
      ...dangling(
        entry.requires.some((slot) => slot >= on.metrics.length),
        'metric',
        'requires',
      ),
      ...dangling(entry.onlyKey >= on.key.literals.length, 'key', 'onlyKey'),
    ];
  });
  return [...inSchemas, ...inPolicies];
}

const program = z
  .strictObject({
    contract: count,
    schemas: z.array(schema),
    policies: z.array(policy),
    fleets: z.array(fleet),
  })
  .check((context) => {
    for (const { message, path } of danglingIndexes(context.value))
      context.issues.push({ code: 'custom', message, input: undefined, path: [...path] });
  }) satisfies z.ZodType<ProgramMeta>;

/** Names that a bundle's files may have: nothing that could lead out of its folder. */
export const bundleFileName = /^(?:[a-z0-9][a-z0-9-]{0,63}\.(?:ts|js|js\.map)|sources\.json)$/;

export const manifestSchema = z.strictObject({
  format: z.literal(manifestFormat),
  /** `ddlc 0.1.0` */
  compiler: name,
  contract: count,
  /** Set by whoever releases bundles; an engine never goes back to a lower one. */
  serial: count,
  /** SHA-256 over the names and texts of the `.ddl` files. */
  sourceHash: hash,
  /** Every other file of the bundle, by name, in order of names. */
  files: z.array(
    z.strictObject({ name: z.string().regex(bundleFileName, 'is no name of a bundle file'), sha256: hash }),
  ),
  /** Modules in the order in which they are loaded; each is a `.ts`, a `.js` and a `.js.map`. */
  modules: z.array(name),
  /** By schema: the longest stretch of history that a policy on it can depend on. */
  lookBackMs: z.array(z.strictObject({ schema: name, lookBackMs: count })),
  program,
});

export type Manifest = z.infer<typeof manifestSchema>;
