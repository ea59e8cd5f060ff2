// One policy as one function over a run of rows of one key, its state in locals; one clause, one line.

import type { SchemaMeta } from '../../runtime/contract.ts';
import { describeBoolean, describeSchedule } from '../4-lower/describe.ts';
import type { OnMissing, PolicyIr, ScheduleIr } from '../4-lower/ir.ts';
import { isTicking, policyTimers, stateSlots, type Timer } from '../4-lower/timers.ts';
import { type Code, code, comment, identifier, isReserved, join, literal, quoted } from './code.ts';
import { emitDue } from './due.ts';
import { comparedTwice, numberCode, type Scope, whenFalse, whenTrue } from './expression.ts';
import { guardOf } from './guard.ts';
import type { Lines, Origin } from './lines.ts';
import { pendingAt, stateAt, stateName, updateTimer } from './timers.ts';

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
  /** The module's name for a schedule. */
  readonly scheduleName: (schedule: ScheduleIr) => Code;
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
    due: isTicking(input.policy) ? identifier(`due_${name.text}`) : null,
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
  readonly onMissing: OnMissing;
  readonly sameTimes: boolean;
  readonly schedules = new Map<string, { readonly name: Code; readonly schedule: ScheduleIr }>();
  readonly metrics = new Set<number>();
  readonly deriveds = new Map<number, Code>();
  readonly tags = new Set<number>();
  readonly finites = new Map<string, Code>();
  readonly comparedTwice: ReadonlySet<string>;
  readonly #input: PolicyInput;

  constructor(input: PolicyInput) {
    this.#input = input;
    this.staleMs = input.schema.staleMs;
    this.onMissing = input.policy.onMissing;
    this.sameTimes = input.schema.tags.some(({ most }) => most !== undefined);
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
    return tag < 0 ? code`key[row]` : tagName(this.#input.schema, tag);
  }

  tagValue(tag: number, value: number): string {
    return JSON.stringify((tag < 0 ? this.#input.schema.key : this.#input.schema.tags[tag]).literals[value]);
  }

  time(): Code {
    return code`batch.time[row]`;
  }

  schedule(schedule: ScheduleIr): Code {
    const place = this.#input.scheduleName(schedule).text;
    const name = this.schedules.get(place)?.name ?? identifier(`open${this.schedules.size}`);
    this.schedules.set(place, { name, schedule });
    return name;
  }

  finite(value: Code): Code {
    const known = this.finites.get(value.text);
    if (known !== undefined) return known;
    const name = identifier(`value${this.finites.size}_`);
    this.finites.set(value.text, name);
    this.#order.push(
      code`let ${name} = ${value};`,
      code`if (${name} - ${name} !== 0) ${name} = Number.NaN; // not finite is unknown`,
    );
    return name;
  }

  chosen(name: string, value: Code): Code {
    const known = this.finites.get(value.text);
    if (known !== undefined) return known;
    const local = identifier(`${name}_parameter`);
    this.finites.set(value.text, local);
    this.#order.push(code`const ${local} = ${value};`);
    return local;
  }

  readonly #order: Code[] = [];

  /** Lines that read what the conditions need; `row` and `at` are in scope. */
  reads(): readonly Code[] {
    const { schema, scheduleName } = this.#input;
    const lines: Code[] = [];
    for (const { name, schedule } of this.schedules.values()) {
      lines.push(code`const ${name} = ${scheduleName(schedule)}_open(at); // ${comment(describeSchedule(schedule))}`);
    }
    for (const tag of [...this.tags].filter((entry) => entry >= 0).sort((a, b) => a - b)) {
      lines.push(code`const ${this.tag(tag)} = tags[row * ${literal(schema.tags.length)} + ${literal(tag)}];`);
    }
    for (const slot of [...this.metrics].sort((a, b) => a - b)) {
      lines.push(code`const ${this.metric(slot)} = ${metricAt(slot)};`);
    }
    for (const [slot, name] of this.deriveds) {
      lines.push(code`const ${name} = derived[row * batch.derivedWidth + ${literal(slot)}];`);
    }
    return [...lines, ...this.#order];
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
    'fired last out due again owner kernels members points end'
  ).split(' '),
);

/** Names that generated functions number. */
const numbered =
  /^(?:(?:since|seen|held|present|true|unknown|doubt|began|then|open|due|kernel|member)\d+|schedule\d+_open|value\d+_\d*|(?:avg|sum|count|stddev|min|max|first|last|delta|changes|hold|increase|rate|extrapolated|extrapolatedDelta|extrapolatedRate|latestRate|slope|fitted|ewma|recent|share|least|greatest)_\d+|quantile_[\d_]+|.*_tag|.*_like\d+|.*_parameter(?:\d+_\d+)?)$/;

/**
 * A metric's name as a local constant. Two metrics never get the same one: who ends in `_metric` behind a name that
 * needs the ending gets it once more.
 */
export function metricName(name: string): Code {
  const stem = name.replace(/(?:_metric)+$/, '');
  const taken = isReserved(stem) || locals.has(stem) || numbered.test(stem);
  return identifier(taken ? `${name}_metric` : name);
}

/** A tag's id as a local constant, or the answer to a pattern of `like`. */
export function tagName({ tags }: SchemaMeta, tag: number): Code {
  const { name, pattern } = tags[tag];
  if (pattern === undefined) return identifier(`${name}_tag`);
  return identifier(`${pattern.tag < 0 ? 'key' : tags[pattern.tag].name}_like${tag}`);
}

function metricAt(slot: number): Code {
  return slot === 0 ? code`values[base]` : code`values[base + ${literal(slot)}]`;
}

function emitRun(input: PolicyInput, name: Code, origin: Origin, lines: Lines): void {
  const { policy, schema, index } = input;
  const { meta } = policy;
  const scope = new FunctionScope(input);
  const where = policy.where === null || input.bound ? null : whenTrue(policy.where, scope);
  const ticks = isTicking(policy);
  const updates = policyTimers(policy).map((entry) => ({ entry, texts: updateTimer(entry, ticks, scope) }));
  const fires = whenTrue(policy.when, scope);
  const ends = policy.until === null ? whenOver(policy, fires, ticks, scope) : whenTrue(policy.until, scope);
  const slots = stateSlots(policy);
  const reads = scope.reads();
  const columns = [code`order`, code`time`, ...scope.columns()];
  if (meta.requires.length > 0 && !scope.metrics.size) columns.push(code`values`);
  if (meta.requires.length > 0) columns.push(code`lacks`);

  lines.add(code`/** ${comment(meta.source)} ${comment(meta.name)}: ${comment(meta.title)} */`);
  lines.typed(
    code`function ${name}(batch: Batch, from: number, to: number, state: Float64Array, offset: number, sink: Sink): void {`,
    code`function ${name}(batch, from, to, state, offset, sink) {`,
  );
  lines.add(code`  const { ${join(columns, ', ')} } = batch;`);
  for (const [at, slot] of slots.entries()) lines.add(code`  let ${stateName(slot)} = ${stateAt(at)};`);
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
  const addUpdates = (early: boolean): void => {
    for (const { entry, texts } of updates) {
      if ((entry.op === 'missing-for') !== early) continue;
      for (const text of texts)
        lines.add(code`    ${text} // ${describeTimer(entry, input)}`, lineOf(entry, input, origin));
    }
  };
  // Presence is noted before the row can be skipped for lack of another metric.
  addUpdates(true);
  if (ticks) lines.add(code`    last = at;`);
  if (meta.requires.length > 0) {
    const absent = meta.requires.map((slot) => code`${metricAt(slot)} !== ${metricAt(slot)}`);
    lines.add(code`    if (lacks[row] !== 0 && (${join(absent, ' || ')})) {`);
    lines.add(code`      sink.skip(${literal(index)}, row);`);
    lines.add(code`      continue;`);
    lines.add(code`    }`);
  }
  addUpdates(false);
  const pending = pendingAt(policy.when, scope);
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
  for (const [at, slot] of slots.entries()) lines.add(code`  ${stateAt(at)} = ${stateName(slot)};`);
  lines.add(code`}`);
  lines.add(code``);
}

/** When the condition is taken for false; a deadline knows of no metric, so nothing is read into that. */
function whenOver(policy: PolicyIr, fires: Code, ticks: boolean, scope: Scope): Code {
  if (policy.onMissing !== 'treat_as false') return whenFalse(policy.when, scope);
  return ticks ? code`(batch.tick ? ${whenFalse(policy.when, scope)} : !(${fires}))` : code`!(${fires})`;
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
