// Calls of actions: the action is known, its target is a declared fleet, its arguments are constants of the right type.

import type { Argument, Call, Expression, Reference, Span } from '../../grammar/ast.ts';
import type { ActionArgument, ActionTarget } from '../../runtime/contract.ts';
import type { ActionSymbol, Bound, Definition, SchemaSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { type ActionEntry, describeParameter, type ParameterEntry, parameterTypes } from '../vocabulary/actions.ts';
import { endpointFault } from '../vocabulary/endpoint.ts';
import { longestMs } from '../vocabulary/shapes.ts';
import { describeType } from '../vocabulary/types.ts';
import { durationMs } from '../vocabulary/units.ts';
import { foldConstant } from './check-constants.ts';
import type { ActionFact, Constant } from './facts.ts';

const silent: Report = () => undefined;

export interface ActionContext {
  readonly bound: Bound;
  /** The policy's; `null` when it is not known. */
  readonly schema: SchemaSymbol | null;
  readonly constants: ReadonlyMap<Definition, Constant>;
  /** Of the policy, none of which may stand in an action: it is the same for every key. */
  readonly parameters: ReadonlySet<string>;
  /** In a test what is left out means "any". */
  readonly partial: boolean;
  readonly usedFleets: Set<string>;
  readonly usedActions: Set<string>;
  readonly usedDefinitions: (definition: Definition) => void;
  readonly report: Report;
}

/** `null` when something about it was wrong, which has been reported. */
export function checkAction(call: Call, context: ActionContext): ActionFact | null {
  const { bound, report } = context;
  const symbol = bound.actions.get(call.callee.text);
  if (symbol === undefined) {
    if (!bound.lost('action', call.callee.text)) {
      report(
        'unknown-action',
        call.callee.span,
        {
          name: call.callee.text,
          advice: adviseName(call.callee.text, [...bound.actions.keys()], 'actions'),
        },
        { group: `action ${call.callee.text}` },
      );
    }
    return null;
  }
  context.usedActions.add(symbol.entry.name);
  const { entry } = symbol;
  // Its parameters are not all known.
  if (symbol.broken) return null;
  const { targets, rest } = splitTarget(call, entry, context);
  const target = targets[0] === undefined ? null : checkTarget(targets[0], context);
  let good = checkTargetNeed(call, entry, targets[0], context) && (target !== null || targets.length === 0);
  const args = new Map<string, ActionArgument>();
  const places = new Map<string, Span>();
  for (const [at, argument] of rest.entries()) {
    const parameter = parameterOf(argument, at, entry, call, context);
    if (parameter === null) {
      good = false;
      continue;
    }
    const first = places.get(parameter.name);
    if (first !== undefined) {
      report(
        'duplicate-item',
        argument.span,
        { kind: 'argument', name: parameter.name, owner: `\`${entry.name}\`` },
        { related: [{ span: first, message: 'first here' }] },
      );
      good = false;
      continue;
    }
    places.set(parameter.name, argument.span);
    for (const modifier of argument.modifiers)
      report('unexpected-over', modifier.span, { callee: entry.name, word: modifier.word });
    const value = argumentValue(argument.value, parameter, entry, context);
    if (value === null) good = false;
    else args.set(parameter.name, value);
  }
  if (!context.partial && good) {
    good = checkRequired(call, entry, places, report);
    // What is wrong with a default was told where it is declared.
    for (const [name, value] of defaultsOf(symbol, { ...context, report: silent }))
      if (!args.has(name)) args.set(name, value);
  }
  return good ? { call, entry, target, args } : null;
}

/** What the parameters of a team's own action are where a policy leaves them out. */
export function defaultsOf(symbol: ActionSymbol, context: ActionContext): ReadonlyMap<string, ActionArgument> {
  const defaults = new Map<string, ActionArgument>();
  for (const { name, type, value } of symbol.declaration?.parameters ?? []) {
    if (value === null) continue;
    const parameter = symbol.entry.parameters.find((entry) => entry.name === name.text);
    if (type.text === 'fleet')
      context.report('unfit-argument', value.span, {
        callee: symbol.entry.name,
        name: name.text,
        expected: 'the fleet that each policy names, and nothing in its place',
        found: 'a default',
      });
    // A type that is none has been told.
    if (parameter === undefined || !(parameterTypes as readonly string[]).includes(type.text)) continue;
    const known = argumentValue(value, parameter, symbol.entry, { ...context, schema: null });
    if (known !== null) defaults.set(name.text, known);
  }
  return defaults;
}

function splitTarget(
  call: Call,
  entry: ActionEntry,
  context: ActionContext,
): { readonly targets: readonly Argument[]; readonly rest: readonly Argument[] } {
  const [first] = call.args;
  if (first === undefined) return { targets: [], rest: [] };
  const labelled = first.label?.text === 'target' && !entry.parameters.some((parameter) => parameter.name === 'target');
  const bare = first.label === null && (first.value.kind === 'reference' || first.value.kind === 'fleet-lookup');
  const isFleet =
    first.value.kind === 'fleet-lookup' ||
    (first.value.kind === 'reference' && context.bound.fleets.has(first.value.name));
  if (entry.target === 'none' ? bare && isFleet : bare || labelled)
    return { targets: [first], rest: call.args.slice(1) };
  return { targets: [], rest: call.args };
}

function checkTargetNeed(
  call: Call,
  entry: ActionEntry,
  target: Argument | undefined,
  context: ActionContext,
): boolean {
  const example = entry.example;
  if (entry.target === 'none' && target !== undefined) {
    context.report('unfit-target', target.span, { callee: entry.name, needed: false, example });
    return false;
  }
  if (entry.target !== 'required' || target !== undefined || context.partial) return true;
  context.report('unfit-target', call.args[0]?.label === null ? call.args[0].span : call.span, {
    callee: entry.name,
    needed: true,
    example,
  });
  return false;
}

function checkTarget(argument: Argument, context: ActionContext): ActionTarget | null {
  const { bound, schema, report } = context;
  const { value } = argument;
  if (value.kind === 'reference') {
    if (bound.fleets.has(value.name)) {
      context.usedFleets.add(value.name);
      return { kind: 'fleet', fleet: value.name };
    }
    if (!bound.lost('fleet', value.name))
      report(
        'unknown-fleet',
        value.span,
        {
          name: value.name,
          advice: adviseName(value.name, [...bound.fleets.keys()], 'fleets'),
        },
        { group: `fleet ${value.name}` },
      );
    return null;
  }
  if (value.kind !== 'fleet-lookup') {
    if (value.kind !== 'error')
      report('unfit-target', value.span, { callee: 'target', needed: true, example: 'fleet of service_id' });
    return null;
  }
  const symbol = schema?.names.get(value.tag.text);
  if (symbol?.kind === 'tag') return { kind: 'lookup', tag: symbol.name };
  if (schema !== null && !schema.broken) {
    const tags = [...schema.names.values()].filter((other) => other.kind === 'tag').map((other) => other.name);
    report(
      'unknown-tag',
      value.tag.span,
      {
        name: value.tag.text,
        schema: schema.name,
        advice: adviseName(value.tag.text, tags, 'tags'),
      },
      { group: `name ${schema.name} ${value.tag.text}` },
    );
  }
  return null;
}

function parameterOf(
  argument: Argument,
  at: number,
  entry: ActionEntry,
  call: Call,
  context: ActionContext,
): ParameterEntry | null {
  const { report } = context;
  const names = entry.parameters.map((parameter) => parameter.name);
  if (argument.label !== null) {
    const label = argument.label.text;
    const found = entry.parameters.find((parameter) => parameter.name === label);
    if (found === undefined)
      report('unknown-argument', argument.label.span, {
        callee: entry.name,
        name: label,
        advice: adviseName(label, names, 'arguments'),
      });
    return found ?? null;
  }
  const [only] = entry.parameters;
  if (at === 0 && entry.target !== 'required' && call.args[0] === argument && only !== undefined) return only;
  // A missing target is the mistake then, and has been told.
  if (entry.target === 'required' && call.args[0] === argument) return null;
  const advice = only === undefined ? `\`${entry.name}\` takes no further arguments` : `write \`${only.name}: …\``;
  report('unlabelled-argument', argument.span, { callee: entry.name, advice });
  return null;
}

/** The canonical value; `null` after a report. */
function argumentValue(
  value: Expression,
  parameter: ParameterEntry,
  entry: ActionEntry,
  context: ActionContext,
): ActionArgument | null {
  const misfit = (found: string): null => {
    context.report('unfit-argument', value.span, {
      callee: entry.name,
      name: parameter.name,
      expected: describeParameter(parameter),
      found,
    });
    return null;
  };
  if (parameter.type === 'one-of') {
    const word = value.kind === 'reference' ? value.name : value.kind === 'string' ? value.value : null;
    if (value.kind === 'error') return null;
    return word !== null && parameter.values?.includes(word) === true
      ? word
      : misfit(word === null ? 'something else' : `\`${word}\``);
  }
  const constant = foldConstant(value, (reference) => constantOf(reference, context), context.report);
  if (constant === null) return null;
  const fit = fitted(parameter, constant, value);
  if (fit === null) return misfit(constant.text === null ? describeType(constant.type) : `\`${constant.text}\``);
  const why = parameter.type === 'address' ? endpointFault(String(fit)) : null;
  if (why === null) return fit;
  context.report('bad-endpoint', value.span, { why });
  return null;
}

function constantOf(reference: Reference, context: ActionContext): Constant | null {
  const { bound, report, schema, parameters } = context;
  const definition = bound.definitions.get(reference.name);
  if (definition?.kind === 'const') {
    context.usedDefinitions(definition);
    return context.constants.get(definition) ?? null;
  }
  if (parameters.has(reference.name)) report('not-constant', reference.span, { what: 'a parameter of the policy' });
  else if (definition !== undefined || schema?.names.has(reference.name) === true) {
    report('not-constant', reference.span, { what: definition === undefined ? 'something measured' : 'a `let`' });
  } else if (!bound.lost('const', reference.name)) {
    const known = [...bound.definitions.values()].filter((other) => other.kind === 'const').map((other) => other.name);
    report('unknown-name', reference.span, {
      name: reference.name,
      schema: null,
      advice: adviseName(reference.name, known, 'constants'),
    });
  }
  return null;
}

function fitted(parameter: ParameterEntry, constant: Constant, written: Expression): ActionArgument | null {
  const { type, value } = constant;
  if (parameter.type === 'text' || parameter.type === 'address') return typeof value === 'string' ? value : null;
  if (parameter.type === 'bool') return typeof value === 'boolean' ? value : null;
  if (type.kind !== 'quantity' || typeof value !== 'number') return null;
  const plain = type.time === 0 && type.bytes === 0;
  switch (parameter.type) {
    case 'count':
      return plain && type.flavour !== 'ratio' && Number.isSafeInteger(value) && value > 0 && value <= 1e6
        ? value
        : null;
    case 'ratio':
      return plain && type.flavour !== 'number' && value >= 0 && value <= 1 ? value : null;
    case 'number':
      return plain ? value : null;
    case 'duration': {
      if (type.time !== 1 || type.bytes !== 0) return null;
      const ms = written.kind === 'quantity' ? durationMs(written) : Math.round(value * 1000);
      return ms !== null && ms > 0 && ms <= longestMs ? ms : null;
    }
    default:
      return null;
  }
}

function checkRequired(call: Call, entry: ActionEntry, given: ReadonlyMap<string, Span>, report: Report): boolean {
  const lacking = entry.parameters.find((parameter) => parameter.required && !given.has(parameter.name));
  if (lacking === undefined) return true;
  report('missing-argument', call.span, { callee: entry.name, name: lacking.name, example: entry.example });
  return false;
}
