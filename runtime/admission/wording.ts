// Times and durations as a refusal's reason prints them: UTC, and never more than two units.

const unitsMs = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `4m 12s`, `1h`, `250ms`; whole seconds from one second on, rounded up so that nothing reads as over too early. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever';
  if (ms < 1_000) return `${Math.ceil(Math.max(0, ms))}ms`;
  let restMs = Math.ceil(ms / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [unit, unitMs] of unitsMs) {
    const count = Math.floor(restMs / unitMs);
    if (count > 0) parts.push(`${count}${unit}`);
    restMs -= count * unitMs;
    if (parts.length === 2 || (parts.length === 1 && count === 0)) break;
  }
  return parts.join(' ');
}

/** `12:00:05`, or `2026-03-01 12:00:05` when that is another day than `beside`. Both are epoch milliseconds. */
export function timeText(time: number, beside: number): string {
  const text = isoText(time);
  const [day, clock] = text.split('T');
  if (clock === undefined || day === undefined) return text;
  const short = clock.replace(/(\.000)?Z$/, '');
  return isoText(beside).startsWith(`${day}T`) ? short : `${day} ${short}`;
}

/** ISO 8601 with `Z`; a number that is no date is printed as it is. */
function isoText(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}
