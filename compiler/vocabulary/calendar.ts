// Days, times of day and time zones, and what a zone's clock is ahead of UTC.

import { Temporal } from 'temporal-polyfill';

/** Monday first. */
export const dayNames: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** `08:05`, `24:00` */
export function formatMinute(minute: number): string {
  const digits = (value: number): string => String(value).padStart(2, '0');
  return `${digits(Math.floor(minute / 60))}:${digits(minute % 60)}`;
}

/** A name of the IANA time zone database, such as `Europe/Berlin`; offsets such as `+02:00` are none. */
export function isZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && zoneAt(name, 0) !== null;
}

/** For suggestions. */
export function zoneNames(): readonly string[] {
  return ['UTC', ...Intl.supportedValuesOf('timeZone')];
}

function zoneAt(name: string, epochMs: number): Temporal.ZonedDateTime | null {
  try {
    const zoned = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(name);
    return zoned.timeZoneId === name ? zoned : null;
  } catch {
    return null;
  }
}

export interface ZoneOffsets {
  /** From when each further offset holds, epoch ms, ascending. */
  readonly startsMs: readonly number[];
  /** What the clock is ahead of UTC: first before all starts, then from each on. */
  readonly offsetsMs: readonly number[];
}

/** What is known of a zone in these years goes into bundles. */
const firstMs = 0;
const lastMs = Date.UTC(2061, 0, 1);

/** Offsets of a zone from 1970 to 2060, by this machine's copy of the time zone database; some 50 ms. */
export function zoneOffsets(name: string): ZoneOffsets {
  const startsMs: number[] = [];
  const offsetsMs: number[] = [];
  for (let at = zoneAt(name, firstMs); at !== null && at.epochMilliseconds < lastMs; ) {
    offsetsMs.push(at.offsetNanoseconds / 1e6);
    if (offsetsMs.length > 1) startsMs.push(at.epochMilliseconds);
    at = at.getTimeZoneTransition('next');
  }
  if (offsetsMs.length === 0) throw new Error(`there is no time zone ${name}`);
  return { startsMs, offsetsMs };
}
