// One policy as one function over a run of rows of one key, its state in locals; one clause, one line.

import type { SchemaMeta, StateSlot } from '../../runtime/contract.ts';
import { describeBoolean } from '../4-lower/describe.ts';
import type { BooleanIr, PolicyIr } from '../4-lower/ir.ts';
import { helpingTimers, policyTimers, stateSlots, type Timer } from '../4-lower/timers.ts';
import { type Code, code, comment, identifier, isReserved, join, literal, quoted } from './code.ts';
import { comparedTwice, numberCode, type Scope, timer, whenFalse, whenTrue } from './expression.ts';
import { guardOf } from './guard.ts';
import type { Lines, Origin } from './lines.ts';

export interface PolicyInput {
  readonly index: number;
  readonly policy: PolicyIr;
  readonly schema: SchemaMeta;
  /** Derived slot of an output of the policy. */
  readonly derivedSlot: (index: number, output: string) => number;
  /** Rows have been chosen by key already; `where` holds. */
  readonly bound: boolean;
  /** Say which rows can matter. */
  readonly guarded: boolean;
}

export interface PolicyNames {
  readonly run: Code;
  readonly explain: Code;
  readonly due: Code | null;
  readonly guard: Code | null;
}

export function emitPolicy(input: PolicyInput, name: Code, lines: Lines): PolicyNames {
  const origin = originOf(input.policy.meta.source);
  lines.origin = origin;
  const names = {
    run: name,
    explain: identifier(`explain_${name.text}`),
    due: policyTimers(input.policy).some((entry) => entry.op === 'missing-for') ? identifier(`due_${name.text}`) : null,
    guard: input.guarded ? guardCode(input) : null,
  };
  emitRun(input, names.run, origin, lines);
  emitExplain(input, names.explain, origin, lines);
  if (names.due !== null) emitDue(input, names.due, lines);
  lines.origin = null;
  return names;
}

/** What a function reads, found out while its conditions are turned into code. */
class FunctionScope implements Scope {
  readonly staleMs: number;
  readonly metrics = new Set<number>();
  readonly deriveds = new Map<number, Code>();
  readonly tags = new Set<number>();
  readonly finites = new Map<string, Code>();
  readonly comparedTwice: ReadonlySet<string>;
  readonly #input: PolicyInput;

  constructor(input: PolicyInput) {
    this.#input = input;
    this.staleMs = input.schema.staleMs;
    this.comparedTwice = comparedTwice([input.policy.where, input.policy.when, input.policy.until]);
  }

  metric(slot: number): Code {
    this.metrics.add(slot);
    return metricName(this.#input.schema.metrics[slot].name);
  }

  derived(index: number, output: string): Code {
    const slot = this.#input.derivedSlot(index, output);
    const { meta } = this.#input.policy.derived[index];
    const known = this.deriveds.get(slot);
    if (known !== undefined) return known;
    const name = identifier(`${output === 'value' ? meta.kernel : output}_${slot}`);
    this.deriveds.set(slot, name);
    return name;
  }

  tag(tag: number): Code {
    this.tags.add(tag);
    return tag < 0 ? code`key[row]` : identifier(`${this.#input.schema.tags[tag].name}_tag`);
  }

  tagValue(tag: number, value: number): string {
    return JSON.stringify((tag < 0 ? this.#input.schema.key : this.#input.schema.tags[tag]).literals[value]);
  }

  finite(value: Code): Code {
    const known = this.finites.get(value.text);
    if (known !== undefined) return known;
    const name = identifier(`value${this.finites.size}_`);
    this.finites.set(value.text, name);
    this.#order.push([name, value]);
    return name;
  }

  readonly #order: [Code, Code][] = [];

  /** Lines that read what the conditions need; `row` and `at` are in scope. */
  reads(): readonly Code[] {
    const { schema } = this.#input;
    const lines: Code[] = [];
    for (const tag of [...this.tags].filter((entry) => entry >= 0).sort((a, b) => a - b)) {
      lines.push(code`const ${this.tag(tag)} = tags[row * ${literal(schema.tags.length)} + ${literal(tag)}];`);
    }
    for (const slot of [...this.metrics].sort((a, b) => a - b)) {
      lines.push(code`const ${this.metric(slot)} = ${metricAt(slot)};`);
    }
    for (const [slot, name] of this.deriveds) {
      lines.push(code`const ${name} = derived[row * batch.derivedWidth + ${literal(slot)}];`);
    }
    for (const [name, value] of this.#order) {
      lines.push(code`let ${name} = ${value};`);
      lines.push(code`if (${name} - ${name} !== 0) ${name} = Number.NaN; // not finite is unknown`);
    }
    return lines;
  }

  columns(): readonly Code[] {
    return [
      ...(this.metrics.size > 0 ? [code`values`] : []),
      ...(this.deriveds.size > 0 ? [code`derived`] : []),
      ...([...this.tags].some((tag) => tag >= 0) ? [code`tags`] : []),
      ...(this.tags.has(-1) ? [code`key`] : []),
    ];
  }
}

/** Parameters and constants of generated functions. */
const locals: ReadonlySet<string> = new Set(
  (
    'batch from to state offset sink order time values lacks tags key derived i row at base slot place active ' +
    'fired last out due again owner kernels'
  ).split(' '),
);

/** Names that generated functions number. */
const numbered =
  /^(?:(?:since|seen|present|due|kernel)\d+|value\d+_\d*|(?:avg|sum|count|min|max|hold|increase|rate)_\d+|.*_tag)$/;

/**
 * A metric's name as a local constant. Two metrics never get the same one: who ends in `_metric` behind a name that
 * needs the ending gets it once more.
 */
export function metricName(name: string): Code {
  const stem = name.replace(/(?:_metric)+$/, '');
  const taken = isReserved(stem) || locals.has(stem) || numbered.test(stem);
  return identifier(taken ? `${name}_metric` : name);
}

function metricAt(slot: number): Code {
  return slot === 0 ? code`values[base]` : code`values[base + ${literal(slot)}]`;
}

function emitRun(input: PolicyInput, name: Code, origin: Origin, lines: Lines): void {
  const { policy, schema, index } = input;
  const { meta } = policy;
  const scope = new FunctionScope(input);
  const where = policy.where === null || input.bound ? null : whenTrue(policy.where, scope);
  const timers = policyTimers(policy);
  const ticks = timers.some((entry) => entry.op === 'missing-for');
  const updates = timers.map((entry) => ({ entry, text: updateTimer(entry, scope) }));
  const fires = whenTrue(policy.when, scope);
  const ends = policy.until === null ? whenFalse(policy.when, scope) : whenTrue(policy.until, scope);
  const slots = stateSlots(policy);
  const reads = scope.reads();
  const columns = [code`order`, code`time`, ...scope.columns()];
  if (meta.requires.length > 0 && !scope.metrics.size) columns.push(code`values`);
  if (meta.requires.length > 0) columns.push(code`lacks`);
  const local = (slot: StateSlot): Code => stateName(slot);

  lines.add(code`/** ${comment(meta.source)} ${comment(meta.name)}: ${comment(meta.title)} */`);
  lines.typed(
    code`function ${name}(batch: Batch, from: number, to: number, state: Float64Array, offset: number, sink: Sink): void {`,
    code`function ${name}(batch, from, to, state, offset, sink) {`,
  );
  lines.add(code`  const { ${join(columns, ', ')} } = batch;`);
  for (const [at, slot] of slots.entries()) lines.add(code`  let ${local(slot)} = ${stateAt(at)};`);
  lines.add(code`  for (let i = from; i < to; i++) {`);
  lines.add(code`    const row = order[i];`);
  lines.add(code`    const at = time[row];`);
  if (columns.some((column) => column.text === 'values'))
    lines.add(code`    const base = row * ${literal(schema.metrics.length)};`);
  for (const read of reads) lines.add(code`    ${read}`);
  if (where !== null) {
    const text = comment(describeBoolean(policy.where ?? { op: 'constant', value: true }, policy, schema));
    lines.add(
      ticks
        ? code`    if (!batch.tick && !(${where})) continue; // where ${text}`
        : code`    if (!(${where})) continue; // where ${text}`,
    );
  }
  const missing = updates.filter(({ entry }) => entry.op === 'missing-for');
  // Presence is noted before the row can be skipped for lack of another metric.
  for (const { entry, text } of missing)
    lines.add(code`    ${text} // ${describeTimer(entry, input)}`, lineOf(entry, input, origin));
  if (ticks) lines.add(code`    last = at;`);
  if (meta.requires.length > 0) {
    const absent = meta.requires.map((slot) => code`${metricAt(slot)} !== ${metricAt(slot)}`);
    lines.add(code`    if (lacks[row] !== 0 && (${join(absent, ' || ')})) {`);
    lines.add(code`      sink.skip(${literal(index)}, row);`);
    lines.add(code`      continue;`);
    lines.add(code`    }`);
  }
  for (const { entry, text } of updates) {
    if (entry.op === 'for')
      lines.add(code`    ${text} // ${describeTimer(entry, input)}`, lineOf(entry, input, origin));
  }
  const pending = pendingAt(policy.when);
  lines.add(code`    if (active === 0) {`);
  lines.add(code`      if (${fires}) { // when ${comment(policy.whenText)}`);
  lines.add(code`        active = 1;`);
  lines.add(code`        if (!(at - fired < ${literal(meta.cooldownMs)})) fired = at;`);
  lines.add(code`        sink.fire(${literal(index)}, row, at, 0, ${pending});`);
  lines.add(code`      }`);
  lines.add(
    policy.untilText === null
      ? code`    } else if (${ends}) {`
      : code`    } else if (${ends}) { // until ${comment(policy.untilText)}`,
  );
  lines.add(code`      active = 0;`);
  lines.add(code`      sink.rearm(${literal(index)}, row, at);`);
  lines.add(code`    } else if (at - fired >= ${literal(meta.cooldownMs)} && ${fires}) { // again after the cooldown`);
  lines.add(code`      fired = at;`);
  lines.add(code`      sink.fire(${literal(index)}, row, at, 1, ${pending});`);
  lines.add(code`    }`);
  lines.add(code`  }`);
  for (const [at, slot] of slots.entries()) lines.add(code`  ${stateAt(at)} = ${local(slot)};`);
  lines.add(code`}`);
  lines.add(code``);
}

/** The guard as a literal; `null` when there is none. */
function guardCode(input: PolicyInput): Code | null {
  const guard = guardOf(input);
  if (guard === null) return null;
  const groups = guard.map((group) => {
    const tests = group.map(
      ([slot, comparator, value]) => code`[${literal(slot)}, ${quoted(comparator)}, ${literal(value)}]`,
    );
    return code`[${join(tests, ', ')}]`;
  });
  return code`[${join(groups, ', ')}]`;
}

function emitExplain(input: PolicyInput, name: Code, origin: Origin, lines: Lines): void {
  const { policy, schema } = input;
  const scope = new FunctionScope(input);
  const measured = policy.clauses.map((clause) =>
    clause.measured === null ? null : numberCode(clause.measured, scope),
  );
  lines.typed(
    code`function ${name}(batch: Batch, row: number, out: Float64Array): void {`,
    code`function ${name}(batch, row, out) {`,
  );
  const columns = scope.columns();
  if (columns.length > 0) lines.add(code`  const { ${join(columns, ', ')} } = batch;`);
  if (scope.metrics.size > 0) lines.add(code`  const base = row * ${literal(schema.metrics.length)};`);
  for (const read of scope.reads()) lines.add(code`  ${read}`);
  for (const [at, value] of measured.entries()) {
    const clause = policy.meta.clauses[at];
    lines.add(code`  out[${literal(at)}] = ${value ?? literal(Number.NaN)}; // ${comment(clause.text)}`, {
      file: origin.file,
      line: clause.line,
    });
  }
  lines.add(code`}`);
  lines.add(code``);
}

function emitDue(input: PolicyInput, name: Code, lines: Lines): void {
  const { policy, schema } = input;
  const slots = stateSlots(policy);
  const place = (kind: StateSlot['kind'], number = -1): Code =>
    stateAt(slots.findIndex((slot) => slot.kind === kind && (!('timer' in slot) || slot.timer === number)));
  lines.typed(
    code`function ${name}(state: Float64Array, offset: number): number {`,
    code`function ${name}(state, offset) {`,
  );
  lines.add(code`  const last = ${place('last-row')};`);
  lines.add(code`  let due = Number.POSITIVE_INFINITY;`);
  for (const entry of policyTimers(policy)) {
    if (entry.op !== 'missing-for') continue;
    const when = identifier(`due${entry.timer}`);
    lines.add(
      code`  const ${when} = ${place('last-present', entry.timer)} + ${literal(entry.durationMs)}; // ${comment(describeBoolean(entry, policy, schema))}`,
    );
    lines.add(code`  if (${when} > last && ${when} < due) due = ${when};`);
  }
  lines.add(
    code`  const again = ${place('last-fired')} + ${literal(policy.meta.cooldownMs)}; // again after the cooldown`,
  );
  lines.add(code`  if (${place('active')} !== 0 && again > last && again < due) due = again;`);
  lines.add(code`  return due;`);
  lines.add(code`}`);
  lines.add(code``);
}

function updateTimer(entry: Timer, scope: FunctionScope): Code {
  if (entry.op === 'missing-for') {
    const present = timer('present', entry.timer);
    const metric = scope.metric(entry.slot);
    return code`if (${metric} === ${metric} || ${present} !== ${present}) ${present} = at;`;
  }
  const since = timer('since', entry.timer);
  const seen = timer('seen', entry.timer);
  const yes = whenTrue(entry.condition, scope);
  const no = whenFalse(entry.condition, scope);
  return code`if (${yes}) { if (!(at - ${seen} <= ${literal(scope.staleMs)})) ${since} = at; ${seen} = at; } else if (${no}) ${seen} = Number.NEGATIVE_INFINITY;`;
}

/** Since when the condition has held: the earliest beginning among the timers that make it true. */
function pendingAt(when: BooleanIr): Code {
  const starts = helpingTimers(when).map((entry) =>
    entry.op === 'for'
      ? code`${timer('seen', entry.timer)} === at && at - ${timer('since', entry.timer)} >= ${literal(entry.durationMs)} ? ${timer('since', entry.timer)} : at`
      : code`at - ${timer('present', entry.timer)} >= ${literal(entry.durationMs)} ? ${timer('present', entry.timer)} : at`,
  );
  if (starts.length === 0) return code`at`;
  return starts.length === 1 ? starts[0] : code`Math.min(${join(starts, ', ')})`;
}

function stateName(slot: StateSlot): Code {
  switch (slot.kind) {
    case 'active':
      return code`active`;
    case 'last-fired':
      return code`fired`;
    case 'last-row':
      return code`last`;
    case 'since':
    case 'seen':
      return timer(slot.kind, slot.timer);
    case 'last-present':
      return timer('present', slot.timer);
  }
}

function stateAt(place: number): Code {
  return place === 0 ? code`state[offset]` : code`state[offset + ${literal(place)}]`;
}

function describeTimer(entry: Timer, input: PolicyInput): Code {
  return comment(describeBoolean(entry, input.policy, input.schema));
}

/** The source line of the clause that a timer belongs to, when one clause is that timer. */
function lineOf(entry: Timer, input: PolicyInput, origin: Origin): Origin {
  const text = describeBoolean(entry, input.policy, input.schema);
  const clause = input.policy.meta.clauses.find((candidate) => candidate.text === text);
  return clause === undefined ? origin : { file: origin.file, line: clause.line };
}

function originOf(source: string): Origin {
  const colon = source.lastIndexOf(':');
  return { file: source.slice(0, colon), line: Number(source.slice(colon + 1)) };
}
