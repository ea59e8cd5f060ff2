// What an engine answers, for people.

import type { BundlesReply, ControlEntry, DeployReply, PlanReply, StatusReply } from '../../runtime/control/schemas.ts';
import { plural } from '../summarize.ts';
import { printable } from './printable.ts';

export function deployedText(reply: DeployReply): string {
  const { hash, serial } = reply;
  if (reply.result === 'unchanged') return `${named(hash, serial)} runs already\n`;
  const { swap, order, replaced, signedBy } = reply;
  const by = signedBy === null ? 'unsigned' : `signed by ${signedBy}`;
  return `${printable(`${named(hash, serial)} runs (order ${order}, ${by}) in place of ${replaced.slice(0, 12)}: ${plural(swap.carried, 'policy', 'policies')} went on, ${swap.fresh} began anew, ${swap.pauseMs.toFixed(1)} ms without judging`)}\n`;
}

/** What manifests tell, where sources can't be compared. */
export function planText(plan: PlanReply & { readonly result: 'accepted' }): string {
  const lines = plan.changes.map(({ kind, name, change, from, source, stateResetting, parts }) => {
    const place = source === null ? '' : ` (${source})`;
    const before = from === null ? '' : `, called \`${from}\` before`;
    const what = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
    const state = change !== 'added' && stateResetting;
    return `${printable(`${kind} ${name}${place} ${change}${before}${what}${state ? '   [state-resetting]' : ''}`)}\n`;
  });
  return lines.join('');
}

export function controlText({ id, kind, scope, startsAt, expiresAt, by, reason }: ControlEntry): string {
  const end = expiresAt === null ? 'until it is resumed' : `until ${expiresAt}`;
  const killed = kind === 'pause' && scope.kind === 'global';
  return `${printable(`${id}  ${killed ? 'KILLED' : kind} ${scopeText(scope)} from ${startsAt} ${end}, by ${by}: ${reason}`)}\n`;
}

export function statusText(status: StatusReply, bundles: BundlesReply): string {
  const { engine, ready, notReady, running, unmet, controls, ledger, policies, counts } = status;
  const off = policies.filter((policy) => policy.off !== null);
  const modes = (['enforce', 'approve', 'shadow'] as const)
    .map((mode) => [policies.filter((policy) => policy.mode === mode).length, mode] as const)
    .filter(([count]) => count > 0)
    .map(([count, mode]) => `${count} ${mode}`);
  const lines = [
    `engine ${engine}, up since ${status.startedAt}: ${ready ? 'ready' : `NOT READY: ${notReady}`}`,
    `bundle ${named(running.hash, running.serial)} from ${running.origin}, ${running.signedBy === null ? 'unsigned' : `signed by ${running.signedBy}`}, since ${running.since}`,
    ...(unmet === null ? [] : [`  ORDER ${unmet.order} NOT OBEYED (${unmet.hash.slice(0, 12)}): ${unmet.message}`]),
    `${plural(policies.length, 'policy', 'policies')}: ${modes.join(', ')}`,
    ...off.map(({ name, off: why }) => `  TURNED OFF ${name}: ${why}`),
    `ledger: ${ledger.healthy ? 'healthy' : `NOT WRITABLE: ${ledger.problem}`}, ${ledger.waiting} waiting`,
    ...(controls.length === 0 ? ['nothing is paused or silenced'] : ['held back']),
    ...controls.map((control) => `  ${controlText(control).trimEnd()}`),
    ...Object.entries(counts).map(([name, count]) => `${name}: ${count.toLocaleString('en')}`),
    ...(bundles.orders.length === 0 ? [] : ['last orders']),
    ...bundles.orders.map(
      ({ number, kind, hash, serial, by, reason, at }) =>
        `  ${number}  ${at}  ${kind} ${named(hash, serial)} by ${by}: ${reason}`,
    ),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function scopeText(scope: ControlEntry['scope']): string {
  switch (scope.kind) {
    case 'global':
      return 'everything';
    case 'fleet':
      return `fleet ${scope.fleet}`;
    case 'policy':
      return `policy ${scope.policy}`;
    case 'direction':
      return `every action ${scope.direction}`;
  }
}

function named(hash: string, serial: number): string {
  return `${hash.slice(0, 12)} (serial ${serial})`;
}
