// What a metric or tag may have been renamed to: a name that differs by some letters, or that shares most words.

import { suggest } from '../diagnostics/suggest.ts';

/** Words shared, of all words of both. */
const shareMin = 0.5;
const candidatesMax = 2_000;

export function nearName(name: string, candidates: readonly string[]): string | null {
  const near = suggest(name, candidates);
  if (near !== null) return near;
  const wanted = wordsOf(name);
  let best: string | null = null;
  let bestShare = 0;
  for (const candidate of candidates.slice(0, candidatesMax)) {
    const words = wordsOf(candidate);
    const shared = [...wanted].filter((word) => words.has(word)).length;
    const share = shared / (wanted.size + words.size - shared);
    if (share >= shareMin && share > bestShare) {
      best = candidate;
      bestShare = share;
    }
  }
  return best;
}

function wordsOf(name: string): ReadonlySet<string> {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return new Set(words.split(/[^a-z0-9]+/).filter((word) => word !== ''));
}
