// One partition: when a row is judged, what is late, what merges, how much waits, and that none of it depends on how
// the input was cut into batches.

import { describe, expect, test } from 'vitest';
import { createEvaluator } from '../../cli/program.ts';
import { Session } from '../../runtime/evaluate/session.ts';
import { irOf, startMs } from './judge-case.ts';

function schema(name: string, rest: string): string {
  return `schema ${name} {\n  key id\n  tag region\n  metric load: number optional\n  metric depth: number optional\n${rest}\n}\n`;
}

function policy(name: string, on: string, rest: string): string {
  return `policy ${name} {\n  on ${on}\n  ${rest}\n  do notify("look here")\n}\n`;
}

/** A program at work, told about in lines. */
class Bench {
  readonly log: string[] = [];
  readonly late: string[] = [];
  readonly session: Session;

  constructor(text: string) {
    this.session = new Session(createEvaluator(irOf(text), 'generated'), {
      propose: ({ policy, key, at, cause, tags }) =>
        this.log.push(
          `${policy.name} ${key} ${at - startMs} ${cause}${tags.region === undefined ? '' : ` ${tags.region}`}`,
        ),
      rearm: (name, key, at) => this.log.push(`${name} ${key} ${at - startMs} rearm`),
      skip: () => {},
      late: (name, key, at, behindMs) => this.late.push(`${name} ${key} ${at - startMs} ${behindMs}`),
      deadLetter: () => {},
    });
  }

  get partition() {
    return this.session.partition;
  }

  event(atMs: number, values: { load?: number; depth?: number; key?: string; region?: string; schema?: number }): this {
    const { intake } = this.session;
    const target = intake.schemas[values.schema ?? 0];
    const { rows } = target;
    const row = rows.append(startMs + atMs, target.keys.intern(values.key ?? 'a'), intake.seq++);
    rows.values[row * rows.width] = values.load ?? Number.NaN;
    rows.values[row * rows.width + 1] = values.depth ?? Number.NaN;
    if (values.region !== undefined) rows.tags[row * rows.tagWidth] = target.tags[0].intern(values.region);
    return this;
  }

  drain(): this {
    this.partition.drain();
    return this;
  }
}

const high = policy('high', 'service', 'when load > 1\n  cooldown 0s');

describe('when a row is judged', () => {
  test('not before the watermark is greater than its time', () => {
    const bench = new Bench(schema('service', '') + high).event(1000, { load: 5 }).drain();
    expect([bench.log, bench.partition.waiting]).toEqual([[], 1]);
    bench.event(1000, { load: 5, key: 'b' }).drain();
    expect([bench.log, bench.partition.waiting]).toEqual([[], 2]);
    bench.event(1001, { load: 0 }).drain();
    expect([bench.log, bench.partition.waiting]).toEqual([['high a 1000 condition', 'high b 1000 condition'], 1]);
  });

  test('with lateness, as much later', () => {
    const bench = new Bench(schema('service', '  lateness 2s') + high)
      .event(1000, { load: 5 })
      .event(3000, { load: 0 })
      .drain();
    expect(bench.log).toEqual([]);
    bench.event(3001, { load: 0 }).drain();
    expect(bench.log).toEqual(['high a 1000 condition']);
  });

  test('the greatest time of any schema moves the watermark of all', () => {
    const text = schema('service', '') + schema('other', '') + high + policy('low', 'other', 'when load < 1');
    const bench = new Bench(text).event(1000, { load: 5 }).event(2000, { load: 3, schema: 1 }).drain();
    expect(bench.log).toEqual(['high a 1000 condition']);
  });

  test('by time, whatever the order of arrival within the lateness', () => {
    const bench = new Bench(schema('service', '  lateness 5s') + high);
    for (const at of [4000, 2000, 3000, 1000]) bench.event(at, { load: at === 2000 ? 0 : 5 });
    bench.partition.close();
    expect(bench.log).toEqual([
      'high a 1000 condition',
      'high a 2000 rearm',
      'high a 3000 condition',
      'high a 4000 repeat',
    ]);
  });
});

describe('late events', () => {
  test('come behind the watermark; an event exactly at it is in time', () => {
    const bench = new Bench(schema('service', '  lateness 2s') + high);
    bench.event(10_000, { load: 0 }).event(8000, { load: 5 }).event(7999, { load: 5 }).drain();
    bench.partition.close();
    expect(bench.late).toEqual(['service a 7999 1']);
    expect(bench.partition.late).toBe(1);
    expect(bench.log).toEqual(['high a 8000 condition', 'high a 10000 rearm']);
  });

  test('never enter a window', () => {
    const text = schema('service', '') + policy('mean', 'service', 'when avg(load over 10s) > 4');
    const bench = new Bench(text).event(5000, { load: 1 }).event(4000, { load: 100 }).event(6000, { load: 1 });
    bench.partition.close();
    expect([bench.log, bench.partition.late]).toEqual([[], 1]);
  });
});

describe('events of one key and time', () => {
  test('merge metric by metric, the later arrival winning', () => {
    const text = schema('service', '') + policy('both', 'service', 'when load == 2 and depth == 7');
    const bench = new Bench(text)
      .event(1000, { load: 1, depth: 7 })
      .event(1000, { load: 2 })
      .event(1000, { key: 'b', load: 2 });
    bench.partition.close();
    expect([bench.log, bench.partition.merged]).toEqual([['both a 1000 condition'], 1]);
  });

  test('merge across batches and between others', () => {
    const bench = new Bench(schema('service', '') + high);
    bench
      .event(1000, { load: 5 })
      .drain()
      .event(1000, { key: 'b' })
      .event(1000, { load: 0 })
      .drain()
      .event(2000, {})
      .drain();
    expect([bench.log, bench.partition.merged]).toEqual([[], 1]);
  });
});

describe('time without events', () => {
  test('`advance` lets time come to a moment', () => {
    const bench = new Bench(schema('service', '') + high).event(1000, { load: 5 });
    bench.partition.advance(startMs + 1000);
    expect(bench.log).toEqual([]);
    bench.partition.advance(startMs + 1001);
    expect(bench.log).toEqual(['high a 1000 condition']);
    bench.event(1000, { load: 5 }).drain();
    expect(bench.partition.late).toBe(1);
  });

  test('`passTime` lets deadlines pass and judges what waits, and leaves what is sent late of a silence to be judged', () => {
    const silent = policy('silent', 'service', 'when missing(load) for 10s\n  cooldown 1h');
    const bench = new Bench(schema('service', '  every 1s   stale after 5s   lateness 2s') + high + silent);
    bench.event(0, { load: 2 }).event(1000, { load: 2 }).drain();
    expect(bench.log).toEqual([]);
    bench.partition.passTime(startMs + 30_000);
    expect(bench.log).toEqual(['high a 0 condition', 'high a 1000 repeat', 'silent a 11000 condition']);
    bench.event(2000, { load: 3 }).event(4000, { load: 3 }).event(7000, { load: 3 }).drain();
    expect(bench.late).toEqual([]);
    expect(bench.log.slice(3)).toEqual(['high a 2000 repeat', 'silent a 2000 rearm', 'high a 4000 repeat']);
  });

  test('`advance` takes what came before it first, and never turns time back', () => {
    const bench = new Bench(schema('service', '') + high).event(1000, { load: 5 });
    bench.partition.advance(startMs + 5000);
    bench.partition.advance(startMs + 2000);
    expect([bench.log, bench.partition.late, bench.partition.timeMax - startMs]).toEqual([
      ['high a 1000 condition'],
      0,
      5000,
    ]);
  });

  test('`punctuate` judges the reached time too; then the keys judged there are late, and no others', () => {
    const bench = new Bench(schema('service', '') + high).event(1000, { load: 5 });
    bench.partition.punctuate();
    expect([bench.log, bench.partition.waiting]).toEqual([['high a 1000 condition'], 0]);
    bench.event(1000, { load: 5 }).event(1000, { key: 'b', load: 5 }).event(1001, { key: 'b', load: 5 }).drain();
    expect([bench.log.slice(1), bench.late]).toEqual([['high b 1000 condition'], ['service a 1000 0']]);
    bench.partition.punctuate();
    bench.event(1000, { key: 'c', load: 5 }).event(1001, { key: 'c', load: 5 }).drain();
    bench.partition.punctuate();
    expect(bench.log.slice(2)).toEqual(['high b 1001 repeat', 'high c 1001 condition']);
    expect(bench.late.slice(1)).toEqual(['service c 1000 1']);
  });

  test('with lateness, what `punctuate` or `close` has judged of one key leaves the others in time', () => {
    const bench = new Bench(schema('service', '  lateness 5s') + high).event(9000, { load: 5 });
    bench.partition.close();
    bench.event(8000, { load: 5 }).event(8000, { key: 'b', load: 5 }).event(9000, { key: 'b', load: 0 });
    bench.partition.close();
    expect(bench.log).toEqual(['high a 9000 condition', 'high b 8000 condition', 'high b 9000 rearm']);
    expect(bench.late).toEqual(['service a 8000 1000']);
  });

  test('a deadline at the very moment that `punctuate` judges can still be put off', () => {
    const silent = policy('silent', 'service', 'when missing(load) for 10s\n  cooldown 1h');
    const bench = new Bench(schema('service', '') + silent).event(1000, { load: 1 }).event(1000, { key: 'b', load: 1 });
    bench.event(11_000, { key: 'c', load: 1 });
    bench.partition.punctuate();
    bench.event(11_000, { load: 1 });
    bench.partition.punctuate();
    expect(bench.log).toEqual([]);
    bench.event(11_001, { key: 'c', load: 1 }).drain();
    expect(bench.log).toEqual(['silent b 11000 condition']);
  });

  test('`close` judges all that waits', () => {
    const bench = new Bench(schema('service', '  lateness 1m') + high)
      .event(3000, { load: 5 })
      .event(1000, { load: 5 });
    bench.partition.close();
    expect([bench.log, bench.partition.waiting]).toEqual([['high a 1000 condition', 'high a 3000 repeat'], 0]);
  });

  test('nothing happens before the first event', () => {
    const bench = new Bench(schema('service', '') + high);
    bench.drain();
    bench.partition.punctuate();
    bench.partition.close();
    expect([bench.log, bench.partition.timeMax]).toEqual([[], Number.NEGATIVE_INFINITY]);
  });
});

describe('deadlines', () => {
  const silent = policy('silent', 'service', 'when missing(load) for 10s\n  cooldown 1h');

  test('pass when the watermark passes them, with no row of the key', () => {
    const bench = new Bench(schema('service', '') + silent).event(1000, { load: 1 });
    bench.event(11_000, { key: 'b', load: 1 }).drain();
    expect(bench.log).toEqual([]);
    bench.event(11_001, { key: 'b', load: 1 }).drain();
    expect(bench.log).toEqual(['silent a 11000 condition']);
  });

  test('are put off by a row in the same batch', () => {
    const bench = new Bench(schema('service', '') + silent).event(1000, { load: 1 }).drain();
    for (let at = 6000; at <= 60_000; at += 5000) bench.event(at, { load: 1 });
    bench.drain();
    expect(bench.log).toEqual([]);
  });

  test('pass at the end of input, up to the last event', () => {
    const bench = new Bench(schema('service', '  lateness 1m') + silent)
      .event(1000, { load: 1 })
      .event(11_000, { key: 'b', load: 1 });
    bench.partition.close();
    expect(bench.log).toEqual(['silent a 11000 condition']);
  });

  test.each(['at once', 'one by one'])('carry the tags of the last row before them, cut %s', (cut) => {
    const bench = new Bench(
      schema('service', '') + policy('silent', 'service', 'when missing(load) for 10s and region == "eu"'),
    );
    for (const [at, region] of [
      [1000, 'us'],
      [2000, 'eu'],
      [30_000, 'us'],
      [31_000, 'us'],
    ] as const) {
      bench.event(at, { load: 1, region });
      if (cut === 'one by one') bench.drain();
    }
    bench.drain();
    expect(bench.log).toEqual(['silent a 12000 condition eu', 'silent a 30000 rearm']);
  });
});

describe('the reorder buffer', () => {
  const reorderRowsMax = 262_144;
  const text = schema('service', '  lateness 1d') + high;

  function overflow(cut: number): Bench {
    const bench = new Bench(text);
    for (let n = 0; n < reorderRowsMax + 20_000; n++) {
      // Every second event comes ten seconds late.
      const at = n % 2 === 0 ? n * 10 : Math.max(0, n * 10 - 10_000);
      bench.event(at, { load: n % 1000 === 0 ? 5 : 0 });
      if (n % cut === 0) bench.drain();
    }
    return bench.event(0, { load: 5 }).drain();
  }

  test('is bounded: its earlier half is judged, and what comes for it then is late', () => {
    const bench = overflow(50_000);
    expect(bench.partition.waiting).toBeLessThanOrEqual(reorderRowsMax);
    expect(bench.partition.waiting).toBeGreaterThan(reorderRowsMax / 2);
    expect(bench.late.length).toBe(1);
    expect(bench.log.length).toBeGreaterThan(100);
    const other = overflow(1_000_000);
    expect(other.log).toEqual(bench.log);
    expect(other.late).toEqual(bench.late);
    expect(other.partition.waiting).toBe(bench.partition.waiting);
  });

  test('counts only what the watermark has not passed, however large the batch', () => {
    const bench = new Bench(schema('service', '  lateness 1s') + high);
    for (let n = 0; n < reorderRowsMax + 20_000; n++) bench.event(n, { load: 0 });
    bench.event(reorderRowsMax + 19_000, { load: 5 }).drain();
    expect([bench.partition.late, bench.partition.waiting]).toEqual([0, 1002]);
  });
});

test('times before 1970 are times', () => {
  const bench = new Bench(schema('service', '') + high).event(-startMs - 1000, { load: 5 });
  bench.partition.punctuate();
  expect(bench.log).toEqual([`high a ${-startMs - 1000} condition`]);
});
