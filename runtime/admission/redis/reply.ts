// What the script answers, checked, and in the form in which the gates look at it.

import { z } from 'zod';
import { gateNames } from '../../decision.ts';
import type { ActsView } from '../act-memory.ts';
import type { FleetView } from '../fleet-view.ts';

const budget = z
  .object({ used: z.number(), allowed: z.number(), nextAt: z.number().optional() })
  .transform(({ used, allowed, nextAt = null }) => ({ used, allowed, nextAt }));

const view = z
  .object({
    now: z.number(),
    settle: z.object({ policy: z.string(), untilAt: z.number() }).optional(),
    outdated: z.boolean(),
    up: budget,
    down: budget,
    full: z.boolean(),
    opposite: z
      .object({
        policy: z.string(),
        priority: z.number(),
        direction: z.enum(['up', 'down']),
        untilAt: z.number().optional(),
      })
      .optional(),
    lease: z.object({ policy: z.string(), expiresAt: z.number() }).optional(),
    ahead: z.number(),
  })
  .transform(
    ({ settle, opposite, lease, ...rest }): FleetView => ({
      ...rest,
      settle: settle === undefined ? null : { policy: settle.policy, until: settle.untilAt },
      opposite:
        opposite === undefined
          ? null
          : {
              ...{ policy: opposite.policy, priority: opposite.priority, direction: opposite.direction },
              until: opposite.untilAt ?? null,
            },
      lease: lease ?? null,
    }),
  );

/** Event times come as texts, exact as they were given. */
const eventTime = z.string().regex(/\d/).transform(Number);

const acts = z
  .object({ last: eventTime.optional(), recent: z.number(), leaving: eventTime.optional() })
  .transform(({ last = null, recent, leaving = null }): ActsView => ({ last, recent, leaving }));

const remaining = z.object({
  cooldownMs: z.number(),
  limit: z.number().nullable(),
  // An empty list comes back from Lua as an empty object.
  fleets: z.preprocess(
    (value) => (Array.isArray(value) ? value : []),
    z.array(
      z.object({ fleet: z.string(), up: z.number().nullable(), down: z.number().nullable(), settleMs: z.number() }),
    ),
  ),
});

const replySchema = z.object({
  state: z.enum(['lost', 'done']).optional(),
  /** Was stored as a whole. */
  outcome: z.enum(['shadowed', 'admitted', 'refused', 'awaiting_approval']).optional(),
  gate: z.enum(gateNames).optional(),
  reason: z.string().optional(),
  remaining: remaining.optional(),
  waiting: z.boolean().optional(),
  ahead: z.number().optional(),
  lineFull: z.boolean().optional(),
  acts: acts.optional(),
  view: view.optional(),
  /** What was asked when the reply was made. */
  asked: z
    .object({
      grows: z.number(),
      shrinks: z.number(),
      net: z.number(),
      inTransition: z.boolean(),
      direction: z.enum(['up', 'down', 'none']),
    })
    .optional(),
});

export type Reply = z.infer<typeof replySchema>;

/** Errors: any, when it is no reply of the script. */
export function readReply(text: string): Reply {
  return replySchema.parse(JSON.parse(text));
}
