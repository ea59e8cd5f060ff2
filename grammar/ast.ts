// The tree of a `.ddl` program: what was written, where, and nothing about what it means.
// Trees are immutable; later steps keep what they learn in side tables keyed by node.

/** A stretch of source text: UTF-16 offsets, `end` exclusive. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

interface Node {
  readonly span: Span;
}

export interface Name extends Node {
  readonly text: string;
}

/** `"…"`, with escapes resolved. */
export interface StringLiteral extends Node {
  readonly kind: 'string';
  readonly value: string;
}

/** `5`, `5%`, `1.5GiB`, `100/s`: the unit is what was written after the digits, unresolved; `null` without one. */
export interface QuantityLiteral extends Node {
  readonly kind: 'quantity';
  readonly value: number;
  readonly unit: string | null;
  /** The number as written, for the formatter. */
  readonly text: string;
}

export interface BooleanLiteral extends Node {
  readonly kind: 'boolean';
  readonly value: boolean;
}

// Expressions

export interface Reference extends Node {
  readonly kind: 'reference';
  readonly name: string;
}

/** `fleet of service_id`: the fleet declared for that value. */
export interface FleetLookup extends Node {
  readonly kind: 'fleet-lookup';
  readonly tag: Name;
}

/** `over 5m`; more words (`ago`, `across`) follow in later contracts. */
export interface Modifier extends Node {
  readonly word: 'over';
  readonly duration: QuantityLiteral;
}

export interface Argument extends Node {
  /** `by` in `by: 2`. */
  readonly label: Name | null;
  readonly value: Expression;
  readonly modifiers: readonly Modifier[];
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly callee: Name;
  readonly args: readonly Argument[];
}

export interface Not extends Node {
  readonly kind: 'not';
  readonly operand: Expression;
}

export interface Negate extends Node {
  readonly kind: 'negate';
  readonly operand: Expression;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/';
export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>=';
export interface Comparison extends Node {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** `a and b and c`: flat, at least two operands. */
export interface Logic extends Node {
  readonly kind: 'logic';
  readonly operator: 'and' | 'or';
  readonly operands: readonly Expression[];
}

/** `C for 30s`. */
export interface For extends Node {
  readonly kind: 'for';
  readonly condition: Expression;
  readonly duration: QuantityLiteral;
}

/** Stands where an expression could not be read; the mistake has been reported. */
export interface ErrorExpression extends Node {
  readonly kind: 'error';
}

export type Expression =
  | StringLiteral
  | QuantityLiteral
  | BooleanLiteral
  | Reference
  | FleetLookup
  | Call
  | Not
  | Negate
  | Arithmetic
  | Comparison
  | Logic
  | For
  | ErrorExpression;

// Declarations

interface Declaration extends Node {
  /** Text of the `///` lines above, one line each, without the slashes; empty when there are none. */
  readonly doc: readonly string[];
  readonly name: Name;
  /** An item of it could not be read and is not in `items`; the mistake has been reported. Absent otherwise. */
  readonly incomplete?: boolean;
}

/** `key service_id from "service.name"` */
export interface KeyItem extends Node {
  readonly kind: 'key';
  readonly name: Name;
  readonly from: StringLiteral | null;
}

/** `tag region: "eu-west-1" | "us-east-1"` */
export interface TagItem extends Node {
  readonly kind: 'tag';
  readonly name: Name;
  readonly from: StringLiteral | null;
  /** The closed set of values; `null` when any value may come. */
  readonly values: readonly StringLiteral[] | null;
}

/** `metric queue_depth: number in percent optional hold 30s from "wire.name"` */
export interface MetricItem extends Node {
  readonly kind: 'metric';
  readonly name: Name;
  readonly type: Name;
  /** The unit on the wire. */
  readonly unit: Name | null;
  readonly optional: boolean;
  readonly hold: QuantityLiteral | null;
  readonly from: StringLiteral | null;
}

/** `every 1s`, `stale after 10s`, `lateness 5s` */
export interface TimingItem extends Node {
  readonly kind: 'timing';
  readonly word: 'every' | 'stale after' | 'lateness';
  readonly duration: QuantityLiteral;
}

export type SchemaItem = KeyItem | TagItem | MetricItem | TimingItem;

export interface SchemaDeclaration extends Declaration {
  readonly kind: 'schema';
  readonly items: readonly SchemaItem[];
}

/** `2..40` */
export interface RangeLiteral extends Node {
  readonly kind: 'range';
  readonly from: QuantityLiteral;
  readonly to: QuantityLiteral;
}

export interface Word extends Node {
  readonly kind: 'word';
  readonly text: string;
}

export type PropertyArgument = StringLiteral | QuantityLiteral | RangeLiteral | Word;

/**
 * A word and its arguments on one line: `cooldown 5m`, `limit 2 per 1h`, `asg "x" in "eu-west-1"`, `change at most 20% per 5m`.
 * The grammar does not know which words there are: a registry does.
 */
export interface Property extends Node {
  readonly kind: 'property';
  readonly name: Name;
  readonly args: readonly PropertyArgument[];
}

export interface FleetDeclaration extends Declaration {
  readonly kind: 'fleet';
  readonly items: readonly Property[];
}

export interface ActionParameter extends Node {
  readonly name: Name;
  readonly type: Name;
}

/** `action drain(target: fleet, wait: duration) via webhook "https://…"` */
export interface ActionDeclaration extends Declaration {
  readonly kind: 'action';
  readonly parameters: readonly ActionParameter[];
  readonly executor: Name;
  readonly endpoint: StringLiteral | null;
}

export interface LetDeclaration extends Declaration {
  readonly kind: 'let';
  readonly value: Expression;
}

export interface ConstDeclaration extends Declaration {
  readonly kind: 'const';
  readonly value: Expression;
}

/** `on service_health where service_id == "x"` */
export interface OnClause extends Node {
  readonly kind: 'on';
  readonly schema: Name;
  readonly where: Expression | null;
}

export interface WhenClause extends Node {
  readonly kind: 'when';
  readonly condition: Expression;
}

export interface UntilClause extends Node {
  readonly kind: 'until';
  readonly condition: Expression;
}

/** `do scale_up(payment, by: 2) timeout 5s retry 3`: what follows the call is a list of properties. */
export interface DoClause extends Node {
  readonly kind: 'do';
  readonly action: Call;
  readonly options: readonly Property[];
}

export type PolicyItem = OnClause | WhenClause | UntilClause | DoClause | LetDeclaration | Property;

export interface PolicyDeclaration extends Declaration {
  readonly kind: 'policy';
  readonly items: readonly PolicyItem[];
}

// Tests

/** `error_rate 2%`, `ready true`; `null`: the metric is sent without a value (written `NaN`). A metric not written is absent. */
export interface SeriesValue extends Node {
  readonly metric: Name;
  readonly value: QuantityLiteral | BooleanLiteral | null;
}

/** `0s .. 59s: …` or `90s: …` or `60s arriving 5s late: …`; both ends inclusive. */
export interface SeriesRow extends Node {
  readonly from: QuantityLiteral;
  readonly to: QuantityLiteral | null;
  readonly late: QuantityLiteral | null;
  readonly values: readonly SeriesValue[];
}

export interface TagBinding extends Node {
  readonly tag: Name;
  readonly value: StringLiteral;
}

/** `given service_health(service_id: "x") every 1s { … }` */
export interface GivenClause extends Node {
  readonly kind: 'given';
  readonly schema: Name;
  readonly tags: readonly TagBinding[];
  readonly every: QuantityLiteral | null;
  readonly rows: readonly SeriesRow[];
}

/**
 * `expect p at 90s { a(x) }` · `expect p for "key" at 90s` · `expect p blocked by cooldown at 95s` ·
 * `expect blocked by cooldown at 95s` · `expect nothing else` · `expect nothing`.
 * `actions` is `null` when no block was written: any actions do.
 */
export interface ExpectDecision extends Node {
  readonly kind: 'expect-decision';
  readonly policy: Name | null;
  readonly key: StringLiteral | null;
  readonly gate: Name | null;
  readonly at: QuantityLiteral;
  readonly actions: readonly Call[] | null;
}

export interface ExpectNothing extends Node {
  readonly kind: 'expect-nothing';
  /** `nothing else`: beyond the decisions expected above; without it: no decision at all. */
  readonly otherwise: boolean;
}

export type TestItem = GivenClause | ExpectDecision | ExpectNothing;

export interface TestDeclaration extends Node {
  readonly kind: 'test';
  readonly doc: readonly string[];
  readonly title: StringLiteral;
  readonly items: readonly TestItem[];
  /** An item of it could not be read and is not in `items`; the mistake has been reported. Absent otherwise. */
  readonly incomplete?: boolean;
}

export type ProgramDeclaration =
  | SchemaDeclaration
  | FleetDeclaration
  | ActionDeclaration
  | PolicyDeclaration
  | TestDeclaration
  | ConstDeclaration
  | LetDeclaration;

/** A comment that is not documentation: `// …` to the end of the line. */
export interface Comment extends Node {
  /** With the slashes, without trailing blanks. */
  readonly text: string;
  /** Nothing but blanks stands before it on its line. */
  readonly ownLine: boolean;
}

/** One `.ddl` file. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
  readonly declarations: readonly ProgramDeclaration[];
  readonly comments: readonly Comment[];
}

/** A mistake in the form of the text; the compiler words it. */
export interface SyntaxProblem {
  readonly code: SyntaxProblemCode;
  readonly span: Span;
  /** What stands there. */
  readonly found: string;
  /** What could have stood there, in words of the language; empty when the list would not help. */
  readonly expected: readonly string[];
  /** The rule in which it happened: `policy`, `when clause`, `schema item` … */
  readonly context: string;
  /** A second place: where the thing began that is not closed. */
  readonly opened?: Span;
}

export type SyntaxProblemCode =
  | 'unexpected-token'
  | 'unclosed-string'
  | 'unclosed-block'
  | 'bad-character'
  | 'bad-escape'
  | 'bad-number'
  | 'nested-too-deeply'
  | 'file-too-large'
  | 'not-text';

export interface ParseResult {
  readonly source: SourceFile;
  readonly problems: readonly SyntaxProblem[];
}
