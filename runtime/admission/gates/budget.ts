// However many policies agree, only a share of a fleet changes in a stretch of time. The stretch rolls: there is no
// boundary at which twice as much passes.

import type { BudgetView } from '../fleet-view.ts';
import { durationText, timeText } from '../wording.ts';
import type { FleetGate, FleetQuestion } from './gate.ts';

export const budget: FleetGate = {
  name: 'budget',
  law: 'Members that come, and members that go or are restarted, may each be at most the share `change at most` of those there were when the time `per` began, in whole members; a change counts from its reservation until that time after its end, others’ changes count too.',
  asks: 'fleet',
  refuse(question) {
    const { target, view } = question;
    if (target.grows + target.shrinks > 0 && view.full)
      return `budget: more changes of ${target.fleet.name} are counted than can be watched at a time`;
    return over(question, 'up', target.grows, view.up) ?? over(question, 'down', target.shrinks, view.down);
  },
};

function over(
  { target: { fleet }, view: { now } }: FleetQuestion,
  direction: 'up' | 'down',
  asked: number,
  { used, allowed, nextAt }: BudgetView,
): string | null {
  if (asked === 0 || used + asked <= allowed) return null;
  const { share, perMs } = fleet.change;
  const rule = `${Number((share * 100).toPrecision(6))}% per ${durationText(perMs)}`;
  if (allowed < 1)
    return `budget: ${rule} of ${fleet.name} is less than one member; a greater share, with its reason, is written \`change at most … because "…"\``;
  const what = direction === 'up' ? 'may be added' : 'may be taken out';
  const said = `budget: ${asked} asked, ${used} of the ${allowed} that ${what} are used (${rule} of ${fleet.name})`;
  if (asked > allowed) return `${said}; that is never enough`;
  if (nextAt === null) return `${said}; the next is free ${durationText(perMs)} after what is under way has ended`;
  return `${said}, the next is free at ${timeText(nextAt, now)} (${durationText(nextAt - now)} left)`;
}
