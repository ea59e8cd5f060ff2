// When time alone may next make a policy fire, as a function of its state.

import type { SchemaMeta, StateSlot } from '../../runtime/contract.ts';
import { describeBoolean } from '../4-lower/describe.ts';
import type { PolicyIr, ScheduleIr } from '../4-lower/ir.ts';
import { policyTimers, stateSlots } from '../4-lower/timers.ts';
import { type Code, code, comment, identifier, join, literal } from './code.ts';
import type { Lines } from './lines.ts';
import { schedulesOf } from './schedule.ts';
import { stateAt } from './timers.ts';

export interface DueInput {
  readonly policy: PolicyIr;
  readonly schema: SchemaMeta;
  readonly scheduleName: (schedule: ScheduleIr) => Code;
}

export function emitDue({ policy, schema, scheduleName }: DueInput, name: Code, lines: Lines): void {
  const slots = stateSlots(policy);
  const place = (kind: StateSlot['kind'], number = -1): Code =>
    stateAt(slots.findIndex((slot) => slot.kind === kind && (!('timer' in slot) || slot.timer === number)));
  const silences = policyTimers(policy).filter((entry) => entry.op === 'missing-for');
  const deadline = (timer: number): Code => identifier(`due${timer}`);
  lines.typed(
    code`function ${name}(state: Float64Array, offset: number): number {`,
    code`function ${name}(state, offset) {`,
  );
  lines.add(code`  const last = ${place('last-row')};`);
  lines.add(code`  let due = Number.POSITIVE_INFINITY;`);
  for (const entry of silences) {
    const when = deadline(entry.timer);
    lines.add(
      code`  const ${when} = ${place('last-present', entry.timer)} + ${literal(entry.durationMs)}; // ${comment(describeBoolean(entry, policy, schema))}`,
    );
    lines.add(code`  if (${when} > last && ${when} < due) due = ${when};`);
  }
  const schedules = schedulesOf(policy.when);
  if (schedules.length > 0) {
    const silent = silences.map(({ timer }) => code`${deadline(timer)} <= last`);
    lines.add(code`  if (${join(silent, ' || ')}) { // a silence that lasts, when the policy's hours begin or end`);
    for (const schedule of schedules) lines.add(code`    due = Math.min(due, ${scheduleName(schedule)}_next(last));`);
    lines.add(code`  }`);
  }
  lines.add(
    code`  const again = ${place('last-fired')} + ${literal(policy.meta.cooldownMs)}; // again after the cooldown`,
  );
  lines.add(code`  if (${place('active')} !== 0 && again > last && again < due) due = again;`);
  lines.add(code`  return due;`);
  lines.add(code`}`);
  lines.add(code``);
}
