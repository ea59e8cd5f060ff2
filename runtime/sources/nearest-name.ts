// "Did you mean": the declared name that is closest to what somebody wrote.

/** The closest of `names` within a third of its length in edits, or `null`. Case and `_ - .` don't count. */
export function nearestName(name: string, names: Iterable<string>): string | null {
  const wanted = folded(name);
  if (wanted.length === 0 || wanted.length > 100) return null;
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of names) {
    const other = folded(candidate);
    if (Math.abs(other.length - wanted.length) > 3) continue;
    const distance = edits(wanted, other);
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    if (distance <= allowed && distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function folded(name: string): string {
  return name.toLowerCase().replaceAll(/[_.-]/g, '');
}

/** Edits that turn one into the other; two neighbouring letters swapped count as one. */
function edits(left: string, right: string): number {
  let before: number[] = [];
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const change = row[j - 1] + (left[i - 1] === right[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && left[i - 1] === right[j - 2] && left[i - 2] === right[j - 1];
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1, swapped ? before[j - 2] + 1 : Number.POSITIVE_INFINITY));
    }
    before = row;
    row = next;
  }
  return row[right.length];
}
