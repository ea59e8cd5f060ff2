// What names mean. Made by binding, read by every later step; nothing here points back into an earlier one.

import type {
  ActionDeclaration,
  ConstDeclaration,
  DoClause,
  Expression,
  FleetDeclaration,
  KeyItem,
  LetDeclaration,
  MetricItem,
  Name,
  OnMissingClause,
  PolicyDeclaration,
  PolicyParameter,
  Property,
  Reference,
  ScheduleClause,
  SchemaDeclaration,
  TagItem,
  TestDeclaration,
  TuneDeclaration,
  TunedValue,
} from '../../grammar/ast.ts';
import type { ActionEntry } from '../vocabulary/actions.ts';
import type { Type } from '../vocabulary/types.ts';
import type { UnitEntry } from '../vocabulary/units.ts';

export interface MetricSymbol {
  readonly kind: 'metric';
  readonly name: string;
  readonly item: MetricItem;
  /** Position among the schema's metrics. */
  readonly slot: number;
  readonly type: Type;
  readonly unit: UnitEntry | null;
}

export interface TagSymbol {
  readonly kind: 'tag';
  readonly name: string;
  readonly item: TagItem | KeyItem;
  /** Position among the schema's tags; −1 for the key. */
  readonly position: number;
  readonly values: readonly string[] | null;
  /** Its values are members of the key, at most so many; `null`: it is no member tag. */
  readonly most: number | null;
}

export interface SchemaSymbol {
  readonly name: string;
  /** Position among the program's schemas. */
  readonly index: number;
  readonly declaration: SchemaDeclaration;
  /** A mistake in it may have hidden a part: names that it seems to lack are not reported. */
  readonly broken: boolean;
  readonly key: TagSymbol | null;
  readonly tags: readonly TagSymbol[];
  readonly metrics: readonly MetricSymbol[];
  /** Key, tags and metrics. */
  readonly names: ReadonlyMap<string, MetricSymbol | TagSymbol>;
  readonly everyMs: number | null;
  /** As written; `null` when it was not. */
  readonly staleMs: number | null;
  readonly latenessMs: number | null;
}

export interface FleetSymbol {
  readonly name: string;
  readonly declaration: FleetDeclaration;
  readonly broken: boolean;
}

export interface ActionSymbol {
  readonly entry: ActionEntry;
  /** `null` for a built-in action. */
  readonly declaration: ActionDeclaration | null;
  readonly broken: boolean;
}

/** A `let` or `const`. */
export interface Definition {
  readonly kind: 'let' | 'const';
  readonly name: string;
  readonly declaration: LetDeclaration | ConstDeclaration;
  /** Leads back to itself, or grows too large: stands for nothing. */
  readonly sound: boolean;
  /** Parts and levels once everything that it names is put in its place. */
  readonly size: number;
  readonly depth: number;
}

/** A parameter of a policy. */
export interface ParameterSymbol {
  readonly kind: 'parameter';
  readonly name: string;
  readonly declaration: PolicyParameter;
  /** `error` when the type is none. */
  readonly type: Type;
}

export type ValueSymbol = MetricSymbol | TagSymbol | Definition | ParameterSymbol;

/** What `tune` says of one policy. */
export interface TuneSymbol {
  readonly declaration: TuneDeclaration;
  /** By parameter, in the order of the text. */
  readonly values: ReadonlyMap<ParameterSymbol, TunedValue>;
}

export interface PolicySymbol {
  readonly name: string;
  readonly declaration: PolicyDeclaration;
  readonly broken: boolean;
  /** `null` when it names none that is known. */
  readonly schema: SchemaSymbol | null;
  readonly where: Expression | null;
  readonly when: Expression | null;
  readonly until: Expression | null;
  readonly onMissing: OnMissingClause | null;
  readonly schedules: readonly ScheduleClause[];
  readonly actions: readonly DoClause[];
  readonly lets: readonly Definition[];
  readonly properties: readonly Property[];
  readonly parameters: readonly ParameterSymbol[];
  readonly tunes: readonly TuneSymbol[];
  /** Meaning of each reference in the conditions and in every `let` that they lead to; `null`: reported. */
  readonly references: ReadonlyMap<Reference, ValueSymbol | null>;
}

export interface Bound {
  readonly schemas: ReadonlyMap<string, SchemaSymbol>;
  readonly fleets: ReadonlyMap<string, FleetSymbol>;
  /** Built-in actions and the program's own. */
  readonly actions: ReadonlyMap<string, ActionSymbol>;
  /** `let` and `const` of files. */
  readonly definitions: ReadonlyMap<string, Definition>;
  /** Meaning of the references in constants. */
  readonly constants: ReadonlyMap<Reference, Definition | null>;
  /** In source order, the second of two of one name included. */
  readonly policies: readonly PolicySymbol[];
  readonly policyByName: ReadonlyMap<string, PolicySymbol>;
  readonly tests: readonly TestDeclaration[];
  /** Schemas and definitions that something refers to. */
  readonly used: ReadonlySet<SchemaSymbol | Definition>;
  /** A declaration of that kind and name may have been lost in a mistake of form. */
  lost(kind: string, name: string): boolean;
  /** A mistake of form lies within. */
  broken(node: { readonly span: Name['span'] }): boolean;
  /** … or behind it on its last line. */
  brokenLine(node: { readonly span: Name['span'] }): boolean;
}
