// The smallest text that still fails, by taking out stretches of lines, then of characters.

const attemptsMax = 400;

export function shrink(text: string, fails: (candidate: string) => boolean): string {
  let attempts = 0;
  const without = (parts: readonly string[], joint: string): readonly string[] => {
    let current = parts;
    for (let size = Math.ceil(current.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = 0; at < current.length; ) {
        if (attempts++ > attemptsMax) return current;
        const candidate = [...current.slice(0, at), ...current.slice(at + size)];
        if (fails(candidate.join(joint))) current = candidate;
        else at += size;
      }
    }
    return current;
  };
  const lines = without(text.split('\n'), '\n').join('\n');
  attempts = 0;
  return without(lines.split(/(?<=[\s(){}[\],:])|(?=[\s(){}[\],:])/), '').join('');
}
