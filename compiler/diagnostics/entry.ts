// The form of a catalogue entry: everything that is ever said about one kind of mistake.

import type { ProjectLimits } from '../project-limits.ts';
import type { Severity } from './diagnostic.ts';

export interface Entry<Arguments> {
  /** `DDLnnnn`; never given to another mistake. */
  readonly code: string;
  readonly severity: Severity;
  readonly title: string;
  /** Lower case, names in backticks, no full stop. */
  message(args: Arguments): string;
  /** Short text beside the underline. */
  label?(args: Arguments): string | null;
  /** What to do. */
  help(args: Arguments): string | null;
  /** What, why, what to do; for `ddlc explain`. */
  readonly explanation: string;
  /** A program with the mistake and one without, to be read beside `exampleProgram`. */
  readonly bad: string;
  readonly good: string;
  /** Recorded events with which the two are compared, one JSON object a line: for what only telemetry shows. */
  readonly events?: string;
  /** The limits of `ddl.json` that the two are held to. */
  readonly limits?: Partial<ProjectLimits>;
}

/** Keeps the type of the arguments, so that reporting is checked without generated code. */
export function entry<Arguments = object>(given: Entry<Arguments>): Entry<Arguments> {
  return given;
}

export interface Advised {
  /** What stands there. */
  readonly name: string;
  /** "did you mean …?" or the list of what there is. */
  readonly advice: string | null;
}

/** What the examples of all entries may refer to. */
export const exampleProgram = `/// What every service of the shop reports once a second.
schema service {
  key service_id from "service.name"
  tag region: "eu-west-1" | "us-east-1"
  tag instance at most 500

  metric error_rate: ratio
  metric latency: duration in ms
  metric requests: counter from "http.requests"
  metric queue: number optional hold 30s
  metric memory: bytes in MiB
  metric ready: bool

  every 1s
  stale after 10s
}

fleet payment {
  service "payment-service"
  asg "payment-asg" in "eu-west-1"
  size 2..40
}
`;

/** A small policy around a condition. */
export function policyWhen(condition: string): string {
  return policyWith(`  when ${condition}\n  do notify("look here")`);
}

/** A small policy around some lines. */
export function policyWith(lines: string): string {
  return `policy example {\n  on service\n${lines}\n}\n`;
}
