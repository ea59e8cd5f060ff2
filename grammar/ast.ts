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

/** Behind an argument: `over 5m`, `over 10m ago 1d`, `across instance`, `where code like "5*"`. */
export type Modifier = TimeModifier | AcrossModifier | WhereModifier;

export interface TimeModifier extends Node {
  readonly word: 'over' | 'ago';
  readonly duration: QuantityLiteral;
}

export interface AcrossModifier extends Node {
  readonly word: 'across';
  readonly tag: Name;
}

export interface WhereModifier extends Node {
  readonly word: 'where';
  readonly condition: Expression;
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

/** `C for 3 of 5` (samples), `C for 80% of 5m`: which of the two it is, the units say. */
export interface ForPart extends Node {
  readonly kind: 'for-part';
  readonly condition: Expression;
  readonly part: QuantityLiteral;
  readonly whole: QuantityLiteral;
}

/** `C within 10m`: was true at some point in the last 10 minutes. */
export interface Within extends Node {
  readonly kind: 'within';
  readonly condition: Expression;
  readonly duration: QuantityLiteral;
}

/** `A then B within 5m`. */
export interface Sequence extends Node {
  readonly kind: 'sequence';
  readonly first: Expression;
  readonly second: Expression;
  readonly duration: QuantityLiteral;
}

/** `x ago 1h`: what was known of `x` so long before. */
export interface Ago extends Node {
  readonly kind: 'ago';
  readonly value: Expression;
  readonly distance: QuantityLiteral;
}

/** `x between 1% and 5%`, both bounds included. */
export interface Between extends Node {
  readonly kind: 'between';
  readonly value: Expression;
  readonly low: Expression;
  readonly high: Expression;
}

/** `region in ["eu-west-1", "eu-west-2"]`, `status in [4, 5]`. */
export interface In extends Node {
  readonly kind: 'in';
  readonly value: Expression;
  readonly options: readonly Expression[];
}

/** `service_id like "pay-*"`: `*` stands for any text, `?` for any one character. */
export interface Like extends Node {
  readonly kind: 'like';
  readonly value: Expression;
  readonly pattern: StringLiteral;
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
  | ForPart
  | Within
  | Sequence
  | Ago
  | Between
  | In
  | Like
  | ErrorExpression;

// Declarations

interface Declaration extends Node {
  /** Text of the `///` lines above, one line each, without the slashes; empty when there are none. */
  readonly doc: readonly string[];
  readonly name: Name;
  /** An item of it could not be read and is not in `items`; the mistake has been reported. Absent otherwise. */
  readonly incomplete?: boolean;
}

/**
 * What makes the value of a key or tag: `from "service.name"` one tag on the wire, `from "namespace", "pod"` several,
 * joined; `from *` all tags of the event, perhaps `without "pod"`; `always "prod"` none.
 */
export type TagSource =
  | (Node & { readonly kind: 'names'; readonly names: readonly StringLiteral[] })
  | (Node & { readonly kind: 'all'; readonly except: readonly StringLiteral[] })
  | (Node & { readonly kind: 'always'; readonly value: StringLiteral });

/** `key service_id from "service.name"` */
export interface KeyItem extends Node {
  readonly kind: 'key';
  readonly name: Name;
  /** `null`: the tag of that name. */
  readonly from: TagSource | null;
}

/** `tag region: "eu-west-1" | "us-east-1"`, `tag instance at most 500` */
export interface TagItem extends Node {
  readonly kind: 'tag';
  readonly name: Name;
  readonly from: TagSource | null;
  /** Its values are members of the key, at most so many: what `across` goes over. `null`: it is no member tag. */
  readonly most: QuantityLiteral | null;
  /** The closed set of values; `null` when any value may come. */
  readonly values: readonly StringLiteral[] | null;
}

/** `metric queue_depth: number in percent optional hold 30s from "wire.name"` */
export interface MetricItem extends Node {
  readonly kind: 'metric';
  readonly name: Name;
  readonly type: Name;
  /** `duration` in `histogram of duration`. */
  readonly of: Name | null;
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

/** `wait: duration = 30s` */
export interface ActionParameter extends Node {
  readonly name: Name;
  readonly type: Name;
  /** What it is where a policy leaves it out; `null` when it may not. */
  readonly value: Expression | null;
}

/** `action drain(target: fleet, wait: duration = 30s) via webhook "https://…"` */
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

/** `on missing hold`, `on missing reset`, `on missing treat_as false`: the words behind `missing`. */
export interface OnMissingClause extends Node {
  readonly kind: 'on-missing';
  readonly words: readonly Name[];
}

/** `mon` or `mon..fri` */
export interface DayRange extends Node {
  readonly from: Name;
  readonly to: Name | null;
}

/** `08:00..18:00`, in minutes of the day, 24:00 being 1440; `from` after `to` runs past midnight. */
export interface TimeRange extends Node {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** `active mon..fri 08:00..18:00 in "Europe/Berlin"`, `inactive sat, sun`: when the policy may act, when not. */
export interface ScheduleClause extends Node {
  readonly kind: 'schedule';
  readonly word: 'active' | 'inactive';
  /** Empty: every day. */
  readonly days: readonly DayRange[];
  /** `null`: the whole day. */
  readonly times: TimeRange | null;
  /** `null`: UTC. */
  readonly zone: StringLiteral | null;
}

export type PolicyItem =
  | OnClause
  | OnMissingClause
  | ScheduleClause
  | WhenClause
  | UntilClause
  | DoClause
  | LetDeclaration
  | Property;

/** `limit_p99: duration = 500ms` */
export interface PolicyParameter extends Node {
  readonly name: Name;
  readonly type: Name;
  readonly value: Expression;
}

export interface PolicyDeclaration extends Declaration {
  readonly kind: 'policy';
  readonly parameters: readonly PolicyParameter[];
  readonly items: readonly PolicyItem[];
}

/** `limit_p99: 900ms` */
export interface TunedValue extends Node {
  readonly name: Name;
  readonly value: Expression;
}

/** `tune p where service_id == "search" { limit_p99: 900ms }` */
export interface TuneDeclaration extends Node {
  readonly kind: 'tune';
  readonly doc: readonly string[];
  readonly policy: Name;
  readonly where: Expression;
  readonly values: readonly TunedValue[];
  /** An item of it could not be read and is not in `values`; the mistake has been reported. Absent otherwise. */
  readonly incomplete?: boolean;
}

// Tests

/** What one event carries: `NaN` is sent without a value, `absent` is not sent. */
export type SeriesPoint = QuantityLiteral | BooleanLiteral | SeriesNothing;

export interface SeriesNothing extends Node {
  readonly kind: 'nothing';
  readonly word: 'NaN' | 'absent';
}

/** `2% to 8%`: from the first event of the row to its last, in equal steps by time. */
export interface Ramp extends Node {
  readonly kind: 'ramp';
  readonly from: QuantityLiteral;
  readonly to: QuantityLiteral;
}

/** `[1%, 5%, NaN]`: one after the other, over and over. */
export interface Cycle extends Node {
  readonly kind: 'cycle';
  readonly points: readonly SeriesPoint[];
}

/** `error_rate 2%`, `ready true`, `error_rate 2% to 8%`, `error_rate [1%, 5%]`. A metric not written is absent. */
export interface SeriesValue extends Node {
  readonly metric: Name;
  readonly value: SeriesPoint | Ramp | Cycle;
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
 * `expect blocked by cooldown at 95s` · `expect p rearmed at 95s` · `expect nothing else` · `expect nothing`.
 * `actions` is `null` when no block was written: any actions do.
 */
export interface ExpectDecision extends Node {
  readonly kind: 'expect-decision';
  /** No decision: the policy is ready to fire again. Then there is a policy, and neither gate nor actions. */
  readonly rearmed: boolean;
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
  | TuneDeclaration
  | TestDeclaration
  | ConstDeclaration
  | LetDeclaration;

/** A comment that is not documentation: `// …` to the end of the line. */
export interface Comment extends Node {
  /** With the slashes, without trailing blanks. */
  readonly text: string;
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
