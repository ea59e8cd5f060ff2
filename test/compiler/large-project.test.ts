// The program that `npm run bench:project` measures is one that nothing is said about: sound, without warnings, in order.

import { expect, test } from 'vitest';
import { analyse } from '../../compiler/analyse.ts';
import { format } from '../../grammar/format.ts';
import { parse } from '../../grammar/parser.ts';
import { largeProject, policiesPerService } from '../bench/large-project.ts';

const files = largeProject(23 * policiesPerService);

test('it has as many policies as were asked for, and nothing is wrong with them', () => {
  const analysis = analyse(files);
  expect(analysis.diagnostics).toEqual([]);
  expect(analysis.policies).toBe(23 * policiesPerService);
});

test('it is laid out as `ddlc fmt` would', () => {
  for (const { file, text } of files) expect(format(parse(file, text).source)).toBe(text);
});
