// Globs of the language: `*` stands for any text, also none, `?` for any one character; all else for itself.

/** Whether a whole text fits a glob. Takes at most the product of both lengths in steps. */
export function fitsGlob(text: string, glob: string): boolean {
  const characters = Array.from(text);
  const pattern = Array.from(glob);
  let at = 0;
  let p = 0;
  // Behind the last `*`: where in the pattern, and from where in the text it was tried last.
  let retry = -1;
  let tried = 0;
  while (at < characters.length) {
    if (pattern[p] === '*') {
      retry = ++p;
      tried = at;
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === characters[at])) {
      at++;
      p++;
    } else if (retry >= 0) {
      at = ++tried;
      p = retry;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
