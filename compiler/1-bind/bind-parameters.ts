// Parameters of policies and the `tune`s that set them: whose they are, and which parameter each value is for.

import type { PolicyDeclaration, ProgramDeclaration, TuneDeclaration, TunedValue } from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { tunableTypes } from '../vocabulary/metric-types.ts';
import { errorType } from '../vocabulary/types.ts';
import type { Bound, ParameterSymbol, TuneSymbol } from './symbols.ts';

/** The `tune`s of each policy, in source order; of two policies of one name the first is meant. */
export function groupTunes(
  declarations: readonly ProgramDeclaration[],
  lost: Bound['lost'],
  report: Report,
): ReadonlyMap<PolicyDeclaration, readonly TuneDeclaration[]> {
  const groups = new Map<PolicyDeclaration, TuneDeclaration[]>();
  const tunes = declarations.filter((declaration) => declaration.kind === 'tune');
  if (tunes.length === 0) return groups;
  const policies = declarations.filter((declaration) => declaration.kind === 'policy');
  const byName = new Map<string, PolicyDeclaration>();
  for (const policy of policies) if (!byName.has(policy.name.text)) byName.set(policy.name.text, policy);
  for (const tune of tunes) {
    const name = tune.policy.text;
    const policy = byName.get(name);
    if (policy !== undefined) {
      const group = groups.get(policy) ?? [];
      groups.set(policy, group);
      group.push(tune);
    } else if (!lost('policy', name))
      report('unknown-policy', tune.policy.span, { name, advice: adviseName(name, [...byName.keys()], 'policies') });
  }
  return groups;
}

export function bindParameters(declaration: PolicyDeclaration, report: Report): readonly ParameterSymbol[] {
  const symbols = new Map<string, ParameterSymbol>();
  for (const parameter of declaration.parameters) {
    const { name, type } = parameter;
    const first = symbols.get(name.text);
    if (first !== undefined) {
      report(
        'duplicate-item',
        name.span,
        { kind: 'parameter', name: name.text, owner: `policy \`${declaration.name.text}\`` },
        { related: [{ span: first.declaration.name.span, message: 'first here' }] },
      );
      continue;
    }
    const known = tunableTypes.get(type.text);
    if (known === undefined)
      report('unknown-type', type.span, {
        name: type.text,
        advice: adviseName(type.text, [...tunableTypes.keys()], 'types'),
      });
    symbols.set(name.text, { kind: 'parameter', name: name.text, declaration: parameter, type: known ?? errorType });
  }
  return [...symbols.values()];
}

/** `damaged`: a parameter may have been lost in a mistake of form. */
export function bindTune(
  declaration: TuneDeclaration,
  parameters: readonly ParameterSymbol[],
  damaged: boolean,
  report: Report,
): TuneSymbol {
  const values = new Map<ParameterSymbol, TunedValue>();
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  const policy = declaration.policy.text;
  for (const entry of declaration.values) {
    const { text: name, span } = entry.name;
    const parameter = byName.get(name);
    if (parameter === undefined) {
      if (!damaged)
        report('unknown-parameter', span, { name, policy, advice: adviseName(name, [...byName.keys()], 'parameters') });
      continue;
    }
    const first = values.get(parameter);
    if (first === undefined) values.set(parameter, entry);
    else
      report(
        'duplicate-item',
        span,
        { kind: 'parameter', name, owner: `this \`tune ${policy}\`` },
        { related: [{ span: first.name.span, message: 'first here' }] },
      );
  }
  return { declaration, values };
}
