// Calls that go across the members of a key: by which tag, of what, and that the words behind the argument belong there.

import type { AcrossModifier, Call, Expression } from '../../grammar/ast.ts';
import type { SchemaSymbol } from '../1-bind/symbols.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { acrossRule } from '../functions/across.ts';
import type { CallModifiers } from '../functions/call-modifiers.ts';
import type { FunctionEntry } from '../functions/function.ts';
import { histogramOutput } from '../functions/histograms.ts';
import { functions } from '../functions/index.ts';
import { type ExpressionFact, joinFacts } from './facts.ts';

/** What a call that goes across members needs of the checker around it. */
export interface AcrossContext {
  readonly report: Report;
  readonly schema: SchemaSymbol | null;
  check(expression: Expression): ExpressionFact;
  /** A condition that asks for key and tags alone. */
  checkWhere(condition: Expression): boolean;
}

/** The words of a call with `across` are in order; what is not has been reported. */
export function fitsAcross(
  call: Call,
  entry: FunctionEntry,
  modifiers: CallModifiers,
  context: AcrossContext,
): boolean {
  const { report } = context;
  const { across, over, ago, where } = modifiers;
  if (across === null) return true;
  const merges = histogramOutput(entry) !== null && call.args.some(({ value }) => isHistogram(value, context));
  if (!merges && acrossRule(entry) === null) {
    const names = functions.filter((other) => acrossRule(other) !== null).map(({ name }) => `\`${name}\``);
    report('unfit-across', across.span, { callee: entry.name, tag: across.tag.text, names: names.join(', ') });
    return false;
  }
  for (const modifier of [over, ago]) {
    // Histograms are merged, so that which comes first makes no difference.
    if (modifier === null || merges) continue;
    report('window-of-members', modifier.span, { callee: entry.name, word: modifier.word, tag: across.tag.text });
    return false;
  }
  const facts = joinFacts(call.args.map(({ value }) => context.check(value)));
  const inner = facts.across ? 'another `across`' : facts.timer ? 'a `for`' : null;
  if (inner !== null) report('nested-window', (call.args[0] ?? call).span, { what: inner });
  const fits = [inner === null, isMemberTag(across, context), where === null || context.checkWhere(where.condition)];
  return fits.every((good) => good);
}

function isHistogram(expression: Expression, context: AcrossContext): boolean {
  return context.check(expression).type.kind === 'histogram';
}

function isMemberTag({ tag }: AcrossModifier, { schema, report }: AcrossContext): boolean {
  const symbol = schema?.names.get(tag.text);
  if (schema === null) return false;
  if (symbol === undefined) {
    if (!schema.broken) reportUnknown(tag, schema, report);
    return false;
  }
  if (symbol.kind === 'tag' && symbol.item.kind === 'tag' && symbol.most !== null) return true;
  const what = symbol.kind === 'metric' ? 'a metric' : symbol.item.kind === 'key' ? 'the key' : 'a tag without a limit';
  report(
    'no-member-tag',
    tag.span,
    { name: tag.text, what, isTag: symbol.kind === 'tag' && symbol.item.kind === 'tag' },
    { related: [{ span: symbol.item.span, message: 'declared here' }] },
  );
  return false;
}

function reportUnknown(tag: AcrossModifier['tag'], schema: SchemaSymbol, report: Report): void {
  const tags = schema.tags.filter(({ most }) => most !== null).map(({ name }) => name);
  report(
    'unknown-tag',
    tag.span,
    { name: tag.text, schema: schema.name, advice: adviseName(tag.text, tags, 'tags') },
    { group: `name ${schema.name} ${tag.text}` },
  );
}
