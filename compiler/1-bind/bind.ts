// Names to declarations: who declares what, who means whom. Every name that means nothing is a mistake; a broken
// declaration keeps its name, so that those who use it are judged by themselves.

import type {
  ConstDeclaration,
  LetDeclaration,
  Name,
  ProgramDeclaration,
  Reference,
  SourceFile,
  Span,
  SyntaxProblem,
  TestDeclaration,
  TuneDeclaration,
} from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import type { Memory } from '../memory.ts';
import {
  argumentName,
  actions as builtInActions,
  declaredAction,
  executors,
  parameterTypes,
} from '../vocabulary/actions.ts';
import { fits } from '../vocabulary/defaults.ts';
import { endpointFault } from '../vocabulary/endpoint.ts';
import { groupTunes } from './bind-parameters.ts';
import { bindPolicy } from './bind-policy.ts';
import { bindSchema } from './bind-schema.ts';
import { Damage } from './damage.ts';
import { bindDefinitions } from './definitions.ts';
import type { ActionSymbol, Bound, Definition, FleetSymbol, PolicySymbol, SchemaSymbol } from './symbols.ts';

type Named = Exclude<ProgramDeclaration, TestDeclaration | TuneDeclaration>;

export function bind(
  sources: readonly SourceFile[],
  problems: readonly SyntaxProblem[],
  memory: Memory,
  report: Report,
): Bound {
  const damage = new Damage(sources, problems);
  const declarations = sources.flatMap((source) => source.declarations);
  const surroundings = memory.recall('surroundings', memory.surroundings, report, (told) =>
    bindSurroundings(declarations, damage, told),
  );
  const used = new Set(surroundings.used);
  const names = new Names(report);
  const policies: PolicySymbol[] = [];
  const tests: TestDeclaration[] = [];
  const tuned = groupTunes(declarations, surroundings.lost, report);
  for (const declaration of declarations) {
    if (declaration.kind === 'test') tests.push(declaration);
    if (declaration.kind !== 'policy') continue;
    names.add(declaration);
    const tunes = tuned.get(declaration) ?? [];
    // Which of two policies of one name is tuned may change without a change of either.
    const step = tunes.length === 0 ? 'bind policy' : 'bind tuned policy';
    const { symbol, uses } = memory.recall(step, declaration, report, (told) => {
      const uses = new Set<SchemaSymbol | Definition>();
      const around = { ...surroundings, used: uses, report: told };
      return { symbol: bindPolicy(declaration, damage.in(declaration.span), tunes, around), uses };
    });
    policies.push(symbol);
    for (const use of uses) used.add(use);
  }
  for (const test of tests) {
    for (const item of test.items) {
      const schema = item.kind === 'given' ? surroundings.schemas.get(item.schema.text) : undefined;
      if (schema !== undefined) used.add(schema);
    }
  }
  return {
    ...surroundings,
    policies,
    policyByName: byFirst(policies),
    tests,
    used,
    broken: (node) => damage.in(node.span),
  };
}

/** What policies and tests can see. */
type Surroundings = Pick<
  Bound,
  'schemas' | 'fleets' | 'actions' | 'definitions' | 'constants' | 'used' | 'lost' | 'brokenLine'
>;

function bindSurroundings(declarations: readonly ProgramDeclaration[], damage: Damage, report: Report): Surroundings {
  const schemas = new Map<string, SchemaSymbol>();
  const fleets = new Map<string, FleetSymbol>();
  const actions = new Map<string, ActionSymbol>(
    builtInActions.map((entry) => [entry.name, { entry, declaration: null, broken: false }]),
  );
  const definitionDeclarations: (LetDeclaration | ConstDeclaration)[] = [];
  const names = new Names(report);
  for (const declaration of declarations) {
    if (declaration.kind === 'test' || declaration.kind === 'policy' || declaration.kind === 'tune') continue;
    const first = names.add(declaration);
    const broken = damage.in(declaration.span);
    if (declaration.kind === 'let' || declaration.kind === 'const') definitionDeclarations.push(declaration);
    else if (declaration.kind === 'schema') {
      const schema = bindSchema(declaration, schemas.size, damage, report);
      if (first) schemas.set(schema.name, schema);
    } else if (declaration.kind === 'fleet') {
      if (first) fleets.set(declaration.name.text, { name: declaration.name.text, declaration, broken });
    } else {
      const builtIn = actions.get(declaration.name.text)?.declaration === null;
      if (builtIn) report('built-in-action', declaration.name.span, { name: declaration.name.text });
      checkAction(declaration, report);
      if (first && !builtIn)
        actions.set(declaration.name.text, { entry: declaredAction(declaration), declaration, broken });
    }
  }
  const brokenLine: Bound['brokenLine'] = (node) => damage.onLine(node.span);
  const definitions = bindDefinitions(definitionDeclarations, new Map(), brokenLine, report);
  const used = new Set<SchemaSymbol | Definition>();
  const lost: Bound['lost'] = (kind, name) => damage.lost(kind, name);
  const constants = bindConstants(definitions, used, lost, report);
  return { schemas, fleets, actions, definitions, constants, used, lost, brokenLine };
}

/** Names by kind; a `let` and a `const` share theirs. */
class Names {
  readonly #taken = new Map<string, Span>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** False, and reported, when another declaration has the name. */
  add(declaration: Named): boolean {
    const space = declaration.kind === 'let' || declaration.kind === 'const' ? 'value' : declaration.kind;
    const place = `${space} ${declaration.name.text}`;
    const first = this.#taken.get(place);
    if (first === undefined) {
      this.#taken.set(place, declaration.name.span);
      return true;
    }
    this.#report(
      'duplicate-name',
      declaration.name.span,
      { kind: declaration.kind, name: declaration.name.text },
      { related: [{ span: first, message: 'first declared here' }] },
    );
    return false;
  }
}

function byFirst(policies: readonly PolicySymbol[]): ReadonlyMap<string, PolicySymbol> {
  const map = new Map<string, PolicySymbol>();
  for (const policy of policies) if (!map.has(policy.name)) map.set(policy.name, policy);
  return map;
}

function checkAction(declaration: Extract<ProgramDeclaration, { kind: 'action' }>, report: Report): void {
  const seen = new Map<string, Span>();
  const passed = new Map<string, Name>();
  let target: Span | null = null;
  for (const parameter of declaration.parameters) {
    const owner = `action \`${declaration.name.text}\``;
    const first = seen.get(parameter.name.text);
    if (first !== undefined)
      report(
        'duplicate-item',
        parameter.name.span,
        { kind: 'parameter', name: parameter.name.text, owner },
        { related: [{ span: first, message: 'first here' }] },
      );
    seen.set(parameter.name.text, parameter.name.span);
    if (!(parameterTypes as readonly string[]).includes(parameter.type.text)) {
      report('unknown-type', parameter.type.span, {
        name: parameter.type.text,
        advice: adviseName(parameter.type.text, parameterTypes, 'types'),
      });
    } else if (parameter.type.text === 'fleet') {
      if (target !== null)
        report(
          'duplicate-item',
          parameter.span,
          { kind: 'a parameter of type', name: 'fleet', owner },
          { related: [{ span: target, message: 'first here' }] },
        );
      target = parameter.span;
    } else if (first === undefined) {
      const passedAs = argumentName(parameter.name.text, parameter.type.text);
      const other = passed.get(passedAs);
      if (other !== undefined)
        report(
          'coinciding-parameters',
          parameter.name.span,
          { first: other.text, second: parameter.name.text, action: declaration.name.text, passedAs },
          { related: [{ span: other.span, message: 'the other one' }] },
        );
      passed.set(passedAs, other ?? parameter.name);
    }
  }
  if (!(executors as readonly string[]).includes(declaration.executor.text)) {
    report('unknown-executor', declaration.executor.span, {
      name: declaration.executor.text,
      advice: adviseName(declaration.executor.text, executors, 'executors'),
    });
    return;
  }
  const { endpoint, executor } = declaration;
  const why = endpoint === null ? 'no address stands behind `webhook`' : endpointFault(endpoint.value);
  if (why !== null) report('bad-endpoint', (endpoint ?? executor).span, { why });
}

/** Constants see only constants. */
function bindConstants(
  definitions: ReadonlyMap<string, Definition>,
  used: Set<SchemaSymbol | Definition>,
  lost: Bound['lost'],
  report: Report,
): ReadonlyMap<Reference, Definition | null> {
  const map = new Map<Reference, Definition | null>();
  for (const definition of definitions.values()) {
    if (definition.kind !== 'const' || !definition.sound || !fits(definition.size, definition.depth)) continue;
    const open = [definition.declaration.value];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.kind === 'reference') {
        const symbol = definitions.get(next.name);
        if (symbol !== undefined) used.add(symbol);
        else if (!lost('const', next.name)) {
          const known = [...definitions.values()].filter((other) => other.kind === 'const').map((other) => other.name);
          report('unknown-name', next.span, {
            name: next.name,
            schema: null,
            advice: adviseName(next.name, known, 'constants'),
          });
        }
        map.set(next, symbol ?? null);
      } else if (next.kind === 'negate') open.push(next.operand);
      else if (next.kind === 'arithmetic') open.push(next.left, next.right);
    }
  }
  return map;
}
