// A campaign in figures, for people and for tests that ask whether there was anything to hold promises against.

import type { CampaignResult } from './run-campaign.ts';

export function tellFigures({ history, events, happened }: CampaignResult): string {
  const { decisions, intents, calls } = history;
  const parts = [
    `${events} events`,
    `${decisions.length} decisions (${tally(decisions.map(({ outcome, gate }) => gate ?? outcome))})`,
    `${intents.length} intents (${tally(intents.map(({ action, state }) => `${action} ${state}`))})`,
    `${calls.length} calls (${tally(calls.map(({ status }) => String(status)))})`,
    `engines: ${tally(Object.entries(happened).flatMap(([kind, count]) => Array<string>(count).fill(kind)))}`,
  ];
  return parts.join('; ');
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
}
