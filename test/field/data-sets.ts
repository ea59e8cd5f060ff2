// The recordings with labelled incidents, and which schema of `policies/` reads them.

import fs from 'node:fs';
import zlib from 'node:zlib';
import { z } from 'zod';
import { dataFile } from './data-folder.ts';
import type { Incident, ScopedEvent } from './score.ts';

export interface DataSet {
  readonly name: string;
  readonly schema: string;
  /** The schema's key. */
  readonly key: string;
  /** The tag that an episode and an incident must share. */
  readonly scope: 'instance' | 'case' | 'series';
  /** Between two reports. */
  readonly everyMs: number;
}

const minuteMs = 60_000;

export const dataSets: readonly DataSet[] = [
  pods('nezha-online-boutique-2022-08-22', 'pod', minuteMs),
  pods('nezha-train-ticket-2023-01-29', 'pod', minuteMs),
  pods('nezha-online-boutique-2022-08-22-5s', 'pod_calls', 5000),
  pods('nezha-train-ticket-2023-01-29-5s', 'pod_calls', 5000),
  components('petshop-high_traffic'),
  components('petshop-temporal_traffic1'),
  { name: 'nab-aws', schema: 'aws_series', key: 'series', scope: 'series', everyMs: 5 * minuteMs },
  { name: 'mscloud', schema: 'dependency', key: 'series', scope: 'series', everyMs: 60 * minuteMs },
];

function pods(name: string, schema: string, everyMs: number): DataSet {
  return { name, schema, key: 'instance', scope: 'instance', everyMs };
}

function components(name: string): DataSet {
  return { name, schema: 'aws_component', key: 'service', scope: 'case', everyMs: 5 * minuteMs };
}

const incidentFile = z.object({
  incidents: z.array(
    z.object({
      id: z.string(),
      start: z.iso.datetime(),
      end: z.iso.datetime(),
      instance: z.string().optional(),
      case: z.string().optional(),
      series: z.string().optional(),
    }),
  ),
});

const eventLine = z.object({ timestamp: z.iso.datetime(), tags: z.record(z.string(), z.string()) });

export function eventsPath({ name }: DataSet): string {
  return dataFile(`open/${name}.events.jsonl.gz`);
}

export function readIncidents({ name, scope }: DataSet): readonly Incident[] {
  const text = fs.readFileSync(dataFile(`open/${name}.incidents.json`), 'utf8');
  return incidentFile.parse(JSON.parse(text)).incidents.map((incident) => ({
    id: incident.id,
    start: Date.parse(incident.start),
    end: Date.parse(incident.end),
    scope: incident[scope] ?? '',
  }));
}

/** When which key reported, and under which value of the scope's tag. */
export function readScopes(set: DataSet): readonly ScopedEvent[] {
  const lines = zlib
    .gunzipSync(fs.readFileSync(eventsPath(set)))
    .toString()
    .split('\n');
  return lines
    .filter((line) => line !== '')
    .map((line) => {
      const { timestamp, tags } = eventLine.parse(JSON.parse(line));
      return { key: tags[set.key], at: Date.parse(timestamp), scope: tags[set.scope] };
    });
}
