// No invisible character changes what a reader sees of a program, and no letter is dressed up as one of another script.

import type { SourceFile } from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import type { LintRule } from './rule.ts';

/** Turns the direction of what follows, or stands where nothing is seen. Source: Unicode Technical Report 36, UTS 55. */
const invisible = /[\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF\u{E0000}-\u{E007F}]/gu;
/** Letters of Cyrillic and Greek that look like letters of Latin. Source: Unicode Technical Standard 39, confusables. */
const lookalike = new RegExp(
  '[\u0391\u0392\u0395\u0396\u0397\u0399\u039A\u039C\u039D\u039F\u03A1\u03A4\u03A5\u03A7\u03BD\u03BF' +
    '\u0405\u0406\u0408\u0410\u0412\u0415\u041A\u041C\u041D\u041E\u0420\u0421\u0422\u0423' +
    '\u0425\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u0501\u051B\u051D]',
  'u',
);
const word = /[\p{L}\p{M}\p{N}_]+/gu;
const latin = /[A-Za-z]/;
const beyondAscii = /[\u0080-\u{10FFFF}]/u;

/** Findings of one kind in one file. */
const toldMax = 20;

export const hiddenText: LintRule = {
  names: ['invisible-character', 'mixed-script-word'],
  program({ sources, errors }, report) {
    // Outside of texts and comments such a character is a mistake of form.
    if (errors) return;
    for (const source of sources) if (beyondAscii.test(source.text)) look(source, report);
  },
};

function look({ file, text }: SourceFile, report: Report): void {
  let left = toldMax;
  for (const { 0: found, index } of text.matchAll(invisible)) {
    // A mark at the very beginning says how the file is encoded.
    if (index === 0 && found === '\uFEFF') continue;
    const code = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    report('invisible-character', { file, start: index, end: index + found.length }, { code: `U+${code}` });
    if (--left === 0) break;
  }
  left = toldMax;
  for (const { 0: found, index } of text.matchAll(word)) {
    if (!latin.test(found) || !lookalike.test(found)) continue;
    const letter = lookalike.exec(found)?.[0] ?? '';
    const code = (letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    report('mixed-script-word', { file, start: index, end: index + found.length }, { letter, code: `U+${code}` });
    if (--left === 0) break;
  }
}
