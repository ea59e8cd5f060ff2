// A ledger that keeps intents in memory and a log that keeps lines: what the dispatcher needs around it.

import type { ActionLog } from '../../runtime/actions/executor.ts';
import { type IntentState, intentTransitions } from '../../runtime/ledger/intent-state.ts';
import type { IntentChange, Ledger } from '../../runtime/ledger/ledger.ts';

export interface IntentBook extends Pick<Ledger, 'transition'> {
  /** Every change in order: `ordinal state`. */
  readonly changes: readonly string[];
  readonly last: (ordinal: number) => IntentChange | undefined;
}

export function intentBook(): IntentBook {
  const changes: IntentChange[] = [];
  const last = (ordinal: number) => changes.findLast((change) => change.ordinal === ordinal);
  return {
    async transition(change) {
      const same = (other: IntentChange) => other.decisionId === change.decisionId && other.ordinal === change.ordinal;
      const from: IntentState = changes.findLast(same)?.to ?? 'admitted';
      if (!intentTransitions[from].includes(change.to)) throw new Error(`${from} → ${change.to}`);
      changes.push(change);
      return { outcome: 'moved' };
    },
    get changes() {
      return changes.map((change) => `${change.ordinal} ${change.to}`);
    },
    last,
  };
}

export function lines(): ActionLog & { readonly written: string[] } {
  const written: string[] = [];
  const write =
    (level: string) =>
    (_fields: Readonly<Record<string, unknown>>, message: string): void => {
      written.push(`${level} ${message}`);
    };
  return { written, info: write('info'), warn: write('warn'), error: write('error') };
}
