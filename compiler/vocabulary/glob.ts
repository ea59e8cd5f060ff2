// Globs as the checks read them, for the values that a tag is declared to have.

/** Whether a whole text fits: `*` stands for any text, `?` for any one character, all else for itself. */
export function fitsGlob(text: string, glob: string): boolean {
  // By position in the text: the glob up to here fits the text up to there.
  const characters = Array.from(text);
  let fits = [true, ...characters.map(() => false)];
  for (const part of glob) {
    const next = [part === '*' && fits[0] === true];
    for (const [at, character] of characters.entries()) {
      const one = fits[at] === true && (part === '?' || part === character);
      next.push(part === '*' ? fits[at + 1] === true || next[at] === true : one);
    }
    fits = next;
  }
  return fits.at(-1) === true;
}
