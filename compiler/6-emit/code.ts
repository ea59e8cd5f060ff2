// Program text that can only be built from validated names and quoted literals: `code` takes no plain string, so a
// name or value from a policy can't become anything but a name or a value.

/** A piece of generated text. Made by the functions below only. */
export class Code {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** For the functions of this file. */
  static trusted(text: string): Code {
    return new Code(text);
  }
}

/** `code\`${a} > ${b}\``: the template's own text and pieces of code. */
export function code(strings: TemplateStringsArray, ...parts: readonly Code[]): Code {
  let text = strings[0];
  for (const [index, part] of parts.entries()) text += part.text + strings[index + 1];
  return Code.trusted(text);
}

/** A name of the program as a JavaScript identifier. */
export function identifier(name: string): Code {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_');
  const started = /^[A-Za-z_]/.test(plain) ? plain : `_${plain}`;
  return Code.trusted(reserved.has(started) ? `${started}_` : started);
}

/** The name means something in JavaScript or TypeScript. */
export function isReserved(name: string): boolean {
  return reserved.has(name);
}

/** A number as a literal that reads back as the same number. */
export function literal(value: number): Code {
  if (Number.isNaN(value)) return Code.trusted('Number.NaN');
  if (value === Number.POSITIVE_INFINITY) return Code.trusted('Number.POSITIVE_INFINITY');
  if (value === Number.NEGATIVE_INFINITY) return Code.trusted('Number.NEGATIVE_INFINITY');
  if (Object.is(value, -0)) return Code.trusted('-0');
  return Code.trusted(String(value));
}

export function quoted(value: string): Code {
  // JSON leaves these two in, and they end a line in JavaScript.
  return Code.trusted(
    JSON.stringify(value)
      .replace(/\u2028/g, '\\u2028')
      .replace(/\u2029/g, '\\u2029'),
  );
}

/** Text of a comment: one line, unable to end the comment it stands in, no invisible or bidirectional characters. */
export function comment(text: string): Code {
  return Code.trusted(
    text
      .replace(/\s+/g, ' ')
      .replace(/\*\//g, '* /')
      .replace(/[^\x20-\x7e\u00a0-\u1fff]|[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '?'),
  );
}

export function join(parts: readonly Code[], separator: string): Code {
  return Code.trusted(parts.map((part) => part.text).join(separator));
}

const reserved: ReadonlySet<string> = new Set(
  (
    'abstract arguments await boolean break byte case catch char class const continue debugger default delete do double ' +
    'else enum eval export extends false final finally float for function goto if implements import in instanceof int ' +
    'interface let long native new null package private protected public return short static super switch synchronized ' +
    'this throw throws transient true try typeof undefined var void volatile while with yield Number Math Infinity NaN ' +
    'exports require module globalThis __proto__ constructor prototype'
  ).split(' '),
);
