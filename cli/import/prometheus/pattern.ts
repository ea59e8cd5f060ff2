// Regular expressions of label matchers as texts and globs, where these say exactly the same. A pattern is matched
// against the whole value, as Prometheus does.

/** One way to match: a text, or a glob (`*` any text, `?` any one character). */
export interface Alternative {
  readonly text: string;
  readonly glob: boolean;
}

/** More than anybody writes, and than anybody wants to read. */
const alternativesMax = 256;
const depthMax = 50;

/** What the pattern matches, as alternatives; `null` when texts and globs do not say exactly that. */
export function alternativesOf(pattern: string): readonly Alternative[] | null {
  const parser = new PatternParser(pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, ''));
  const branches = parser.parse();
  if (branches === null) return null;
  const found = new Map<string, Alternative>();
  for (const parts of branches) {
    const glob = parts.some((part) => part.wild);
    // A glob has no way to write these two for themselves.
    if (glob && parts.some((part) => !part.wild && /[*?]/.test(part.text))) return null;
    const text = parts.map((part) => part.text).join('');
    found.set(`${glob} ${text}`, { text, glob });
  }
  return [...found.values()];
}

interface Part {
  readonly text: string;
  readonly wild: boolean;
}

type Branches = readonly (readonly Part[])[];

const digits = '0123456789';

/** `null` from any step: the pattern says what cannot be said. */
class PatternParser {
  readonly #pattern: string;
  #at = 0;
  #depth = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  parse(): Branches | null {
    const branches = this.#alternation();
    return this.#at === this.#pattern.length ? branches : null;
  }

  #alternation(): Branches | null {
    let all: Branches = [];
    for (;;) {
      const branches = this.#sequence();
      if (branches === null) return null;
      all = [...all, ...branches];
      if (all.length > alternativesMax) return null;
      if (this.#pattern[this.#at] !== '|') return all;
      this.#at++;
    }
  }

  #sequence(): Branches | null {
    let heads: Branches = [[]];
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern[this.#at])) {
      const tails = this.#repeated();
      if (tails === null || heads.length * tails.length > alternativesMax) return null;
      heads = heads.flatMap((head) => tails.map((tail) => [...head, ...tail]));
    }
    return heads;
  }

  #repeated(): Branches | null {
    const any = this.#pattern[this.#at] === '.';
    const atom = this.#atom();
    if (atom === null) return null;
    switch (this.#pattern[this.#at]) {
      case '?':
        this.#at++;
        // `??` prefers the shorter match, which is the same set of texts.
        return this.#pattern[this.#at] === '?' ? null : [[], ...atom];
      case '*':
      case '+': {
        if (!any) return null;
        const atLeastOne = this.#pattern[this.#at] === '+';
        this.#at++;
        // Greedy or not, the whole value is matched.
        if (this.#pattern[this.#at] === '?') this.#at++;
        const star = { text: '*', wild: true };
        return [atLeastOne ? [{ text: '?', wild: true }, star] : [star]];
      }
      case '{':
        return null;
      default:
        return atom;
    }
  }

  #atom(): Branches | null {
    const sign = this.#pattern[this.#at];
    if ('^$*+?{'.includes(sign)) return null;
    this.#at++;
    if (sign === '.') return [[{ text: '?', wild: true }]];
    if (sign === '[') return this.#characterClass();
    if (sign === '\\') return this.#escape();
    if (sign !== '(') return [[{ text: sign, wild: false }]];
    if (this.#pattern[this.#at] === '?') {
      if (!this.#pattern.startsWith('?:', this.#at)) return null;
      this.#at += 2;
    }
    if (++this.#depth > depthMax) return null;
    const inner = this.#alternation();
    if (this.#pattern[this.#at] !== ')') return null;
    this.#at++;
    this.#depth--;
    return inner;
  }

  #escape(): Branches | null {
    const sign = this.#pattern[this.#at];
    if (sign === undefined) return null;
    this.#at++;
    if (sign === 'd') return oneOf(digits);
    return /[A-Za-z0-9]/.test(sign) ? null : [[{ text: sign, wild: false }]];
  }

  #characterClass(): Branches | null {
    const end = this.#pattern.indexOf(']', this.#at + 1);
    const body = end < 0 ? '' : this.#pattern.slice(this.#at, end);
    if (body === '' || /[\\^[]/.test(body)) return null;
    this.#at = end + 1;
    let signs = '';
    for (let at = 0; at < body.length; at++) {
      if (body[at + 1] !== '-' || at + 2 >= body.length) {
        signs += body[at];
        continue;
      }
      const [from, to] = [body.charCodeAt(at), body.charCodeAt(at + 2)];
      if (to < from || to - from > alternativesMax) return null;
      for (let code = from; code <= to; code++) signs += String.fromCharCode(code);
      at += 2;
    }
    return oneOf(signs);
  }
}

function oneOf(signs: string): Branches {
  return [...new Set(signs)].map((text) => [{ text, wild: false }]);
}
