// One policy: its clauses, its schema, and the meaning of every name in its conditions.

import type {
  DoClause,
  Expression,
  LetDeclaration,
  OnClause,
  OnMissingClause,
  PolicyDeclaration,
  Property,
  Reference,
  ScheduleClause,
  TuneDeclaration,
  UntilClause,
  WhenClause,
} from '../../grammar/ast.ts';
import type { Report } from '../diagnostics/reporter.ts';
import { adviseName } from '../diagnostics/suggest.ts';
import { functionByName, functions } from '../functions/index.ts';
import { expansionLimits, fits } from '../vocabulary/defaults.ts';
import { bindParameters, bindTune } from './bind-parameters.ts';
import { bindDefinitions } from './definitions.ts';
import { extentOf, within } from './expressions.ts';
import type { Bound, Definition, ParameterSymbol, PolicySymbol, SchemaSymbol, ValueSymbol } from './symbols.ts';

/** What a policy can see of the program around it. */
export interface Surroundings extends Pick<Bound, 'schemas' | 'definitions' | 'lost' | 'brokenLine'> {
  readonly used: Set<SchemaSymbol | Definition>;
  readonly report: Report;
}

interface Clauses {
  on: OnClause | null;
  when: WhenClause | null;
  until: UntilClause | null;
  onMissing: OnMissingClause | null;
  readonly schedules: ScheduleClause[];
  readonly actions: DoClause[];
  readonly lets: LetDeclaration[];
  readonly properties: Property[];
}

export function bindPolicy(
  declaration: PolicyDeclaration,
  damaged: boolean,
  tunes: readonly TuneDeclaration[],
  around: Surroundings,
): PolicySymbol {
  const clauses = sortClauses(declaration, around.report);
  if (!damaged) requireClauses(declaration, clauses, around.report);
  const schema = clauses.on === null ? null : bindOn(clauses.on, around);
  const lets = bindDefinitions(clauses.lets, around.definitions, around.brokenLine, around.report);
  const parameters = bindParameters(declaration, around.report);
  const head = {
    span: { ...declaration.name.span, end: parameters.at(-1)?.declaration.span.end ?? declaration.name.span.end },
  };
  const scope = new Scope(schema, lets, parameters, around.brokenLine(head), around);
  const where = clauses.on?.where ?? null;
  const when = clauses.when?.condition ?? null;
  const until = clauses.until?.condition ?? null;
  for (const condition of [where, when, until]) {
    if (condition !== null) scope.bind(condition);
  }
  for (const parameter of parameters) scope.bind(parameter.declaration.value, false);
  for (const tune of tunes) {
    scope.bind(tune.where, false);
    for (const entry of tune.values) scope.bind(entry.value, false);
  }
  // A `let` that nothing uses is checked all the same: it is a mistake waiting for its use.
  for (const definition of lets.values())
    if (definition.sound && fits(definition.size, definition.depth)) scope.bind(definition.declaration.value);
  checkExtent(declaration, [when, until], scope.references, around.report);
  return {
    name: declaration.name.text,
    declaration,
    broken: damaged || (clauses.on !== null && schema === null),
    schema,
    where,
    when,
    until,
    onMissing: clauses.onMissing,
    schedules: clauses.schedules,
    actions: clauses.actions,
    lets: [...lets.values()],
    properties: clauses.properties,
    parameters,
    tunes: tunes.map((tune) => bindTune(tune, parameters, damaged, around.report)),
    references: scope.references,
  };
}

function sortClauses(declaration: PolicyDeclaration, report: Report): Clauses {
  const clauses: Clauses = {
    on: null,
    when: null,
    until: null,
    onMissing: null,
    schedules: [],
    actions: [],
    lets: [],
    properties: [],
  };
  const owner = `policy \`${declaration.name.text}\``;
  const lets = new Map<string, LetDeclaration>();
  for (const item of declaration.items) {
    switch (item.kind) {
      case 'on':
      case 'when':
      case 'until': {
        const first = clauses[item.kind];
        if (first !== null)
          report(
            'duplicate-item',
            wordSpan(item),
            { kind: '', name: item.kind, owner },
            { related: [{ span: wordSpan(first), message: 'first here' }] },
          );
        else if (item.kind === 'on') clauses.on = item;
        else if (item.kind === 'when') clauses.when = item;
        else clauses.until = item;
        break;
      }
      case 'on-missing': {
        const first = clauses.onMissing;
        if (first === null) clauses.onMissing = item;
        else
          report(
            'duplicate-item',
            item.span,
            { kind: '', name: 'on missing', owner },
            { related: [{ span: first.span, message: 'first here' }] },
          );
        break;
      }
      case 'schedule':
        clauses.schedules.push(item);
        break;
      case 'do':
        clauses.actions.push(item);
        break;
      case 'let': {
        const first = lets.get(item.name.text);
        if (first !== undefined)
          report(
            'duplicate-item',
            item.name.span,
            { kind: 'let', name: item.name.text, owner },
            { related: [{ span: first.name.span, message: 'first here' }] },
          );
        else lets.set(item.name.text, item);
        clauses.lets.push(item);
        break;
      }
      case 'property':
        clauses.properties.push(item);
        break;
    }
  }
  return clauses;
}

function wordSpan(clause: OnClause | WhenClause | UntilClause): OnClause['span'] {
  return { ...clause.span, end: clause.span.start + clause.kind.length };
}

function requireClauses(declaration: PolicyDeclaration, clauses: Clauses, report: Report): void {
  const policy = declaration.name.text;
  const at = declaration.name.span;
  // All three share one place, so that only the first missing part is told.
  if (clauses.on === null) report('missing-clause', at, { policy, clause: 'on', example: 'on SCHEMA' });
  else if (clauses.when === null)
    report('missing-clause', at, { policy, clause: 'when', example: 'when error_rate > 5% for 30s' });
  else if (clauses.actions.length === 0)
    report('missing-clause', at, { policy, clause: 'do', example: 'do notify("look here")' });
}

function bindOn(on: OnClause, around: Surroundings): SchemaSymbol | null {
  const schema = around.schemas.get(on.schema.text);
  if (schema !== undefined) {
    around.used.add(schema);
    return schema;
  }
  if (!around.lost('schema', on.schema.text)) {
    const advice = adviseName(on.schema.text, [...around.schemas.keys()], 'schemas');
    around.report(
      'unknown-schema',
      on.schema.span,
      { name: on.schema.text, advice },
      { group: `schema ${on.schema.text}` },
    );
  }
  return null;
}

function checkExtent(
  declaration: PolicyDeclaration,
  conditions: readonly (Expression | null)[],
  references: ReadonlyMap<Reference, ValueSymbol | null>,
  report: Report,
): void {
  let total = 0;
  for (const condition of conditions) {
    if (condition === null) continue;
    const extent = extentOf(condition);
    let deepest = 0;
    total += extent.size;
    for (const reference of extent.references) {
      const symbol = references.get(reference);
      if (symbol?.kind !== 'let') continue;
      total += symbol.size;
      deepest = Math.max(deepest, symbol.depth);
    }
    if (fits(total, extent.depth + deepest)) continue;
    report('expression-too-large', declaration.name.span, {
      what: `policy \`${declaration.name.text}\``,
      most: expansionLimits.nodes,
    });
    return;
  }
}

/** Looks names up as one policy sees them. */
class Scope {
  readonly references = new Map<Reference, ValueSymbol | null>();
  readonly #schema: SchemaSymbol | null;
  readonly #lets: ReadonlyMap<string, Definition>;
  readonly #parameters: ReadonlyMap<string, ParameterSymbol>;
  readonly #brokenHead: boolean;
  readonly #around: Surroundings;
  readonly #entered = new Set<Expression>();

  /** `brokenHead`: parameters may have been lost in a mistake of form. */
  constructor(
    schema: SchemaSymbol | null,
    lets: ReadonlyMap<string, Definition>,
    parameters: readonly ParameterSymbol[],
    brokenHead: boolean,
    around: Surroundings,
  ) {
    this.#schema = schema;
    this.#lets = lets;
    this.#parameters = new Map(parameters.map((symbol) => [symbol.name, symbol]));
    this.#brokenHead = brokenHead;
    this.#around = around;
  }

  /** Binds an expression and the `let`s that it leads to. */
  /** `own`: the policy's own `let`s and parameters can be seen from there. */
  bind(root: Expression, own = true): void {
    const open: { readonly expression: Expression; readonly own: boolean }[] = [{ expression: root, own }];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (this.#entered.has(next.expression)) continue;
      this.#entered.add(next.expression);
      for (const part of within(next.expression)) {
        if (part.kind === 'call' && !functionByName.has(part.callee.text)) {
          const names = functions.map((entry) => entry.name);
          this.#around.report('unknown-function', part.callee.span, {
            name: part.callee.text,
            advice: adviseName(part.callee.text, names, 'functions'),
          });
        }
        if (part.kind !== 'reference') continue;
        const symbol = this.#resolve(part, next.own);
        this.references.set(part, symbol);
        if (symbol?.kind === 'let')
          open.push({ expression: symbol.declaration.value, own: this.#lets.get(symbol.name) === symbol });
      }
    }
  }

  /** `own`: the policy's own `let`s can be seen from here; from a file's `let` they can not. */
  #resolve(reference: Reference, own: boolean): ValueSymbol | null {
    const { name } = reference;
    const found: ValueSymbol[] = [];
    for (const symbol of [
      own ? this.#lets.get(name) : undefined,
      own ? this.#parameters.get(name) : undefined,
      this.#schema?.names.get(name),
      this.#around.definitions.get(name),
    ]) {
      if (symbol === undefined) continue;
      found.push(symbol);
      if (symbol.kind === 'let' || symbol.kind === 'const') this.#around.used.add(symbol);
    }
    const [first, second] = found;
    if (first === undefined) {
      this.#reportUnknown(reference, own);
      return null;
    }
    if (second !== undefined) {
      const places = [first, second].map((symbol) => ({
        span: placeOf(symbol),
        message: `${describe(symbol)} is declared here`,
      }));
      this.#around.report(
        'ambiguous-name',
        reference.span,
        { name, first: describe(first), second: describe(second) },
        { related: places },
      );
      return null;
    }
    if (first.kind !== 'let' && first.kind !== 'const') return first;
    return first.sound && fits(first.size, first.depth) ? first : this.#unsound(first);
  }

  /** A circle has been reported where it closes; a `let` that grew too large is reported at its use. */
  #unsound(definition: Definition): null {
    if (definition.sound) {
      this.#around.report('expression-too-large', definition.declaration.name.span, {
        what: `\`${definition.name}\``,
        most: expansionLimits.nodes,
      });
    }
    return null;
  }

  /** Another schema has it. */
  #elsewhere(name: string): string | null {
    for (const schema of this.#around.schemas.values()) {
      if (schema.names.has(name))
        return `\`${name}\` belongs to schema \`${schema.name}\`; a policy reads the one that it is \`on\``;
    }
    return null;
  }

  #reportUnknown(reference: Reference, own: boolean): void {
    const schema = this.#schema;
    const { name } = reference;
    // Without its schema nothing can be said about a policy's names.
    if (schema === null || schema.broken || (own && this.#brokenHead)) return;
    if (this.#around.lost('let', name) || this.#around.lost('const', name)) return;
    const named = own ? [...this.#lets.keys(), ...this.#parameters.keys()] : [];
    const known = [...schema.names.keys(), ...named, ...this.#around.definitions.keys()];
    this.#around.report(
      'unknown-name',
      reference.span,
      { name, schema: schema.name, advice: this.#elsewhere(name) ?? adviseName(name, known, 'names') },
      {
        related: [{ span: schema.declaration.name.span, message: `schema \`${schema.name}\` is declared here` }],
        group: `name ${schema.name} ${name}`,
      },
    );
  }
}

function describe(symbol: ValueSymbol): string {
  if (symbol.kind === 'let' || symbol.kind === 'const') return `a \`${symbol.kind}\``;
  if (symbol.kind === 'parameter') return 'a parameter of the policy';
  return symbol.kind === 'tag' ? `a ${symbol.item.kind}` : 'a metric';
}

function placeOf(symbol: ValueSymbol): Reference['span'] {
  return symbol.kind === 'metric' || symbol.kind === 'tag' ? symbol.item.name.span : symbol.declaration.name.span;
}
