// Lines of a generated module in both languages at once, each with the place in the `.ddl` source it stands for.

import type { Code } from './code.ts';

export interface Origin {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

interface Line {
  readonly ts: string;
  readonly js: string;
  readonly origin: Origin | null;
}

export class Lines {
  readonly #lines: Line[] = [];
  origin: Origin | null = null;

  /** The same text in both. */
  add(text: Code, origin = this.origin): void {
    this.#lines.push({ ts: text.text, js: text.text, origin });
  }

  /** Text that differs by its types. */
  typed(ts: Code, js: Code): void {
    this.#lines.push({ ts: ts.text, js: js.text, origin: this.origin });
  }

  get length(): number {
    return this.#lines.length;
  }

  ts(): string {
    return `${this.#lines.map((line) => line.ts).join('\n')}\n`;
  }

  js(): string {
    return `${this.#lines.map((line) => line.js).join('\n')}\n`;
  }

  /** A source map (version 3) from whole lines of the module to lines of `.ddl` files. */
  sourceMap(file: string): string {
    const sources: string[] = [];
    const index = new Map<string, number>();
    let lastSource = 0;
    let lastLine = 0;
    const mappings = this.#lines.map(({ origin }) => {
      if (origin === null) return '';
      let source = index.get(origin.file);
      if (source === undefined) {
        source = sources.push(origin.file) - 1;
        index.set(origin.file, source);
      }
      const segment = [0, source - lastSource, origin.line - 1 - lastLine, 0].map(vlq).join('');
      lastSource = source;
      lastLine = origin.line - 1;
      return segment;
    });
    return JSON.stringify({ version: 3, file, sources, names: [], mappings: mappings.join(';') });
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 variable-length quantity. Source: ECMA-426, Base64 VLQ. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += digits[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}
