// A share as people write and read it: `80%`.

import { UsageError } from './usage-error.ts';

/** @throws UsageError when `text` is no percentage from 0 to 100. */
export function parsePercentage(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)%?$/.exec(text);
  const percent = match === null ? Number.NaN : Number(match[1]);
  if (!(percent <= 100)) throw new UsageError(`${option} ${text}: write a percentage from 0% to 100%, such as 80%`);
  return percent / 100;
}

export function shownPercentage(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}
