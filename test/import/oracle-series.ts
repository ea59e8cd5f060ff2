// Series for one imported rule: several sources that are loud and quiet by turns, as the rule's own numbers suggest, with
// ramps, counters that restart, single samples left out and whole stretches without any. The same seed, the same series.

import type { RuleCondition } from '../../cli/import/prometheus/rule-condition.ts';
import type { Course, Source } from '../../cli/import/prometheus/steady-state.ts';
import { type Dice, dice, randomCourse, worldWhere } from '../../cli/import/prometheus/worlds.ts';

export interface SampledSource {
  readonly labels: Readonly<Record<string, string>>;
  /** By wire name, one for each tick; `null`: no sample. */
  readonly metrics: ReadonlyMap<string, readonly (number | null)[]>;
}

export interface SampledRule {
  readonly tickMs: number;
  readonly ticks: number;
  readonly sources: readonly SampledSource[];
  /** The same sources before samples were left out. */
  readonly whole: readonly SampledSource[];
}

/** None divides a range that rules use, so that no sample lies on the edge of a window, where versions differ. */
const tickSeconds = [13, 17, 37, 70, 140, 277];
const ticksMax = 500;
/** Slopes are numbers of the rule times this: at the very threshold rounding would decide. */
const offThreshold = 1.0137;

/** The same with a sample at every tick. */
export function withoutGaps({ whole, ...rest }: SampledRule): SampledRule {
  return { ...rest, sources: whole, whole };
}

/** The same with hardly anything in the place of zeros, so that nothing is divided by zero. */
export function withoutZeros(sampled: SampledRule): SampledRule {
  const sources = sampled.sources.map(({ labels, metrics }) => ({
    labels,
    metrics: new Map([...metrics].map(([name, samples]) => [name, samples.map(lifted)] as const)),
  }));
  return { ...sampled, sources, whole: sources };
}

/** Rises a little with every tick: counters are to grow, too. */
function lifted(value: number | null, tick: number): number | null {
  return value === null ? null : rounded(value + (tick + 1) * 1e-7);
}

/** `null` when the rule looks back over more than can be sampled, or nothing is known that makes it fire. */
export function sampleRule(condition: RuleCondition, seed: number): SampledRule | null {
  if ([...condition.names.metrics.values()].some(({ kind }) => kind === 'histogram')) return null;
  const lengthMs = condition.spanMs * 3 + 1_200_000;
  const shortest = Math.min(...condition.selectors.map((selector) => selector.rangeMs ?? Number.POSITIVE_INFINITY));
  const seconds = tickSeconds.find((each) => lengthMs / (each * 1000) <= ticksMax);
  if (seconds === undefined || seconds * 2500 > shortest) return null;
  const tickMs = seconds * 1000;
  const ticks = Math.ceil(lengthMs / tickMs);
  const world = worldWhere(condition, true, seconds, lengthMs / 2000, 0);
  if (world === null) return null;
  const random = dice(seed);
  const groups = [world.sources, otherGroup(condition, world.sources)].filter((group) => group !== null);
  const sources = groups.flatMap((group) => sampleGroup(condition, group, { tickMs, ticks, random }));
  return { tickMs, ticks, sources: sources.map(({ gappy }) => gappy), whole: sources.map(({ whole }) => whole) };
}

/** The same sources under another key; `null` when the rule names every label of its key. */
function otherGroup({ names, selectors }: RuleCondition, sources: readonly Source[]): readonly Source[] | null {
  const { key } = names;
  const fixed = new Set(selectors.flatMap((selector) => selector.matchers.map((matcher) => matcher.label)));
  const free =
    key.kind === 'by'
      ? key.labels.find((label) => !fixed.has(label))
      : ['zone', 'place'].find((label) => !fixed.has(label) && !key.labels.includes(label));
  if (free === undefined) return null;
  return sources.map((source) => ({ ...source, labels: { ...source.labels, [free]: 'other' } }));
}

interface Sampling {
  readonly tickMs: number;
  readonly ticks: number;
  readonly random: Dice;
}

interface TwoWays {
  readonly whole: SampledSource;
  readonly gappy: SampledSource;
}

function sampleGroup(condition: RuleCondition, group: readonly Source[], sampling: Sampling): readonly TwoWays[] {
  const { ticks, random } = sampling;
  const phases: boolean[] = [];
  while (phases.length < ticks) {
    const loud = random() < 0.55;
    const length = 3 + Math.floor((random() * ticks) / 3);
    for (let tick = 0; tick < length && phases.length < ticks; tick++) phases.push(loud);
  }
  const silence = random() < 0.3 ? Math.floor(random() * ticks) : ticks;
  const silenceTicks = Math.ceil((360_000 + random() * 300_000) / sampling.tickMs);
  const absent = phases.map((_, tick) => (tick >= silence && tick < silence + silenceTicks) || random() < 0.02);
  return group.map((source) => {
    const whole = new Map<string, readonly number[]>();
    for (const { name, wire, kind } of condition.names.metrics.values()) {
      const course = source.metrics[name];
      if (course === undefined) continue;
      const sampled = kind === 'counter' ? countUp : wander;
      whole.set(wire, sampled(condition, course, phases, sampling));
    }
    const gappy = [...whole].map(([wire, samples]) => {
      const left = samples.map((value, tick) => (absent[tick] || random() < 0.005 ? null : value));
      return [wire, left] as const;
    });
    const { labels } = source;
    return { whole: { labels, metrics: whole }, gappy: { labels, metrics: new Map(gappy) } };
  });
}

/** A gauge: as in the world that makes the rule fire while loud, else at some other course. */
function wander(
  condition: RuleCondition,
  loud: Course,
  phases: readonly boolean[],
  { tickMs, ticks, random }: Sampling,
): readonly number[] {
  let quiet = randomCourse(condition, false, random);
  let begin = 0;
  const middle = ticks / 2;
  return phases.map((isLoud, tick) => {
    if (tick > 0 && phases[tick - 1] !== isLoud) {
      begin = tick;
      quiet = randomCourse(condition, false, random);
    }
    const course = isLoud ? loud : quiet;
    const seconds = ((tick - (isLoud ? middle : begin)) * tickMs) / 1000;
    return rounded(course.value + course.perSecond * offThreshold * seconds);
  });
}

/** A counter that restarts now and then. */
function countUp(
  condition: RuleCondition,
  loud: Course,
  phases: readonly boolean[],
  { tickMs, random }: Sampling,
): readonly number[] {
  let total = random() < 0.3 ? 0 : 1000 + Math.floor(random() * 1000);
  let quiet = randomCourse(condition, true, random);
  return phases.map((isLoud, tick) => {
    if (tick > 0 && phases[tick - 1] !== isLoud)
      quiet = random() < 0.4 ? { value: 0, perSecond: 0 } : randomCourse(condition, true, random);
    if (random() < 0.01) total = 0;
    total += ((isLoud ? loud : quiet).perSecond * offThreshold * tickMs) / 1000;
    return rounded(total);
  });
}

function rounded(value: number): number {
  return Number(value.toPrecision(12)) + 0;
}
