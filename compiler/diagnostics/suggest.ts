// Did-you-mean: the nearest known name, or none when nothing is near. Bounded in length and number, since names may come
// from anybody.

const longestWord = 64;
const mostCandidates = 20_000;

/** The candidate nearest to `word` by edits (swapped neighbours count one); `null` when none is near enough. */
export function suggest(word: string, candidates: Iterable<string>): string | null {
  if (word.length > longestWord) return null;
  const lower = word.toLowerCase();
  let allowed = word.length <= 2 ? 1 : Math.max(2, Math.floor(word.length / 3));
  let best: string | null = null;
  let seen = 0;
  for (const candidate of candidates) {
    if (++seen > mostCandidates) break;
    if (candidate.length > longestWord || Math.abs(candidate.length - word.length) > allowed) continue;
    const distance = candidate.toLowerCase() === lower ? 0 : editDistance(lower, candidate.toLowerCase(), allowed);
    // A short word that shares nothing with the candidate is no slip of the finger.
    if (distance <= allowed && distance < Math.max(word.length, candidate.length) - (word.length > 3 ? 1 : 0)) {
      if (best === null || distance < allowed) best = candidate;
      allowed = Math.min(allowed, distance);
      if (distance === 0) break;
    }
  }
  return best;
}

/** Optimal string alignment distance; any number above `limit` stands for "too far". */
export function editDistance(left: string, right: string, limit: number): number {
  const width = right.length + 1;
  let before = new Uint16Array(width);
  let previous = Uint16Array.from({ length: width }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = new Uint16Array(width);
    current[0] = row;
    let least = row;
    for (let column = 1; column < width; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + (same ? 0 : 1));
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        cost = Math.min(cost, before[column - 2] + 1);
      }
      current[column] = cost;
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    before = previous;
    previous = current;
  }
  return previous[width - 1];
}

/** "did you mean `x`?", else the list of what there is when it is short, else `null`. */
export function adviseName(word: string, candidates: readonly string[], noun: string): string | null {
  const near = suggest(word, candidates);
  if (near !== null) return `did you mean \`${near}\`?`;
  if (candidates.length === 0) return null;
  if (candidates.length > 16) return null;
  return `known ${noun}: ${candidates.map((name) => `\`${name}\``).join(', ')}`;
}
