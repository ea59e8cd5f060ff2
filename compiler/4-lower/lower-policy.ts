// One policy: its conditions as IR, its settings with the safe defaults filled in.

import type { Span } from '../../grammar/ast.ts';
import type { ActionMeta, PolicyMeta } from '../../runtime/contract.ts';
import type { Definition } from '../1-bind/symbols.ts';
import type { ActionFact, Constant, DoFact, PolicyFacts } from '../2-check/facts.ts';
import { argumentName } from '../vocabulary/actions.ts';
import { defaults } from '../vocabulary/defaults.ts';
import type { BooleanIr, PolicyIr } from './ir.ts';
import { lowerClauses } from './lower-clauses.ts';
import { ExpressionLowering } from './lower-expression.ts';
import { everythingKnown } from './lower-missing.ts';
import type { ScheduleLowering } from './lower-schedule.ts';
import type { SchemaLowering } from './lower-schema.ts';
import { meaningHash } from './meaning.ts';
import type { SourceText } from './source-text.ts';
import { isTicking, stateSlots } from './timers.ts';

export interface PolicyLoweringContext {
  readonly constants: ReadonlyMap<Definition, Constant>;
  readonly schema: SchemaLowering;
  readonly text: SourceText;
  readonly schedules: ScheduleLowering;
  /** Gets where each part of a condition was written. */
  readonly spans: Map<BooleanIr, Span>;
}

export function lowerPolicy(facts: PolicyFacts, context: PolicyLoweringContext): PolicyIr {
  const { policy } = facts;
  const { schema, text } = context;
  if (policy.when === null) throw new Error(`policy ${policy.name} has no condition and was not stopped`);
  const lowering = new ExpressionLowering(facts, context.constants, schema, text);
  lowering.where = policy.where === null ? null : lowering.boolean(policy.where);
  const written = lowering.boolean(policy.when);
  const until = policy.until === null ? null : lowering.boolean(policy.until);
  const when = guarded(written, facts, context, lowering);
  lowering.spans.set(when, policy.when.span);
  const clauses = lowerClauses(policy.when, facts, lowering, text);
  for (const [part, span] of lowering.spans) context.spans.set(part, span);
  const ir: Omit<PolicyIr, 'meta'> = {
    where: lowering.where,
    when,
    until,
    onMissing: facts.onMissing,
    derived: lowering.windows.derived,
    clauses: clauses.map((clause) => clause.ir),
    whenText: text.folded(policy.when.span),
    untilText: policy.until === null ? null : text.folded(policy.until.span),
  };
  const meta: Omit<PolicyMeta, 'hash'> = {
    name: policy.name,
    schema: schema.symbol.index,
    source: `${policy.declaration.name.span.file}:${text.line(policy.declaration.name.span)}`,
    ...settings(facts),
    actions: facts.actions.map(lowerAction),
    clauses: clauses.map((clause) => clause.meta),
    requires: [...lowering.required].sort((left, right) => left - right),
    state: [],
    onlyKey: -1,
    ticks: false,
  };
  const hash = meaningHash(ir, meta, schema.base, schema);
  const whole: PolicyIr = { ...ir, meta: { ...meta, hash } };
  return { ...whole, meta: { ...whole.meta, state: stateSlots(whole), ticks: isTicking(whole) } };
}

/** What its author wrote, within the policy's hours, and with everything known that it reads when it shrinks a fleet. */
function guarded(
  written: BooleanIr,
  facts: PolicyFacts,
  { schedules, schema }: PolicyLoweringContext,
  { windows }: ExpressionLowering,
): BooleanIr {
  const hours = facts.schedule === null ? [] : [schedules.schedule(facts.schedule)];
  const goneMs = schema.staleMs + goneAfterMs(facts, schema.staleMs);
  const known = facts.shrinks
    ? everythingKnown(written, {
        coverage: (index) => windows.coverage(index),
        attendance: (index) => windows.attendance(index, goneMs),
        heardFor: (durationMs) => windows.heardFor(durationMs),
        heardForEvents: (index) => windows.heardForEvents(index),
      })
    : null;
  const operands = [...hours, written, ...(known === null ? [] : [known])];
  return operands.length === 1 ? written : { op: 'and', operands };
}

/**
 * So long after `stale after` a silent member is taken for gone. What the policy itself has taken away is silent too, and
 * within its cooldown it does not fire anyway.
 */
function goneAfterMs(facts: PolicyFacts, staleMs: number): number {
  const { cooldownMs, settleMs } = settings(facts);
  return Math.max(cooldownMs, settleMs, silencesUntilGone * staleMs);
}

const silencesUntilGone = 10;

type Settings = Pick<
  PolicyMeta,
  'id' | 'title' | 'owner' | 'runbook' | 'mode' | 'cooldownMs' | 'settleMs' | 'limit' | 'priority' | 'busy' | 'maxAgeMs'
>;

/** Safe by default: what changes infrastructure is limited, settles, and begins in `shadow`. */
function settings(facts: PolicyFacts): Settings {
  const written = facts.settings;
  const changes = facts.changesInfrastructure;
  return {
    ...(written.id === null ? {} : { id: written.id }),
    title: written.title ?? facts.policy.name,
    owner: written.owner ?? '',
    runbook: written.runbook ?? '',
    mode: written.mode ?? (changes ? 'shadow' : 'enforce'),
    cooldownMs: written.cooldownMs ?? defaults.cooldownMs,
    settleMs: written.settleMs ?? (changes ? defaults.settleMs : 0),
    limit: written.limit ?? (changes ? defaults.limit : null),
    priority: written.priority ?? defaults.priority,
    // Dropping is what happens where nothing is said.
    ...(written.busy === 'wait' ? { busy: written.busy } : {}),
    maxAgeMs: written.maxAgeMs ?? defaults.maxAgeMs,
  };
}

function lowerAction(fact: DoFact): ActionMeta {
  const endpoint = endpointOf(fact);
  return {
    name: fact.entry.name,
    target: fact.target,
    args: actionArguments(fact),
    timeoutMs: fact.timeoutMs ?? defaults.timeoutMs,
    retry: fact.retry ?? defaults.retry,
    ...(endpoint === null ? {} : { endpoint }),
  };
}

function endpointOf({ entry, args }: DoFact): string | null {
  const address = entry.parameters.find(({ type }) => type === 'address');
  const given = address === undefined ? entry.endpoint : args.get(address.name);
  return typeof given === 'string' ? given : null;
}

/** `open_for: 10s` becomes `openForMs: 10000`. */
export function actionArguments(fact: ActionFact): ActionMeta['args'] {
  const types = new Map(fact.entry.parameters.map((parameter) => [parameter.name, parameter.type]));
  return Object.fromEntries([...fact.args].map(([name, value]) => [argumentName(name, types.get(name) ?? ''), value]));
}
