// Columns of a terminal that a text takes, and what is shown for characters that would play tricks on it.

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{FFFD}]/u;
const combining = /^\p{M}$/u;
/** East Asian wide and full-width characters and emoji, in broad strokes. */
const wide =
  /^[\u{1100}-\u{115F}\u{2E80}-\u{303E}\u{3041}-\u{33FF}\u{3400}-\u{4DBF}\u{4E00}-\u{9FFF}\u{A000}-\u{A4CF}\u{AC00}-\u{D7A3}\u{F900}-\u{FAFF}\u{FE30}-\u{FE4F}\u{FF00}-\u{FF60}\u{FFE0}-\u{FFE6}\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F900}-\u{1F9FF}\u{20000}-\u{3FFFD}]$/u;

const tabWidth = 2;

/**
 * One character as it is shown: a tab becomes blanks; controls, direction marks and other invisible ones become their
 * code, so that a source can't hide or reorder what a reader sees.
 */
export function visible(character: string): string {
  if (character === '\t') return ' '.repeat(tabWidth);
  if (!invisible.test(character)) return character;
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`;
}

/** A whole text, line breaks kept. */
export function visibleText(text: string): string {
  let result = '';
  for (const character of text) result += character === '\n' ? character : visible(character);
  return result;
}

/** Terminal columns of text that went through `visible`. */
export function columns(text: string): number {
  let count = 0;
  for (const character of text) count += combining.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return count;
}
