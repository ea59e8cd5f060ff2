// The forms of what the HTTP API takes and answers; `/api/openapi.json` is made of them, and `ddlc` reads answers by them.

import { z } from 'zod';
import { bundleFaults } from '../bundle/load.ts';

const isoTime = z.iso.datetime().describe('ISO 8601 with Z');
const name = z.string().min(1).max(200);
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 of the manifest, in hexadecimal');

/** Kept with what was changed. */
export const whySchema = z
  .string()
  .trim()
  .min(1, 'say why: it is kept with the change')
  .max(500)
  .describe('why, for the record');

/** Ten years: more is a mistake in the unit. */
const forMsMax = 10 * 366 * 86_400_000;
const forMs = z.int().positive().max(forMsMax).describe('how long, in milliseconds from now');

export const scopeSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('global') }),
    z.strictObject({ kind: z.literal('fleet'), fleet: name }),
    z.strictObject({ kind: z.literal('policy'), policy: name }),
    z.strictObject({ kind: z.literal('direction'), direction: z.enum(['up', 'down']) }),
  ])
  .describe('what it is about');

export const pauseBody = z.strictObject({ scope: scopeSchema, why: whySchema, forMs: forMs.optional() });
export const killBody = z.strictObject({ why: whySchema });
export const silenceBody = z.strictObject({
  kind: z.enum(['silence', 'maintenance']).default('silence'),
  scope: scopeSchema,
  why: whySchema,
  forMs: forMs.describe('how long, in milliseconds from when it begins'),
  startsAt: isoTime.optional(),
});
export const resumeBody = z
  .strictObject({
    ids: z.array(z.int().positive()).min(1).max(100).optional(),
    all: z.literal(true).optional(),
    why: whySchema,
  })
  .refine(({ ids, all }) => (ids === undefined) !== (all === undefined), {
    error: 'give either `ids`, or `all` for everything that holds',
  });
export const rollbackBody = z.strictObject({
  why: whySchema,
  hash: z
    .string()
    .regex(/^[0-9a-f]{6,64}$/, 'is no beginning of a hash: 6 to 64 digits of 0-9 a-f')
    .optional()
    .describe('beginning of the hash of a bundle; the one before when it is left out'),
});
export const deployQuery = z.strictObject({
  why: whySchema,
  downgrade: z.enum(['true', 'false']).default('false').describe('take a lower serial than the running one'),
});
export const planQuery = z.strictObject({ downgrade: z.enum(['true', 'false']).default('false') });
export const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1000).default(50),
});

export const controlSchema = z.object({
  id: z.int(),
  kind: z.enum(['pause', 'silence', 'maintenance']),
  scope: scopeSchema,
  startsAt: isoTime,
  expiresAt: isoTime.nullable(),
  createdAt: isoTime,
  by: z.string(),
  reason: z.string(),
});
export type ControlEntry = z.infer<typeof controlSchema>;
export const controlsReply = z.object({ controls: z.array(controlSchema) });
export const resumedReply = z.object({ lifted: z.array(z.int()), unknown: z.array(z.int()) });

const runningSchema = z.object({
  hash,
  serial: z.int(),
  origin: z.enum(['sources', 'folder', 'upload', 'store']),
  signedBy: z.string().nullable(),
  since: isoTime,
});
const orderSchema = z.object({
  number: z.int(),
  hash,
  serial: z.int(),
  kind: z.enum(['deploy', 'rollback']),
  by: z.string(),
  reason: z.string(),
  at: isoTime,
});
const unmetSchema = z
  .object({ order: z.int(), hash, message: z.string() })
  .nullable()
  .describe('an order that this engine could not obey');

export const bundlesReply = z.object({
  running: runningSchema,
  order: z.int().describe('number of the order that was looked at last; 0 without any'),
  unmet: unmetSchema,
  trustedKeys: z.array(z.string()),
  bundles: z.array(
    z.object({
      hash,
      serial: z.int(),
      signedBy: z.string().nullable(),
      uploadedBy: z.string(),
      uploadedAt: isoTime,
      size: z.int(),
    }),
  ),
  orders: z.array(orderSchema),
  results: z.array(
    z.object({
      order: z.int().nullable(),
      engine: z.string(),
      hash,
      serial: z.int(),
      result: z.enum(['active', 'refused', 'failed']),
      detail: z.string(),
      at: isoTime,
    }),
  ),
});
export type BundlesReply = z.infer<typeof bundlesReply>;

const swapSchema = z.object({ carried: z.int(), fresh: z.int(), pauseMs: z.number() });
export const deployReply = z.discriminatedUnion('result', [
  z.object({
    result: z.literal('active'),
    hash,
    serial: z.int(),
    signedBy: z.string().nullable(),
    order: z.int(),
    replaced: hash,
    swap: swapSchema,
  }),
  z.object({ result: z.literal('unchanged'), hash, serial: z.int() }),
]);
export type DeployReply = z.infer<typeof deployReply>;

export const planReply = z.discriminatedUnion('result', [
  z.object({
    result: z.literal('accepted'),
    hash,
    serial: z.int(),
    signedBy: z.string().nullable(),
    running: hash,
    changes: z.array(
      z.object({
        kind: z.enum(['policy', 'fleet']),
        name: z.string(),
        change: z.enum(['added', 'removed', 'renamed', 'changed']),
        from: z.string().nullable(),
        source: z.string().nullable(),
        stateResetting: z.boolean(),
        parts: z.array(z.string()),
      }),
    ),
    unchanged: z.int(),
  }),
  z.object({ result: z.literal('refused'), fault: z.enum(bundleFaults), message: z.string() }),
]);
export type PlanReply = z.infer<typeof planReply>;

export const statusReply = z.object({
  engine: z.string(),
  startedAt: isoTime,
  ready: z.boolean(),
  notReady: z.string().nullable(),
  killed: z.boolean().describe('the kill switch holds: nothing is changed anywhere'),
  running: runningSchema,
  unmet: unmetSchema,
  controls: z.array(controlSchema),
  ledger: z.object({ healthy: z.boolean(), waiting: z.int(), problem: z.string().nullable() }),
  policies: z.array(
    z.object({
      name: z.string(),
      mode: z.enum(['shadow', 'approve', 'enforce']),
      hash: z.string(),
      off: z.string().nullable().describe('why it judges nothing any more: what its code threw'),
    }),
  ),
  counts: z.record(z.string(), z.number()),
});
export type StatusReply = z.infer<typeof statusReply>;

export const decisionsQuery = listQuery.extend({
  policy: z.string().optional(),
  key: z.string().optional(),
  outcome: z.string().optional(),
});
export const decisionsReply = z.object({
  decisions: z.array(
    z.object({
      id: z.string(),
      policy: z.string(),
      key: z.string(),
      at: isoTime,
      cause: z.enum(['condition', 'repeat']),
      outcome: z.string(),
      gate: z.string().nullable(),
      reason: z.string().nullable(),
      mode: z.string(),
      actions: z.array(
        z.object({
          name: z.string(),
          target: z.string().nullable(),
          args: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
        }),
      ),
      values: z.record(z.string(), z.number().nullable()),
      source: z.string(),
    }),
  ),
});

export const auditReply = z.object({
  entries: z.array(
    z.object({
      at: isoTime,
      by: z.string(),
      what: z.string(),
      subject: z.string(),
      reason: z.string(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** RFC 9457. `fault` tells refused bundles apart. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string(),
  fault: z.string().optional(),
});
