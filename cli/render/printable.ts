// Text that others wrote (telemetry, file names) for one line of a terminal or a log: nothing in it steers either.

/** Controls, line breaks, direction marks and other invisible characters become `?`. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
