// What a pause or silence is about, as options of the command line.

import { type Command, Option } from 'commander';
import type { ControlScope } from '../runtime/ledger/control-store.ts';
import { UsageError } from './usage-error.ts';

export interface ScopeOptions {
  readonly all?: true;
  readonly fleet?: string;
  readonly policy?: string;
  readonly direction?: 'up' | 'down';
}

export function scopeOptions(command: Command): Command {
  return command
    .option('--fleet <name>', 'what acts on this fleet')
    .option('--policy <name>', 'what this policy decides')
    .addOption(
      new Option('--direction <direction>', 'what adds members, or what takes some away').choices(['up', 'down']),
    )
    .option('--all', 'everything');
}

/** @throws UsageError unless exactly one is named. */
export function scopeOf({ all, fleet, policy, direction }: ScopeOptions): ControlScope {
  const scopes: ControlScope[] = [];
  if (all === true) scopes.push({ kind: 'global' });
  if (fleet !== undefined) scopes.push({ kind: 'fleet', fleet });
  if (policy !== undefined) scopes.push({ kind: 'policy', policy });
  if (direction !== undefined) scopes.push({ kind: 'direction', direction });
  const [scope] = scopes;
  if (scope === undefined || scopes.length > 1)
    throw new UsageError('name one of --fleet NAME, --policy NAME, --direction up|down, or --all for everything');
  return scope;
}
