// What an engine tells of the telemetry that it sees: in the units of the wire, values that came and not those that a
// program names, and what nobody declared.

import { expect, test } from 'vitest';
import { readTelemetrySnapshot, telemetrySnapshotText } from '../../runtime/observe/telemetry-snapshot.ts';
import { TelemetryWatch } from '../../runtime/observe/telemetry-watch.ts';
import { JsonEventDecoder } from '../../runtime/sources/json-events.ts';
import { intakeProbe } from '../support/intake-probe.ts';
import { metricMeta, programMeta, schemaMeta, tagMeta } from '../support/program-meta.ts';

const program = programMeta([
  schemaMeta('web', {
    key: tagMeta('service', { from: 'service.name', literals: ['never-comes', 'shop'] }),
    tags: [tagMeta('region', { literals: ['eu'] })],
    metrics: [
      metricMeta('latency', { type: 'duration', multiply: 1, divide: 1000 }),
      metricMeta('errors', { from: 'error.rate', type: 'ratio', multiply: 1, divide: 100 }),
      metricMeta('gone', { optional: true }),
    ],
  }),
  schemaMeta('silent', { key: tagMeta('host') }),
]);

function watched(events: readonly object[], slice = Number.POSITIVE_INFINITY) {
  const { intake } = intakeProbe(program);
  const watch = new TelemetryWatch(program.schemas);
  watch.add(intake);
  const decoder = new JsonEventDecoder(intake, { schema: 'web', where: 'test', now: () => Date.UTC(2026, 0, 2) });
  const bytes = Buffer.from(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  for (let at = 0; at < bytes.length; ) {
    at = decoder.decode(bytes, slice, at);
    for (const { index } of intake.schemas) watch.undeclared(index, decoder.undeclared(index));
    watch.rows(intake);
    for (const { rows } of intake.schemas) rows.clear();
  }
  return watch.snapshot();
}

function event(at: number, metrics: object, tags: object = { 'service.name': 'shop', region: 'eu' }, schema?: string) {
  return { id: String(at), timestamp: Date.UTC(2026, 0, 1) + at * 1000, metrics, tags, schema };
}

test('bounds in the units of the wire; a metric that never comes is absent', () => {
  const snapshot = watched([
    event(0, { latency: 812, 'error.rate': 7 }),
    event(1, { latency: 120, 'error.rate': 63.5 }),
  ]);
  expect(snapshot).toMatchObject({
    from: '2026-01-01T00:00:00.000Z',
    to: '2026-01-01T00:00:01.000Z',
    streams: [
      { schema: 'silent', events: 0, metrics: [], tags: [] },
      {
        schema: 'web',
        events: 2,
        metrics: [
          { name: 'error.rate', count: 2, min: 7, max: 63.5 },
          { name: 'latency', count: 2, min: 120, max: 812 },
        ],
        tags: [
          { name: 'region', count: 2, values: 1, samples: ['eu'] },
          { name: 'service.name', count: 2, values: 1, samples: ['shop'] },
        ],
      },
    ],
  });
  expect(readTelemetrySnapshot(JSON.parse(telemetrySnapshotText(snapshot)))).toEqual(snapshot);
});

test('a rare metric is seen wherever it lies in a large batch', () => {
  const events = Array.from({ length: 2000 }, (_, at) =>
    event(at, { latency: 1, 'error.rate': 1, ...(at === 1234 ? { gone: 5 } : {}) }),
  );
  for (const slice of [1, 100, 2000]) {
    const web = watched(events, slice).streams.find(({ schema }) => schema === 'web');
    expect(web?.events).toBe(2000);
    expect(web?.metrics.find(({ name }) => name === 'gone')).toMatchObject({ min: 5, max: 5 });
    expect(web?.metrics.find(({ name }) => name === 'latency')?.count).toBeLessThanOrEqual(2000);
  }
});

test('undeclared metrics and schemas', () => {
  const { streams } = watched([
    event(0, { latency: 1, 'error.rate': 1, 'jvm.threads': 5 }),
    event(1, { x: 1 }, {}, 'wob'),
    event(2, { x: 1 }, {}, 'wob'),
  ]);
  expect(streams.find(({ schema }) => schema === 'web')?.metrics.map(({ name }) => name)).toContain('jvm.threads');
  expect(streams.find(({ schema }) => schema === 'wob')).toMatchObject({ events: 2, metrics: [], tags: [] });
});
