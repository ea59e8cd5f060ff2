// One canonical way to write each expression, property and other line of the language, comments aside. Parentheses stand
// only where the tree would be another one without them, and between `not` and `for`.

import type {
  Argument,
  Call,
  Expression,
  GivenClause,
  KeyItem,
  MetricItem,
  PolicyItem,
  ProgramDeclaration,
  Property,
  PropertyArgument,
  QuantityLiteral,
  SchemaItem,
  SeriesRow,
  SeriesValue,
  StringLiteral,
  TagItem,
  TestItem,
} from './ast.ts';
import { writeString } from './literals.ts';
import { precedence, precedenceOf } from './precedence.ts';

/** `text` is the whole file: what could not be read is handed back as it was written. */
export function formatExpression(node: Expression, text: string, atLeast: number = precedence.or): string {
  const written = formatBare(node, text);
  return precedenceOf(node) < atLeast ? `(${written})` : written;
}

function formatBare(node: Expression, text: string): string {
  const own = precedenceOf(node);
  switch (node.kind) {
    case 'string':
      return writeString(node.value);
    case 'quantity':
      return formatQuantity(node);
    case 'boolean':
      return String(node.value);
    case 'reference':
      return node.name;
    case 'fleet-lookup':
      return `fleet of ${node.tag.text}`;
    case 'call':
      return formatCall(node, text);
    case 'not':
      // `for` binds tighter, but not every reader knows.
      return `not ${formatExpression(node.operand, text, node.operand.kind === 'for' ? precedence.primary : own)}`;
    case 'negate':
      return `-${formatExpression(node.operand, text, own)}`;
    case 'arithmetic': {
      const left = formatExpression(node.left, text, own);
      return `${left} ${node.operator} ${formatExpression(node.right, text, own + 1)}`;
    }
    case 'comparison': {
      const left = formatExpression(node.left, text, own + 1);
      return `${left} ${node.operator} ${formatExpression(node.right, text, own + 1)}`;
    }
    case 'logic':
      return node.operands.map((operand) => formatExpression(operand, text, own + 1)).join(` ${node.operator} `);
    case 'for':
      return `${formatExpression(node.condition, text, own + 1)} for ${formatQuantity(node.duration)}`;
    case 'error':
      return text.slice(node.span.start, node.span.end);
  }
}

export function formatQuantity(node: QuantityLiteral): string {
  return `${node.text}${node.unit ?? ''}`;
}

export function formatCall(node: Call, text: string): string {
  return `${node.callee.text}(${node.args.map((arg) => formatArgument(arg, text)).join(', ')})`;
}

function formatArgument(argument: Argument, text: string): string {
  const label = argument.label === null ? '' : `${argument.label.text}: `;
  const modifiers = argument.modifiers.map((modifier) => ` ${modifier.word} ${formatQuantity(modifier.duration)}`);
  return `${label}${formatExpression(argument.value, text)}${modifiers.join('')}`;
}

export function formatProperty(node: Property): string {
  return [node.name.text, ...node.args.map(formatPropertyArgument)].join(' ');
}

function formatPropertyArgument(node: PropertyArgument): string {
  switch (node.kind) {
    case 'string':
      return writeString(node.value);
    case 'quantity':
      return formatQuantity(node);
    case 'range':
      return `${formatQuantity(node.from)}..${formatQuantity(node.to)}`;
    case 'word':
      return node.text;
  }
}

/** The first line of a declaration with a block, without its `{`; the whole of one without. */
export function formatHead(node: ProgramDeclaration, text: string): string {
  switch (node.kind) {
    case 'test':
      return `test ${writeString(node.title.value)}`;
    case 'const':
    case 'let':
      return `${node.kind} ${node.name.text} = ${formatExpression(node.value, text)}`;
    case 'action': {
      const parameters = node.parameters.map((parameter) => `${parameter.name.text}: ${parameter.type.text}`);
      const endpoint = node.endpoint === null ? '' : ` ${writeString(node.endpoint.value)}`;
      return `action ${node.name.text}(${parameters.join(', ')}) via ${node.executor.text}${endpoint}`;
    }
    default:
      return `${node.kind} ${node.name.text}`;
  }
}

export function formatSchemaItem(node: SchemaItem): string {
  switch (node.kind) {
    case 'key':
      return `key ${node.name.text}${formatFrom(node)}`;
    case 'tag':
      return `tag ${node.name.text}${formatValues(node)}${formatFrom(node)}`;
    case 'metric': {
      const unit = node.unit === null ? '' : ` in ${node.unit.text}`;
      const optional = node.optional ? ' optional' : '';
      const hold = node.hold === null ? '' : ` hold ${formatQuantity(node.hold)}`;
      return `metric ${node.name.text}: ${node.type.text}${unit}${optional}${hold}${formatFrom(node)}`;
    }
    case 'timing':
      return `${node.word} ${formatQuantity(node.duration)}`;
  }
}

function formatFrom(node: KeyItem | TagItem | MetricItem): string {
  return node.from === null ? '' : ` from ${writeString(node.from.value)}`;
}

function formatValues(node: TagItem): string {
  if (node.values === null) return '';
  return `: ${node.values.map((value: StringLiteral) => writeString(value.value)).join(' | ')}`;
}

/** A policy's item on one line. */
export function formatPolicyItem(node: PolicyItem, text: string): string {
  switch (node.kind) {
    case 'on': {
      const where = node.where === null ? '' : ` where ${formatExpression(node.where, text)}`;
      return `on ${node.schema.text}${where}`;
    }
    case 'when':
    case 'until':
      return `${node.kind} ${formatExpression(node.condition, text)}`;
    case 'do':
      return ['do', formatCall(node.action, text), ...node.options.map(formatProperty)].join(' ');
    case 'let':
      return formatHead(node, text);
    case 'property':
      return formatProperty(node);
  }
}

/** An expectation; of `given` its first line, without its `{`. */
export function formatTestItem(node: TestItem, text: string): string {
  switch (node.kind) {
    case 'given':
      return formatGivenHead(node);
    case 'expect-nothing':
      return node.otherwise ? 'expect nothing else' : 'expect nothing';
    case 'expect-decision': {
      const policy = node.policy === null ? '' : ` ${node.policy.text}`;
      const key = node.key === null ? '' : ` for ${writeString(node.key.value)}`;
      const gate = node.gate === null ? '' : ` blocked by ${node.gate.text}`;
      const head = `expect${policy}${key}${gate} at ${formatQuantity(node.at)}`;
      if (node.actions === null) return head;
      if (node.actions.length === 0) return `${head} { }`;
      return `${head} { ${node.actions.map((action) => formatCall(action, text)).join(', ')} }`;
    }
  }
}

function formatGivenHead(node: GivenClause): string {
  const tags = node.tags.map((binding) => `${binding.tag.text}: ${writeString(binding.value.value)}`);
  const bindings = tags.length === 0 ? '' : `(${tags.join(', ')})`;
  const every = node.every === null ? '' : ` every ${formatQuantity(node.every)}`;
  return `given ${node.schema.text}${bindings}${every}`;
}

function formatSeriesValue(value: SeriesValue['value']): string {
  if (value === null) return 'NaN';
  return value.kind === 'boolean' ? String(value.value) : formatQuantity(value);
}

export function formatRow(node: SeriesRow): string {
  const to = node.to === null ? '' : ` .. ${formatQuantity(node.to)}`;
  const late = node.late === null ? '' : ` arriving ${formatQuantity(node.late)} late`;
  const values = node.values.map(({ metric, value }) => `${metric.text} ${formatSeriesValue(value)}`);
  const head = `${formatQuantity(node.from)}${to}${late}:`;
  return values.length === 0 ? head : `${head} ${values.join(', ')}`;
}
