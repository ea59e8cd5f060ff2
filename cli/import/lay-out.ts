// The last touches to imported files: the canonical layout, and a word behind each line that would be warned of.

import { analyse } from '../../compiler/analyse.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';

/** In the canonical layout. */
export function laidOut(text: string): string {
  const { source, problems } = parse('import.ddl', text);
  if (problems.length > 0) throw new Error(`the import wrote what can't be read: ${JSON.stringify(problems[0])}`);
  return format(source);
}

/** The files of one program; what is warned of in them is as the original has it, and is said to be. */
export function letStand(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const codes = new Map<string, Set<string>>();
  const sources = [...files].map(([file, text]) => ({ file, text }));
  for (const { code, severity, span } of analyse(sources).diagnostics) {
    if (severity !== 'warning') continue;
    const line = (files.get(span.file) ?? '').slice(0, span.start).split('\n').length - 1;
    const place = `${span.file} ${line}`;
    codes.set(place, (codes.get(place) ?? new Set()).add(code));
  }
  if (codes.size === 0) return files;
  return new Map(
    sources.map(({ file, text }) => {
      const lines = text.split('\n').map((line, index) => {
        const found = codes.get(`${file} ${index}`);
        return found === undefined
          ? line
          : `${line} // ddl-ignore ${[...found].sort().join(', ')}: the original has it so`;
      });
      return [file, laidOut(lines.join('\n'))];
    }),
  );
}
