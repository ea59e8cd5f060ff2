// What changed in what a policy does: actions that came, went, turned round, or do more than they did.

import type { ActionArgument, ActionMeta } from '../../runtime/contract.ts';
import { describeDuration } from '../4-lower/describe.ts';
import { actionByName } from '../vocabulary/actions.ts';
import type { Change, RiskClass } from './program-diff.ts';

/** Actions that undo one another. */
const reverse: ReadonlyMap<string, string> = new Map([
  ['scale_up', 'scale_down'],
  ['scale_down', 'scale_up'],
]);

/** Arguments of which more does more. */
const strengths = ['by', 'threshold', 'openForMs', 'atMost'];

export function diffActions(base: readonly ActionMeta[], head: readonly ActionMeta[]): readonly Change[] {
  const gone = [...base];
  const come: ActionMeta[] = [];
  const changes: Change[] = [];
  for (const action of head) {
    const at = gone.findIndex((other) => identity(other) === identity(action));
    const before = at < 0 ? undefined : gone.splice(at, 1)[0];
    if (before === undefined) come.push(action);
    else changes.push(...diffAction(before, action));
  }
  for (const action of come) {
    const at = gone.findIndex(
      (other) => reverse.get(other.name) === action.name && targetText(other) === targetText(action),
    );
    const turned = at < 0 ? undefined : gone.splice(at, 1)[0];
    const classes: RiskClass[] = turned === undefined ? ['wider'] : ['opposite'];
    changes.push({
      part: 'do',
      classes,
      before: turned === undefined ? null : actionText(turned),
      after: actionText(action),
    });
  }
  for (const action of gone)
    changes.push({ part: 'do', classes: ['narrower'], before: actionText(action), after: null });
  return changes;
}

function identity(action: ActionMeta): string {
  return `${action.name} ${targetText(action)}`;
}

function diffAction(base: ActionMeta, head: ActionMeta): readonly Change[] {
  const part = `do ${base.name}(${targetText(base)})`;
  const names = [...new Set([...Object.keys(base.args), ...Object.keys(head.args)])];
  const changes = names.flatMap((name): Change[] => {
    const before = base.args[name];
    const after = head.args[name];
    if (before === after) return [];
    const show = (value: ActionArgument | undefined): string | null =>
      value === undefined ? null : `${name}: ${JSON.stringify(value)}`;
    return [{ part, classes: strength(base.name, name, before, after), before: show(before), after: show(after) }];
  });
  if (base.endpoint !== head.endpoint && !names.includes('url'))
    changes.push({ part, classes: ['narrower', 'wider'], before: viaText(base), after: viaText(head) });
  // How long is waited and how often it is tried again changes nothing of what is done.
  if (base.timeoutMs !== head.timeoutMs || base.retry !== head.retry)
    changes.push({ part, classes: ['safe'], before: patience(base), after: patience(head) });
  return changes;
}

function strength(
  action: string,
  name: string,
  before: ActionArgument | undefined,
  after: ActionArgument | undefined,
): readonly RiskClass[] {
  // Other words to people are no other deed.
  if (actionByName.get(action)?.changesInfrastructure === false) return ['safe'];
  if (!strengths.includes(name)) return ['narrower', 'wider'];
  if (typeof before !== 'number' || typeof after !== 'number') return ['narrower', 'wider'];
  return after > before ? ['wider'] : ['narrower'];
}

function viaText({ endpoint }: ActionMeta): string | null {
  return endpoint === undefined ? null : `via webhook ${JSON.stringify(endpoint)}`;
}

function patience({ timeoutMs, retry }: ActionMeta): string {
  return `timeout ${describeDuration(timeoutMs)} retry ${retry}`;
}

function targetText({ target }: ActionMeta): string {
  if (target === null) return '';
  return target.kind === 'fleet' ? target.fleet : `fleet of ${target.tag}`;
}

/** `scale_up(payment, by: 2)` */
export function actionText(action: ActionMeta): string {
  const given = Object.entries(action.args).map(([argument, value]) => `${argument}: ${JSON.stringify(value)}`);
  const target = targetText(action);
  return `${action.name}(${[...(target === '' ? [] : [target]), ...given].join(', ')})`;
}
