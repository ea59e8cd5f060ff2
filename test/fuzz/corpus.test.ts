// What earlier campaigns found, again; and the parts of the campaign that must not be wrong themselves.

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { smallestCover, watch } from '../campaign/fuzz.ts';
import { Chance } from './chance.ts';
import { judgeInput } from './judge-input.ts';
import { Mutator } from './mutator.ts';
import { corpus, corpusFolder, seeds } from './seeds.ts';
import { shrink } from './shrink.ts';

const inputs = corpus();

describe('the corpus', () => {
  test.each(inputs.map(({ name, text }) => [name, text]))('%s', (_, text) => {
    judgeInput(text);
  });

  test('is small, and nothing else lies beside it', () => {
    expect(inputs.length).toBeGreaterThan(0);
    expect(inputs.length).toBeLessThanOrEqual(200);
    expect(inputs.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(400_000);
    expect(readdirSync(corpusFolder)).toHaveLength(inputs.length);
  });
});

describe('the campaign', () => {
  test('makes the same inputs from the same seed, and other ones each time', () => {
    const run = (seed: number): string[] => {
      const mutator = new Mutator(new Chance(seed));
      const [first = ''] = seeds();
      mutator.learn(first);
      return Array.from({ length: 50 }, () => mutator.mutate(first));
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    expect(new Set(run(7)).size).toBeGreaterThan(25);
  });

  test('makes what fails small', () => {
    const text = Array.from({ length: 100 }, (_, line) => `line ${line} of (many, words)`).join('\n');
    expect(shrink(text, (candidate) => candidate.includes('63 of'))).toBe('63 of');
  });

  test('notices an input that never ends, a dead thread, and that time is up', async () => {
    const counters = new Int32Array([7, 0]);
    let spent = 0;
    const computing = () => {
      spent += 4_000;
      return spent;
    };
    expect(await watch(counters, Date.now() + 30_000, () => false, computing)).toBe(true);
    expect(await watch(counters, Date.now() + 30_000, () => true)).toBe(true);
    expect(await watch(counters, Date.now() + 300, () => false)).toBe(false);
  });

  test('keeps as few inputs as reach what the seeds leave out', () => {
    const kept = (text: string, ran: readonly string[], seed = false) => ({ text, ran, seed });
    const cover = smallestCover([
      kept('seed', ['a', 'b'], true),
      kept('nothing new', ['a']),
      kept('two of three', ['a', 'c', 'd']),
      kept('all of them', ['c', 'd', 'e']),
      kept('one more', ['f', 'c']),
    ]);
    expect(cover).toEqual(['all of them', 'one more']);
  });
});
