// Actions: what a policy may do. One entry is one action with its typed parameters.

import type { ActionDeclaration } from '../../grammar/ast.ts';

export type ParameterType = 'duration' | 'ratio' | 'count' | 'number' | 'text' | 'bool' | 'address' | 'one-of';

export interface ParameterEntry {
  readonly name: string;
  readonly type: ParameterType;
  readonly required: boolean;
  /** For `one-of`. */
  readonly values?: readonly string[];
  readonly doc: string;
}

export interface ActionEntry {
  readonly name: string;
  readonly target: 'required' | 'optional' | 'none';
  readonly parameters: readonly ParameterEntry[];
  /** Decides the safe defaults: cooldown, limit, settle, mode. */
  readonly changesInfrastructure: boolean;
  /** May take members of a fleet away: missing data must never bring it about. */
  readonly shrinks: boolean;
  /** What a team's own action calls. Where a parameter is an `address`, that is what is called. */
  readonly endpoint?: string;
  readonly doc: string;
  readonly example: string;
}

function parameter(
  name: string,
  type: ParameterType,
  need: 'required' | 'optional',
  doc: string,
  values?: readonly string[],
): ParameterEntry {
  return { name, type, required: need === 'required', doc, ...(values === undefined ? {} : { values }) };
}

const severities = ['info', 'warning', 'critical'];

export const actions: readonly ActionEntry[] = [
  {
    name: 'scale_up',
    target: 'required',
    changesInfrastructure: true,
    shrinks: false,
    parameters: [parameter('by', 'count', 'required', 'members to add')],
    doc: 'Adds members to a fleet, up to its size.',
    example: 'do scale_up(payment, by: 2)',
  },
  {
    name: 'scale_down',
    target: 'required',
    changesInfrastructure: true,
    shrinks: true,
    parameters: [parameter('by', 'count', 'required', 'members to take away')],
    doc: 'Takes members away, down to the fleet’s least size. Never for lack of data: such a policy fires only while everything that its `when` reads is known, and no member of the key has fallen silent or was left out for lack of room.',
    example: 'do scale_down(payment, by: 1)',
  },
  {
    name: 'scale_to',
    target: 'required',
    changesInfrastructure: true,
    shrinks: true,
    parameters: [parameter('size', 'count', 'required', 'members that the fleet shall have')],
    doc: 'Brings a fleet to a size. As that may be a smaller one, such a policy fires only when one with `scale_down` would.',
    example: 'do scale_to(payment, size: 6)',
  },
  {
    name: 'circuit_break',
    target: 'required',
    changesInfrastructure: true,
    shrinks: false,
    parameters: [
      parameter('threshold', 'ratio', 'optional', 'share of calls that are refused while it is open'),
      parameter('open_for', 'duration', 'optional', 'how long the circuit stays open'),
    ],
    doc: 'Opens the circuit in front of a fleet.',
    example: 'do circuit_break(payment, threshold: 50%, open_for: 10s)',
  },
  {
    name: 'rollback',
    target: 'required',
    changesInfrastructure: true,
    shrinks: false,
    parameters: [],
    doc: 'Brings a fleet back to the release before the present one.',
    example: 'do rollback(payment)',
  },
  {
    name: 'restart',
    target: 'required',
    changesInfrastructure: true,
    shrinks: false,
    parameters: [parameter('at_most', 'ratio', 'optional', 'share of the members restarted at a time')],
    doc: 'Restarts a fleet’s members one after the other.',
    example: 'do restart(payment, at_most: 20%)',
  },
  {
    name: 'notify',
    target: 'none',
    changesInfrastructure: false,
    shrinks: false,
    parameters: [
      parameter('message', 'text', 'optional', 'what to say; the policy’s title when left out'),
      parameter('channel', 'text', 'optional', 'where to say it'),
      parameter('severity', 'one-of', 'optional', 'how loud', severities),
    ],
    doc: 'Tells people.',
    example: 'do notify("error rate is high", severity: critical)',
  },
  {
    name: 'webhook',
    target: 'optional',
    changesInfrastructure: true,
    shrinks: false,
    parameters: [parameter('url', 'address', 'required', 'the address that is called')],
    doc: 'Calls an address with the decision as JSON.',
    example: 'do webhook(url: "https://ops.example/hook")',
  },
  {
    name: 'open_incident',
    target: 'none',
    changesInfrastructure: false,
    shrinks: false,
    parameters: [
      parameter('title', 'text', 'optional', 'the incident’s title; the policy’s when left out'),
      parameter('severity', 'one-of', 'optional', 'how bad', severities),
    ],
    doc: 'Opens an incident.',
    example: 'do open_incident(severity: critical)',
  },
];

export const actionByName: ReadonlyMap<string, ActionEntry> = new Map(actions.map((entry) => [entry.name, entry]));

/** Types that a parameter of a team's own action may have; `fleet` makes it the action's target. */
export const parameterTypes = ['fleet', 'duration', 'ratio', 'count', 'number', 'text', 'bool'] as const;

/** Executors that a team's own action may go `via`. */
export const executors = ['webhook'] as const;

/** A team's own action in the form of a built-in one. Nothing is known of what it does: it counts as a change, not as one that shrinks. */
export function declaredAction(declaration: ActionDeclaration): ActionEntry {
  const own = declaration.parameters.filter((entry) => entry.type.text !== 'fleet');
  return {
    name: declaration.name.text,
    target: own.length === declaration.parameters.length ? 'none' : 'required',
    parameters: own.map(({ name, type, value }) =>
      parameter(name.text, ownType(type.text), value === null ? 'required' : 'optional', ''),
    ),
    changesInfrastructure: true,
    shrinks: false,
    ...(declaration.endpoint === null ? {} : { endpoint: declaration.endpoint.value }),
    doc: declaration.doc.join(' '),
    example: '',
  };
}

/** The name by which an executor gets an argument: that of `open_for: duration` is `openForMs`. */
export function argumentName(name: string, type: string): string {
  const camel = name.replace(/(?<=[^_])_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return type === 'duration' && !camel.endsWith('Ms') ? `${camel}Ms` : camel;
}

function ownType(name: string): ParameterType {
  return (parameterTypes as readonly string[]).includes(name) && name !== 'fleet' ? (name as ParameterType) : 'text';
}

const words: Readonly<Record<Exclude<ParameterType, 'one-of'>, string>> = {
  duration: 'a duration such as `10s`',
  ratio: 'a percentage such as `50%`',
  count: 'a whole number above zero such as `2`',
  number: 'a number such as `1.5`',
  text: 'a text in double quotes',
  bool: '`true` or `false`',
  address: 'an address such as `"https://ops.example/hook"`',
};

/** What a parameter takes, in words. */
export function describeParameter(entry: ParameterEntry): string {
  if (entry.type !== 'one-of') return words[entry.type];
  return `one of ${(entry.values ?? []).map((value) => `\`${value}\``).join(', ')}`;
}
