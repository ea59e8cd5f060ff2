// What checking finds out, in side tables: read by lint and lowering.

import type { Call, DoClause, Expression, Property } from '../../grammar/ast.ts';
import type { ActionArgument, ActionTarget, Mode } from '../../runtime/contract.ts';
import type { Definition, FleetSymbol, ParameterSymbol, PolicySymbol, TuneSymbol } from '../1-bind/symbols.ts';
import type { ActionEntry } from '../vocabulary/actions.ts';
import type { Type } from '../vocabulary/types.ts';

export interface ExpressionFact {
  readonly type: Type;
  /** What it looks at, anywhere within. */
  readonly metric: boolean;
  readonly window: boolean;
  readonly timer: boolean;
  /** It goes across members. */
  readonly across: boolean;
}

/** What looks back on conditions, in words. */
export const timerWords = 'a `for`, `within` or `then`';

export function joinFacts(facts: readonly ExpressionFact[]): Omit<ExpressionFact, 'type'> {
  return {
    metric: facts.some((fact) => fact.metric),
    window: facts.some((fact) => fact.window),
    timer: facts.some((fact) => fact.timer),
    across: facts.some((fact) => fact.across),
  };
}

/** The value of a `const` or of an action's argument, canonical. */
export interface Constant {
  readonly type: Type;
  readonly value: number | string | boolean;
  /** As the author wrote it, when one literal stands behind it. */
  readonly text: string | null;
}

export interface ActionFact {
  readonly call: Call;
  readonly entry: ActionEntry;
  readonly target: ActionTarget | null;
  /** By parameter; a duration is in milliseconds. */
  readonly args: ReadonlyMap<string, ActionArgument>;
}

export interface DoFact extends ActionFact {
  readonly clause: DoClause;
  readonly timeoutMs: number | null;
  readonly retry: number | null;
}

/** As written; `null` when it was not. */
export interface PolicySettings {
  readonly id: string | null;
  readonly title: string | null;
  readonly owner: string | null;
  readonly runbook: string | null;
  readonly cooldownMs: number | null;
  readonly settleMs: number | null;
  readonly limit: { readonly count: number; readonly perMs: number } | null;
  readonly priority: number | null;
  readonly mode: Mode | null;
  readonly busy: 'wait' | 'drop' | null;
  readonly maxAgeMs: number | null;
  /** Where each stands. */
  readonly properties: ReadonlyMap<string, Property>;
}

export interface ParameterFact {
  readonly symbol: ParameterSymbol;
  /** Where no `tune` says otherwise; `null`: reported. */
  readonly otherwise: Constant | null;
}

export interface TuneFact {
  readonly tune: TuneSymbol;
  readonly values: ReadonlyMap<ParameterSymbol, Constant>;
  /** It may hold for a row that the policy judges. */
  readonly reachable: boolean;
}

export interface PolicyFacts {
  readonly policy: PolicySymbol;
  readonly parameters: readonly ParameterFact[];
  /** In source order; no two say different things of one row. */
  readonly tunes: readonly TuneFact[];
  readonly expressions: ReadonlyMap<Expression, ExpressionFact>;
  readonly settings: PolicySettings;
  readonly actions: readonly DoFact[];
  readonly changesInfrastructure: boolean;
  /** An action may take members away: missing data must not bring it about. */
  readonly shrinks: boolean;
  readonly onMissing: OnMissing;
  /** When it may act; `null`: always. */
  readonly schedule: ScheduleFact | null;
}

/** What an unknown condition does to a policy. */
export type OnMissing = 'hold' | 'reset' | 'treat_as false';

export interface ScheduleFact {
  readonly active: readonly HoursFact[];
  readonly inactive: readonly HoursFact[];
}

/** One clause of a schedule. */
export interface HoursFact {
  /** Without `active` or `inactive`. */
  readonly text: string;
  /** On which it begins, 0 being Monday. */
  readonly days: readonly number[];
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly zone: string;
}

export interface FleetFacts {
  readonly fleet: FleetSymbol;
  readonly service: string | null;
  readonly size: { readonly min: number; readonly max: number } | null;
  readonly change: { readonly share: number; readonly perMs: number } | null;
  readonly resources: readonly { readonly kind: string; readonly args: readonly string[] }[];
}

export interface Facts {
  readonly policies: readonly PolicyFacts[];
  readonly fleets: readonly FleetFacts[];
  readonly constants: ReadonlyMap<Definition, Constant>;
  /** Actions that tests expect; what was left out means "any". */
  readonly expectedActions: ReadonlyMap<Call, ActionFact>;
  /** Names of fleets that an action names. */
  readonly usedFleets: ReadonlySet<string>;
  /** Own actions that are used. */
  readonly usedActions: ReadonlySet<string>;
}
