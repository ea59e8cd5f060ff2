// One canonical way to write each expression, property and other line of the language, comments aside. Parentheses stand
// only where the tree would be another one without them, and between `not` and `for`.

import type {
  Argument,
  Call,
  Expression,
  For,
  ForPart,
  GivenClause,
  KeyItem,
  MetricItem,
  Modifier,
  PolicyItem,
  ProgramDeclaration,
  Property,
  PropertyArgument,
  QuantityLiteral,
  ScheduleClause,
  SchemaItem,
  SeriesRow,
  SeriesValue,
  StringLiteral,
  TagItem,
  TestItem,
  TunedValue,
  Within,
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
      // `for` and `within` bind tighter, but not every reader knows.
      return `not ${formatExpression(node.operand, text, isHeld(node.operand) ? precedence.primary : own)}`;
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
    case 'for-part':
    case 'within':
      return `${formatExpression(node.condition, text, own)} ${formatHold(node)}`;
    case 'sequence': {
      const second = formatExpression(node.second, text, holdsWithin(node.second) ? precedence.primary : own + 2);
      return `${formatExpression(node.first, text, own + 1)} then ${second} within ${formatQuantity(node.duration)}`;
    }
    case 'ago':
      return `${formatExpression(node.value, text, own + 1)} ago ${formatQuantity(node.distance)}`;
    case 'between': {
      const [low, high] = [node.low, node.high].map((bound) => formatExpression(bound, text, own + 1));
      return `${formatExpression(node.value, text, own + 1)} between ${low} and ${high}`;
    }
    case 'in': {
      const options = node.options.map((option) => formatExpression(option, text));
      return `${formatExpression(node.value, text, own + 1)} in [${options.join(', ')}]`;
    }
    case 'like':
      return `${formatExpression(node.value, text, own + 1)} like ${writeString(node.pattern.value)}`;
    case 'error':
      return text.slice(node.span.start, node.span.end);
  }
}

function isHeld(node: Expression): boolean {
  return node.kind === 'for' || node.kind === 'for-part' || node.kind === 'within';
}

/** Behind `then` a `within` without parentheses would be that of the sequence. */
function holdsWithin(node: Expression): boolean {
  if (node.kind === 'within') return true;
  return (node.kind === 'for' || node.kind === 'for-part') && holdsWithin(node.condition);
}

function formatHold(node: For | ForPart | Within): string {
  if (node.kind === 'for-part') return `for ${formatQuantity(node.part)} of ${formatQuantity(node.whole)}`;
  return `${node.kind} ${formatQuantity(node.duration)}`;
}

export function formatQuantity(node: QuantityLiteral): string {
  return `${node.text}${node.unit ?? ''}`;
}

export function formatCall(node: Call, text: string): string {
  return `${node.callee.text}(${node.args.map((arg) => formatArgument(arg, text)).join(', ')})`;
}

function formatArgument(argument: Argument, text: string): string {
  const label = argument.label === null ? '' : `${argument.label.text}: `;
  const modifiers = argument.modifiers.map((modifier) => ` ${formatModifier(modifier, text)}`);
  return `${label}${formatExpression(argument.value, text)}${modifiers.join('')}`;
}

function formatModifier(modifier: Modifier, text: string): string {
  switch (modifier.word) {
    case 'over':
    case 'ago':
      return `${modifier.word} ${formatQuantity(modifier.duration)}`;
    case 'across':
      return `across ${modifier.tag.text}`;
    case 'where':
      return `where ${formatExpression(modifier.condition, text)}`;
  }
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
      const parameters = node.parameters.map(({ name, type, value }) => {
        const otherwise = value === null ? '' : ` = ${formatExpression(value, text)}`;
        return `${name.text}: ${type.text}${otherwise}`;
      });
      const endpoint = node.endpoint === null ? '' : ` ${writeString(node.endpoint.value)}`;
      return `action ${node.name.text}(${parameters.join(', ')}) via ${node.executor.text}${endpoint}`;
    }
    case 'tune':
      return `tune ${node.policy.text} where ${formatExpression(node.where, text)}`;
    case 'policy': {
      const parameters = node.parameters.map(
        (parameter) => `${parameter.name.text}: ${parameter.type.text} = ${formatExpression(parameter.value, text)}`,
      );
      return `policy ${node.name.text}${parameters.length === 0 ? '' : `(${parameters.join(', ')})`}`;
    }
    default:
      return `${node.kind} ${node.name.text}`;
  }
}

export function formatSchemaItem(node: SchemaItem): string {
  switch (node.kind) {
    case 'key':
      return `key ${node.name.text}${formatFrom(node)}`;
    case 'tag': {
      const most = node.most === null ? '' : ` at most ${formatQuantity(node.most)}`;
      return `tag ${node.name.text}${formatValues(node)}${most}${formatFrom(node)}`;
    }
    case 'metric': {
      const of = node.of === null ? '' : ` of ${node.of.text}`;
      const unit = node.unit === null ? '' : ` in ${node.unit.text}`;
      const optional = node.optional ? ' optional' : '';
      const hold = node.hold === null ? '' : ` hold ${formatQuantity(node.hold)}`;
      return `metric ${node.name.text}: ${node.type.text}${of}${unit}${optional}${hold}${formatFrom(node)}`;
    }
    case 'timing':
      return `${node.word} ${formatQuantity(node.duration)}`;
  }
}

function formatFrom({ from }: KeyItem | TagItem | MetricItem): string {
  switch (from?.kind) {
    case undefined:
      return '';
    case 'string':
      return ` from ${writeString(from.value)}`;
    case 'names':
      return ` from ${from.names.map((name) => writeString(name.value)).join(', ')}`;
    case 'all':
      return ` from *${from.except.length === 0 ? '' : ` without ${from.except.map((name) => writeString(name.value)).join(', ')}`}`;
    case 'always':
      return ` always ${writeString(from.value.value)}`;
  }
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
    case 'on-missing':
      return `on missing ${node.words.map((word) => word.text).join(' ')}`;
    case 'schedule':
      return formatSchedule(node);
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

function formatSchedule(node: ScheduleClause): string {
  const days = node.days.map((range) => (range.to === null ? range.from.text : `${range.from.text}..${range.to.text}`));
  const times = node.times === null ? [] : [`${clock(node.times.fromMinute)}..${clock(node.times.toMinute)}`];
  const zone = node.zone === null ? [] : [`in ${writeString(node.zone.value)}`];
  return [node.word, ...(days.length === 0 ? [] : [days.join(', ')]), ...times, ...zone].join(' ');
}

function clock(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
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
      const rearmed = node.rearmed ? ' rearmed' : '';
      const head = `expect${policy}${key}${gate}${rearmed} at ${formatQuantity(node.at)}`;
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
  switch (value.kind) {
    case 'nothing':
      return value.word;
    case 'boolean':
      return String(value.value);
    case 'quantity':
      return formatQuantity(value);
    case 'ramp':
      return `${formatQuantity(value.from)} to ${formatQuantity(value.to)}`;
    case 'cycle':
      return `[${value.points.map(formatSeriesValue).join(', ')}]`;
  }
}

export function formatTunedValue(node: TunedValue, text: string): string {
  return `${node.name.text}: ${formatExpression(node.value, text)}`;
}

export function formatRow(node: SeriesRow): string {
  const to = node.to === null ? '' : ` .. ${formatQuantity(node.to)}`;
  const late = node.late === null ? '' : ` arriving ${formatQuantity(node.late)} late`;
  const values = node.values.map(({ metric, value }) => `${metric.text} ${formatSeriesValue(value)}`);
  const head = `${formatQuantity(node.from)}${to}${late}:`;
  return values.length === 0 ? head : `${head} ${values.join(', ')}`;
}
