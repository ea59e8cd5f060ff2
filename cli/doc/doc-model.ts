// What the documentation of a program says, before any format: taken from the compiled program, so that it says what the
// policies do and not what somebody once wrote about them. All texts are the authors' and are escaped by the renderers.

import { describeBoolean, describeDuration } from '../../compiler/4-lower/describe.ts';
import type { PolicyIr } from '../../compiler/4-lower/ir.ts';
import { programCost } from '../../compiler/cost/cost.ts';
import type { FleetExposure } from '../../compiler/prove/exposure.ts';
import type { ActionMeta, FleetMeta, PolicyMeta, SchemaMeta } from '../../runtime/contract.ts';
import type { CheckedProgram } from '../checked-program.ts';
import { shownPercentage } from '../percentage.ts';
import { plural } from '../summarize.ts';
import { Declared, type ParameterRow, type TestPlace } from './declared.ts';
import { type StateDiagram, stateDiagram } from './state-diagram.ts';

export interface DocProgram {
  /** Of the folder that was documented. */
  readonly name: string;
  readonly policies: readonly DocPolicy[];
  readonly schemas: readonly DocSchema[];
  readonly fleets: readonly DocFleet[];
}

export interface DocPolicy {
  readonly name: string;
  readonly title: string;
  /** Empty when there is none. */
  readonly owner: string;
  readonly runbook: string;
  readonly mode: PolicyMeta['mode'];
  readonly source: string;
  readonly about: readonly string[];
  readonly schema: string;
  /** As written, lines kept. */
  readonly where: string | null;
  readonly when: string;
  readonly until: string | null;
  /** Those of `tune` behind the value that holds elsewhere, whose `where` is empty. */
  readonly parameters: readonly ParameterRow[];
  readonly clauses: readonly (readonly [clause: string, measures: string, line: string])[];
  readonly gates: readonly (readonly [gate: string, setting: string, meaning: string])[];
  readonly actions: readonly (readonly [action: string, target: string, options: string])[];
  readonly reach: readonly string[];
  readonly tests: readonly TestPlace[];
  readonly cost: string;
  readonly diagram: StateDiagram;
}

export interface DocSchema {
  readonly name: string;
  readonly about: readonly string[];
  readonly timing: string;
  readonly entries: readonly (readonly [name: string, type: string, wire: string])[];
}

export interface DocFleet {
  readonly name: string;
  readonly about: readonly string[];
  readonly facts: readonly (readonly [what: string, value: string])[];
}

export function docProgram(name: string, program: CheckedProgram): DocProgram {
  const { ir, analysis } = program;
  const declared = new Declared(analysis.sources);
  const costs = new Map(programCost(ir).policies.map((cost) => [cost.policy, cost]));
  const policies = ir.policies.map((policy): DocPolicy => {
    const { meta } = policy;
    const cost = costs.get(meta.name);
    return {
      ...docPolicy(policy, ir.schemas[meta.schema], declared),
      gates: [...gatesOf(meta, ir.fleets), ...clauseGates(meta.name, declared)],
      reach: reachOf(meta, analysis.exposures),
      tests: declared.testsOf(meta.name),
      cost:
        cost === undefined
          ? ''
          : `at most ${cost.bytesPerKey.toLocaleString('en')} bytes per key and ${cost.operationsPerEvent} operations per event; looks back ${describeDuration(cost.lookBackMs)}`,
    };
  });
  return {
    name,
    policies,
    schemas: ir.schemas.map((schema) => docSchema(schema, declared.about('schema', schema.name))),
    fleets: ir.fleets.map((fleet) => docFleet(fleet, declared.about('fleet', fleet.name), analysis.exposures)),
  };
}

/** `2 policies, 1 schema and 1 fleet, as they compile` */
export function docExtent({ policies, schemas, fleets }: DocProgram): string {
  const counts = [
    plural(policies.length, 'policy', 'policies'),
    plural(schemas.length, 'schema', 'schemas'),
    plural(fleets.length, 'fleet', 'fleets'),
  ];
  return `${counts[0]}, ${counts[1]} and ${counts[2]}, as they compile`;
}

function docPolicy(
  policy: PolicyIr,
  schema: SchemaMeta,
  declared: Declared,
): Omit<DocPolicy, 'gates' | 'reach' | 'tests' | 'cost'> {
  const { meta } = policy;
  return {
    name: meta.name,
    title: meta.title,
    owner: meta.owner,
    runbook: meta.runbook,
    mode: meta.mode,
    source: meta.source,
    about: declared.aboutPolicy(meta.name),
    schema: schema.name,
    where: policy.where === null ? null : describeBoolean(policy.where, policy, schema),
    when: declared.condition(meta.name, 'when') ?? policy.whenText,
    until: declared.condition(meta.name, 'until') ?? policy.untilText,
    parameters: declared.parameters(meta.name),
    clauses: meta.clauses.map(({ text, type, line }) => [text, type, String(line)]),
    actions: meta.actions.map(docAction),
    diagram: stateDiagram(policy, schema),
  };
}

function docAction({ name, target, args, timeoutMs, retry, endpoint }: ActionMeta): readonly [string, string, string] {
  const to = target === null ? '' : target.kind === 'fleet' ? target.fleet : `fleet of ${target.tag}`;
  const given = Object.entries(args).map(([argument, value]) => {
    const duration = argument.endsWith('Ms') && typeof value === 'number';
    return duration
      ? `${argument.slice(0, -2)}: ${describeDuration(value)}`
      : `${argument}: ${typeof value === 'string' ? `“${value}”` : String(value)}`;
  });
  // What `webhook` calls stands among its arguments.
  const via = endpoint === undefined || Object.values(args).includes(endpoint) ? [] : [`via webhook ${endpoint}`];
  return [name, to, [...given, ...via, `timeout ${describeDuration(timeoutMs)}`, `retry ${retry}`].join(', ')];
}

const modeMeaning: Readonly<Record<PolicyMeta['mode'], string>> = {
  shadow: 'judges and records what it would do, and does nothing',
  approve: 'acts once a person has approved',
  enforce: 'acts by itself',
};

function gatesOf(meta: PolicyMeta, fleets: readonly FleetMeta[]): DocPolicy['gates'] {
  const { limit } = meta;
  const targets = meta.actions.flatMap(({ target }) => (target === null ? [] : [target]));
  const named = fleets.filter((fleet) =>
    targets.some((target) => target.kind === 'fleet' && target.fleet === fleet.name),
  );
  const none = 'none';
  return [
    ['mode', meta.mode, modeMeaning[meta.mode]],
    ['max_age', describeDuration(meta.maxAgeMs), 'an event older than this starts nothing'],
    ['cooldown', meta.cooldownMs === 0 ? none : describeDuration(meta.cooldownMs), 'not again for the same key before'],
    [
      'limit',
      limit === null ? none : `${limit.count} per ${describeDuration(limit.perMs)}`,
      'so often for the same key at most',
    ],
    ['settle', meta.settleMs === 0 ? none : describeDuration(meta.settleMs), 'after acting, waits for health so long'],
    ['priority', String(meta.priority), 'the higher one wins when two want the same fleet'],
    ...(meta.busy === undefined ? [] : [['busy', meta.busy, 'stands in line while its fleet is busy'] as const]),
    ...named.map((fleet) => ['budget', budgetText(fleet), `of fleet ${fleet.name}, all policies together`] as const),
  ];
}

/** What the policy says of its hours and of missing data. */
function clauseGates(name: string, declared: Declared): DocPolicy['gates'] {
  return [
    ...declared.clauses(name, 'schedule').map((text) => ['hours', text, 'outside them it does not act'] as const),
    ...declared
      .clauses(name, 'on-missing')
      .map((text) => ['missing data', text, 'what an unknown condition does'] as const),
  ];
}

function budgetText({ change }: FleetMeta): string {
  return `${shownPercentage(change.share)} per ${describeDuration(change.perMs)}`;
}

/** The blast radius of a policy: what it can touch of each fleet, and what all policies together can. */
function reachOf({ name, mode }: PolicyMeta, exposures: readonly FleetExposure[]): readonly string[] {
  return exposures.flatMap(({ fleet, policies, policySharesPerHour, sharePerHour }) => {
    const at = policies.indexOf(name);
    if (at < 0) return [];
    const own = `at most ${shownPercentage(policySharesPerHour[at] ?? 0)} of fleet ${fleet} per hour`;
    return mode === 'shadow'
      ? [`nothing while in shadow; enforced, ${own}`]
      : [policies.length === 1 ? own : `${own}; all policies together at most ${shownPercentage(sharePerHour)}`];
  });
}

function docSchema(schema: SchemaMeta, about: readonly string[]): DocSchema {
  const timing = [
    schema.everyMs === null ? null : `every ${describeDuration(schema.everyMs)}`,
    `stale after ${describeDuration(schema.staleMs)}`,
    schema.latenessMs === 0 ? null : `lateness ${describeDuration(schema.latenessMs)}`,
  ];
  return {
    name: schema.name,
    about,
    timing: timing.filter((part) => part !== null).join(', '),
    entries: [
      [schema.key.name, 'key', schema.key.from],
      ...schema.tags.map((tag): readonly [string, string, string] => [
        tag.name,
        tag.values === null ? 'tag' : `tag: ${tag.values.join(', ')}`,
        tag.from,
      ]),
      ...schema.metrics.map((metric): readonly [string, string, string] => [
        metric.name,
        `${metric.type}${metric.optional ? ', optional' : ''}`,
        metric.from,
      ]),
    ],
  };
}

function docFleet(fleet: FleetMeta, about: readonly string[], exposures: readonly FleetExposure[]): DocFleet {
  const { service, size, resources } = fleet;
  const facts: (readonly [string, string])[] = [];
  if (service !== null) facts.push(['service', service]);
  for (const { kind, args } of resources) facts.push([kind, args.join(' in ')]);
  if (size !== null) facts.push(['size', `${size.min} to ${size.max}`]);
  facts.push(['change at most', budgetText(fleet)]);
  const exposure = exposures.find((each) => each.fleet === fleet.name);
  if (exposure !== undefined) {
    const { sharePerHour, sharePerHourIfEnforced, policies } = exposure;
    const enforced =
      sharePerHour === sharePerHourIfEnforced
        ? ''
        : `, ${shownPercentage(sharePerHourIfEnforced)} if all were enforced`;
    facts.push(['touched per hour', `at most ${shownPercentage(sharePerHour)}${enforced}, by ${policies.join(', ')}`]);
  }
  return { name: fleet.name, about, facts };
}
