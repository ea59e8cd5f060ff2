// Writes a policy repository as a company of some thousand services would have it: one schema, one file per service with
// its fleet, its policies and a test. Sound, without warnings, formatted; the same for the same number.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const policiesPerService = 5;

export interface LargeFile {
  readonly file: string;
  readonly text: string;
}

/** `policies` is rounded up to whole services. */
export function largeProject(policies: number): readonly LargeFile[] {
  const services = Math.ceil(policies / policiesPerService);
  const files: LargeFile[] = [{ file: 'service-health.ddl', text: schema }];
  for (let service = 0; service < services; service++) {
    const folder = `team-${String(service % 40).padStart(2, '0')}`;
    files.push({ file: `${folder}/service-${String(service).padStart(4, '0')}.ddl`, text: serviceText(service) });
  }
  return files;
}

export function writeLargeProject(folder: string, policies: number): void {
  for (const { file, text } of largeProject(policies)) {
    const path = join(folder, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
  }
}

const schema = `/// What every service reports once a second.
schema service_health {
  key service_id from "service.name"
  tag region: "eu-west-1" | "us-east-1"

  metric error_rate: ratio
  metric latency_p99: duration in ms
  metric cpu_usage: ratio in percent
  metric requests: counter from "http.server.request.count"
  metric queue_depth: number optional hold 30s

  every 1s
  stale after 10s
  lateness 5s
}
`;

/** Thresholds differ from service to service, as they do where people set them. */
function serviceText(service: number): string {
  const id = `service_${String(service).padStart(4, '0')}`;
  const name = id.replace('_', '-');
  const errors = 3 + (service % 7);
  const latency = 300 + (service % 11) * 50;
  const head = (title: string): string => `  title "${title}"
  owner "team-${service % 40}"
  runbook "https://runbooks.example/${name}"
  on service_health where service_id == "${name}"`;
  return `/// Runs ${name}.
fleet ${id} {
  service "${name}"
  asg "${name}-asg" in "eu-west-1"
  size 2..40
}

policy ${id}_errors {
${head('Errors and slow answers: open the breaker, add capacity')}
  when error_rate > ${errors}% for 30s and latency_p99 > ${latency}ms for 30s
  until error_rate < 1% for 1m
  do circuit_break(${id}, threshold: 50%, open_for: 10s) timeout 2s
  do scale_up(${id}, by: 2) timeout 5s retry 3
  cooldown 5m
  settle 45s
  limit 2 per 1h
  priority 100
  mode enforce
}

policy ${id}_saturated {
${head('Processors busy: add a member')}
  let busy = cpu_usage > ${80 + (service % 10)}%
  when avg(cpu_usage over 5m) > ${70 + (service % 10)}% and busy for 1m
  until cpu_usage < 50% for 5m
  do scale_up(${id}, by: 1)
  cooldown 10m
  priority 50
  mode enforce
}

policy ${id}_traffic_gone {
${head('No traffic: tell people')}
  when rate(requests over 1m) < ${1 + (service % 5)}/s for 2m
  do notify("${name} gets no traffic")
}

policy ${id}_queue {
${head('The queue grows')}
  when queue_depth > ${100 + (service % 20) * 10} for 2m or max(queue_depth over 5m) > ${1000 + service}
  do notify("the queue of ${name} grows")
  cooldown 15m
}

policy ${id}_silent {
${head('Nothing comes any more')}
  when missing(error_rate) for 2m
  do notify("${name} is silent")
}

test "${name}: thirty seconds of errors act once" {
  given service_health(service_id: "${name}", region: "eu-west-1") every 1s {
    0s .. 59s: error_rate 2%, latency_p99 120ms, cpu_usage 40%, requests 1000
    60s .. 100s: error_rate 20%, latency_p99 2s, cpu_usage 60%, requests 1000
  }
  expect ${id}_errors at 90s { circuit_break(${id}), scale_up(${id}) }
}
`;
}
