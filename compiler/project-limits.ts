// What a project allows itself (`ddl.json`): how far its policies reach and what they cost. `null`: no limit.

/** See `compiler/cost/cost.ts` for what the figures mean. */
export interface CostLimits {
  readonly bytesPerKey: number | null;
  readonly operationsPerEvent: number | null;
  readonly lookBackMs: number | null;
}

export interface ProjectLimits {
  /** Share of one fleet that all policies together may touch in an hour. */
  readonly fleetSharePerHour: number | null;
  /** Of each policy by itself. */
  readonly policy: CostLimits;
  /** Of all policies on one schema. */
  readonly schema: CostLimits;
}

const anyCost: CostLimits = { bytesPerKey: null, operationsPerEvent: null, lookBackMs: null };

export const noLimits: ProjectLimits = { fleetSharePerHour: null, policy: anyCost, schema: anyCost };
