// ISO 8601 times with a zone, read from bytes without making a string. Independent of the machine's zone.

const zero = 48;

/**
 * Epoch milliseconds of `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)` in `bytes[start, end)`; a fraction finer than
 * milliseconds is cut off. NaN for anything else, such as a time without a zone or the 30th of February.
 */
export function isoTime(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 20) return Number.NaN;
  if (bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return Number.NaN;
  const separator = bytes[start + 10];
  if (separator !== 84 && separator !== 116 && separator !== 32) return Number.NaN;
  if (bytes[start + 13] !== 58 || bytes[start + 16] !== 58) return Number.NaN;
  const high = twoDigits(bytes, start);
  const low = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  const hour = twoDigits(bytes, start + 11);
  const minute = twoDigits(bytes, start + 14);
  const second = twoDigits(bytes, start + 17);
  if ((high | low | month | day | hour | minute | second) < 0) return Number.NaN;
  const year = high * 100 + low;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return Number.NaN;
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;

  let p = start + 19;
  let milliseconds = 0;
  if (bytes[p] === 46) {
    const first = ++p;
    let weight = 100;
    for (; p < end && bytes[p] >= zero && bytes[p] <= 57; p++) {
      milliseconds += (bytes[p] - zero) * weight;
      weight = (weight / 10) | 0;
    }
    if (p === first) return Number.NaN;
  }
  const offsetMinutes = zoneMinutes(bytes, p, end);
  const dayMs = epochDays(year, month, day) * 86_400_000;
  return dayMs + (hour * 60 + minute - offsetMinutes) * 60_000 + second * 1000 + milliseconds;
}

/** Minutes east of Greenwich; NaN when there is no zone or something follows it. */
function zoneMinutes(bytes: Uint8Array, p: number, end: number): number {
  const sign = bytes[p];
  if (p + 1 === end && (sign === 90 || sign === 122)) return 0;
  if (p + 6 !== end || (sign !== 43 && sign !== 45) || bytes[p + 3] !== 58) return Number.NaN;
  const hours = twoDigits(bytes, p + 1);
  const minutes = twoDigits(bytes, p + 4);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN;
  return sign === 43 ? hours * 60 + minutes : -(hours * 60 + minutes);
}

function twoDigits(bytes: Uint8Array, p: number): number {
  const tens = bytes[p] - zero;
  const ones = bytes[p + 1] - zero;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days since 1970-01-01 in the Gregorian calendar, counting years from March so that the leap day comes last. */
function epochDays(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
