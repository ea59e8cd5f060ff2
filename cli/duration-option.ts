// A duration as an option of the command line: `15s`, `1h30m`.

import { InvalidArgumentError } from 'commander';
import { durationOf } from './import/prometheus/read-promql.ts';

/** Milliseconds. */
export function parseDuration(text: string): number {
  const ms = durationOf(text);
  if (ms === null || ms <= 0 || !/[a-z]$/.test(text)) throw new InvalidArgumentError('It is a duration such as 15s.');
  return ms;
}
