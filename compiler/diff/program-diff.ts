// What a difference between two programs is told as.

/**
 * `safe`: it acts as before. `wider`: it acts where, as often as, or as strongly as it did not before. `narrower`: the
 * reverse. A change that is neither shown to be counts as both. `opposite`: it acts on the other side of a threshold, or
 * the other way. `state-resetting`: on a reload its timers and windows begin anew.
 */
export const riskClasses = ['safe', 'narrower', 'wider', 'state-resetting', 'opposite'] as const;
export type RiskClass = (typeof riskClasses)[number];

export interface Change {
  /** What of the policy or fleet it is: `when`, `cooldown`, `do scale_up(payment)` … */
  readonly part: string;
  readonly classes: readonly RiskClass[];
  /** As a person would write it; `null` when there was, or is, none. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface ItemDiff {
  readonly name: string;
  readonly change: 'added' | 'removed' | 'renamed' | 'changed';
  /** The name in the base, of a policy that was renamed. */
  readonly from: string | null;
  /** `file.ddl:line` in the head, or in the base when it was removed; `null` for fleets. */
  readonly source: string | null;
  readonly classes: readonly RiskClass[];
  readonly changes: readonly Change[];
}

export interface ProgramDiff {
  readonly policies: readonly ItemDiff[];
  readonly fleets: readonly ItemDiff[];
  /** All that occur. */
  readonly classes: readonly RiskClass[];
  /** Policies that mean what they meant and say what they said. */
  readonly unchanged: number;
}

/** In order of weight, each once; `safe` only when nothing else is. */
export function unitedClasses(lists: readonly (readonly RiskClass[])[]): readonly RiskClass[] {
  const all = new Set(lists.flat());
  if (all.size > 1) all.delete('safe');
  return riskClasses.filter((risk) => all.has(risk));
}
