// Sources of events under which an imported condition is true, or false: labels from the rule's own matchers, values
// from the numbers that stand in it. A search with a fixed seed: the same rule gives the same tests.

import { durationMs } from '../../../compiler/vocabulary/units.ts';
import type { Expression } from '../../../grammar/ast.ts';
import { alternativesOf } from './pattern.ts';
import type { LabelMatcher, PromSelector } from './promql.ts';
import type { RuleCondition } from './rule-condition.ts';
import { type Course, holds, type Source, type World } from './steady-state.ts';

/** Where the virtual time of tests begins, seconds since 1970. */
export const testStartSeconds = Date.UTC(2026, 0, 1) / 1000;

const triesMax = 1500;

/** `turn`: another one for each number. `null` when none was found. */
export function worldWhere(
  condition: RuleCondition,
  wanted: boolean,
  everySeconds: number,
  nowSeconds: number,
  turn: number,
): World | null {
  const numbers = candidates(condition.when);
  const tags = new Map([...condition.names.tags.values()].map((tag) => [tag.name, tag.labels] as const));
  const { key } = condition.names;
  tags.set(condition.names.keyName, key.kind === 'by' ? key.labels : null);
  const random = dice(0x5eed + turn);
  const populations = populationsOf(condition);
  for (let attempt = 0; attempt < triesMax; attempt++) {
    const population = populations[attempt % populations.length];
    const simple = attempt < triesMax / 3;
    const world: World = {
      tags,
      nowSeconds,
      everySeconds,
      sources: withCourses(condition, population, (counter) => draw(random, numbers, counter, nowSeconds, simple)),
    };
    if (holds(condition.when, world) === wanted) return world;
  }
  return null;
}

type Labels = Readonly<Record<string, string>>;

/** Sets of sources to try: alone and several, with every selector's labels. */
function populationsOf(condition: RuleCondition): readonly (readonly Labels[])[] {
  const { names, selectors } = condition;
  const { key } = names;
  const base: Record<string, string> =
    key.kind === 'by' ? Object.fromEntries(key.labels.map((label) => [label, 'a'])) : {};
  const chosen = selectors.map((selector) => labelsFor(selector.matchers));
  const sets = distinctLabels(chosen.map((labels) => ({ ...base, ...labels })));
  const together: Record<string, string> = {};
  for (const labels of [...chosen, base])
    for (const [label, value] of Object.entries(labels)) together[label] ??= value;
  const everything = distinctLabels([together, ...sets]);
  const named = everything.map((labels) => withKey(condition, labels));
  const members = [...names.tags.values()].filter((tag) => tag.member);
  if (members.length === 0) return named.map((labels) => [labels]);
  // Series that have none of the labels left out of the key are a group of their own, or stand beside the others.
  const bare = key.kind === 'without' ? named.filter((labels) => !key.labels.some((label) => label in labels)) : [];
  return [1, 2, 3, 5, 12].flatMap((copies) => {
    const several = named.flatMap((labels) => copied(condition, labels, copies));
    const alone = copies === 1 ? named.map((labels) => [labels]) : [];
    return [several, ...(bare.length === 0 ? [] : [[...bare, ...several]]), ...alone];
  });
}

function distinctLabels(sets: readonly Labels[]): readonly Labels[] {
  return [...new Map(sets.map((labels) => [JSON.stringify(Object.entries(labels).sort()), labels])).values()];
}

/** A source has labels, and a key needs at least one. */
function withKey({ names }: RuleCondition, labels: Labels): Labels {
  const { key } = names;
  const others = Object.keys(labels).filter((label) => !key.labels.includes(label));
  if (others.length > 0 || (key.kind === 'by' && Object.keys(labels).length > 0)) return labels;
  return { ...labels, [key.labels.includes('instance') ? 'cluster' : 'instance']: 'a' };
}

/** The same source several times, apart by a label that is not part of the key. */
function copied({ names }: RuleCondition, labels: Labels, copies: number): readonly Labels[] {
  const { key } = names;
  const each = [...names.tags.values()].flatMap((tag) => (tag.member ? (tag.labels ?? []) : []));
  const free = ['instance', 'pod', 'replica'].find(
    (label) => labels[label] === undefined && !key.labels.includes(label),
  );
  const apart = each[0] ?? (key.kind === 'without' ? key.labels[0] : free);
  if (apart === undefined) return [labels];
  return Array.from({ length: copies }, (_, copy) =>
    copies === 1 && each.length === 0 && key.kind === 'by' && free === undefined
      ? labels
      : { ...labels, [apart]: labels[apart] ?? `${copy + 1}` },
  );
}

/** Labels that fit all matchers, as far as one value of each can. */
export function labelsFor(matchers: readonly LabelMatcher[]): Labels {
  const labels: Record<string, string> = {};
  for (const matcher of matchers) {
    if (matcher.operator === '=' && matcher.value !== '') labels[matcher.label] = matcher.value;
    if (matcher.operator === '=~') {
      const found = alternativesOf(matcher.value)?.find(({ text }) => text !== '');
      if (found !== undefined) labels[matcher.label] = found.glob ? sampleOf(found.text) : found.text;
    }
  }
  for (const { label, operator, value } of matchers) {
    if (operator === '!=' && value === '' && labels[label] === undefined) labels[label] = 'x';
    if (operator === '!~' && labels[label] === undefined && matchesEmpty(value)) labels[label] = 'x';
  }
  return labels;
}

function matchesEmpty(pattern: string): boolean {
  return alternativesOf(pattern)?.some(({ text }) => text === '' || text === '*') ?? false;
}

function sampleOf(glob: string): string {
  return glob.replace(/^\*$/, 'x').replaceAll('?*', 'x').replaceAll('?', '0').replaceAll('*', '');
}

function withCourses(
  { names, selectors }: RuleCondition,
  population: readonly Labels[],
  drawn: (counter: boolean) => Course,
): readonly Source[] {
  const shared = new Map<string, Course>();
  return population.map((labels) => {
    const metrics: Record<string, Course> = {};
    for (const use of names.metrics.values()) {
      if (!selectors.some((selector) => readsFrom(selector, use.wire) && fitsEqualities(selector, labels))) continue;
      // Copies of one source behave alike.
      const id = `${use.name} ${JSON.stringify(
        labels,
        Object.keys(labels)
          .filter((label) => !/^\d+$/.test(labels[label]))
          .sort(),
      )}`;
      const course = shared.get(id) ?? drawn(use.kind === 'counter');
      shared.set(id, course);
      metrics[use.name] = course;
    }
    return { labels, metrics };
  });
}

function readsFrom(selector: PromSelector, wire: string): boolean {
  return selector.metric === wire || selector.metric === `${wire}_bucket`;
}

function fitsEqualities({ matchers }: PromSelector, labels: Labels): boolean {
  return matchers.every(({ label, operator, value }) => {
    const own = labels[label] ?? '';
    if (operator === '=') return own === value;
    return operator === '!=' ? own !== value : true;
  });
}

interface Candidates {
  readonly near: readonly number[];
  readonly all: readonly number[];
  /** The condition reads the clock. */
  readonly clock: boolean;
}

/** The numbers of a condition, and numbers around them. */
function candidates(condition: Expression): Candidates {
  const found = new Set<number>([0, 1, 100]);
  let clock = false;
  const text = JSON.stringify(condition, (name, node: unknown) => {
    if (typeof node !== 'object' || node === null || !('kind' in node)) return node;
    if (node.kind === 'quantity' && 'value' in node && typeof node.value === 'number' && name !== 'duration') {
      const seconds = durationMs(node as never);
      found.add(seconds === null ? node.value : seconds / 1000);
    }
    if (node.kind === 'call' && JSON.stringify(node).includes('"now"')) clock = true;
    return node;
  });
  const near = [...found]
    .flatMap((value) => [value, value * 2, value / 2, value + 1, value - 1])
    .filter((value) => value >= 0);
  const far = [...found].flatMap((value) => [value / 100, -value, value - 1, value * 100]);
  return { near: [...new Set(near)], all: [...new Set([...near, ...far])], clock: clock || text.includes('"now"') };
}

function draw(
  random: Dice,
  { near, all, clock }: Candidates,
  counter: boolean,
  nowSeconds: number,
  simple: boolean,
): Course {
  const numbers = simple ? near : all;
  const pick = (): number => numbers[Math.floor(random() * numbers.length)];
  if (counter) return { value: 0, perSecond: Math.abs(random() < 0.3 ? pick() / 60 : pick()) };
  const offset = pick();
  const value = clock && random() < 0.6 ? nowSeconds - offset : offset;
  if (simple || random() < 0.5) return { value, perSecond: 0 };
  return { value, perSecond: pick() / (random() < 0.5 ? 1 : 3600) };
}

/** Numbers in [0, 1). */
export type Dice = () => number;

/** Some course of a metric, of numbers that the condition suggests. */
export function randomCourse(condition: RuleCondition, counter: boolean, random: Dice): Course {
  return draw(random, candidates(condition.when), counter, 0, false);
}

/** Mulberry32, a small generator: the same seed, the same numbers. */
export function dice(seed: number): Dice {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
