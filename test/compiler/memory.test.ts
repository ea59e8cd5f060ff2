// What an `Analyser` remembers changes no answer: after any sequence of edits it says what a fresh one says.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Analyser, type Analysis, analyse, type FileText } from '../../compiler/analyse.ts';
import { parse } from '../../grammar/parser.ts';
import { largeProject } from '../bench/large-project.ts';

const folder = join(import.meta.dirname, '../../policies/service');
const shipped = ['service-health', 'high-error-rate', 'cpu-saturation', 'queue-growth', 'error-budget'].map((name) => ({
  file: `${name}.ddl`,
  text: readFileSync(join(folder, `${name}.ddl`), 'utf8'),
}));
const lines = shipped.flatMap(({ text }) => text.split('\n'));

interface Edit {
  readonly file: number;
  readonly line: number;
  readonly kind: 'remove' | 'insert' | 'replace' | 'number' | 'restore';
  readonly with: number;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  file: fc.nat({ max: shipped.length - 1 }),
  line: fc.nat({ max: 60 }),
  kind: fc.constantFrom('remove', 'insert', 'replace', 'number', 'restore'),
  with: fc.nat({ max: lines.length - 1 }),
});

function apply(files: readonly FileText[], change: Edit): readonly FileText[] {
  return files.map((file, at) => {
    if (at !== change.file) return file;
    if (change.kind === 'restore') return shipped[at] as FileText;
    const own = file.text.split('\n');
    const line = change.line % own.length;
    if (change.kind === 'remove') own.splice(line, 1);
    else if (change.kind === 'insert') own.splice(line, 0, lines[change.with] as string);
    else if (change.kind === 'replace') own[line] = lines[change.with] as string;
    else own[line] = (own[line] as string).replace(/\d/, String(change.with % 10));
    return { ...file, text: own.join('\n') };
  });
}

function said(analysis: Analysis): unknown {
  const { diagnostics, ir, testPlans, policies } = analysis;
  const metas = ir?.policies.map(({ meta }) => meta) ?? null;
  return { diagnostics, testPlans, policies, metas, fleets: ir?.fleets ?? null };
}

test('after any edits a remembering analyser says what a fresh one says', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 12 }), (edits) => {
      const analyser = new Analyser();
      let files: readonly FileText[] = shipped;
      analyser.analyse(files);
      for (const change of edits) {
        files = apply(files, change);
        const fresh = analyse(files);
        expect(said(analyser.analyse(files))).toEqual(said(fresh));
        // A mistake of form may be told in other words than the parser's, but never not at all.
        const broken = files.some(({ file, text }) => parse(file, text).problems.length > 0);
        if (broken) expect(fresh.ir).toBeNull();
      }
    }),
    { numRuns: 60 },
  );
});

test('a change of one policy leaves the others what they were: the same objects', () => {
  const files = [...largeProject(50)];
  const analyser = new Analyser();
  const before = analyser.analyse(files).ir;
  const [changed] = files.splice(3, 1) as [FileText];
  files.splice(3, 0, { ...changed, text: changed.text.replace('open_for: 10s', 'open_for: 20s') });
  const after = analyser.analyse(files).ir;
  const same = after?.policies.filter((policy, at) => policy === before?.policies[at]);
  expect(after?.policies).toHaveLength(50);
  expect(same).toHaveLength(45);
});
