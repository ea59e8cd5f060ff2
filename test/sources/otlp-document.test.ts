// A request in protobuf, read as the document that OTLP/JSON would be: a summary of telemetry sees the same in both.

import { expect, test } from 'vitest';
import { otlpDocument } from '../../runtime/observe/otlp-document.ts';
import { summarizeOtlp } from '../../runtime/observe/summarize-otlp.ts';
import { TelemetrySummary } from '../../runtime/observe/telemetry-summary.ts';
import { MalformedBody } from '../../runtime/sources/protobuf-reader.ts';
import { type OtlpRequest, otlpProtobuf } from '../support/otlp-protobuf.ts';

const timeUnixNano = '1767225600123000000';
const attributes = [
  { key: 'service.name', value: { stringValue: 'shop' } },
  { key: 'up', value: { boolValue: true } },
  { key: 'port', value: { intValue: '-8080' } },
  { key: 'load', value: { doubleValue: 0.5 } },
];
const request: OtlpRequest = {
  resourceMetrics: [
    {
      resource: { attributes },
      scopeMetrics: [
        {
          scope: { name: 'x', attributes: [{ key: 'scope', value: { stringValue: 's' } }] },
          metrics: [
            { name: 'depth', gauge: { dataPoints: [{ timeUnixNano, asDouble: 1.5 }] } },
            { name: 'load', gauge: { dataPoints: [{ timeUnixNano, asInt: '-3', attributes }] } },
            {
              name: 'calls',
              sum: { dataPoints: [{ timeUnixNano, asInt: '7' }], aggregationTemporality: 2, isMonotonic: true },
            },
            {
              name: 'open',
              sum: { dataPoints: [{ timeUnixNano, asInt: '7' }], aggregationTemporality: 2, isMonotonic: false },
            },
          ],
        },
        { metrics: [{ name: 'depth', gauge: { dataPoints: [{ timeUnixNano, asDouble: 2.5 }] } }] },
      ],
    },
  ],
};

function summaryOf(document: unknown): unknown {
  const summary = new TelemetrySummary();
  expect(summarizeOtlp(document, summary)).toBe(true);
  return summary.snapshot(100);
}

test('protobuf, with its fields in any order, and JSON are summed up as the same', () => {
  const expected = summaryOf(request);
  for (const reversed of [false, true]) {
    // In the opposite order the lists' elements come backwards too, which a summary does not see.
    expect(summaryOf(otlpDocument(otlpProtobuf(request, reversed)))).toEqual(expected);
  }
  expect(JSON.stringify(expected)).toContain('"calls"');
});

test('every cut of a request is malformed or shorter, never a fault', () => {
  const whole = otlpProtobuf(request);
  for (let length = 0; length < whole.length; length++) {
    try {
      otlpDocument(whole.subarray(0, length));
    } catch (error) {
      expect(error).toBeInstanceOf(MalformedBody);
    }
  }
});

test('names of fields that an object has by itself are only names', () => {
  const named = { key: '__proto__', value: { stringValue: 'x' } };
  const hostile: OtlpRequest = {
    resourceMetrics: [{ resource: { attributes: [named] }, scopeMetrics: [] }],
  };
  expect(JSON.stringify(otlpDocument(otlpProtobuf(hostile)))).toContain('__proto__');
});
