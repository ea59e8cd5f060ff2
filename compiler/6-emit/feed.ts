// Functions that feed the kernels of a schema, before any policy runs, so that no short-circuit can starve a window.

import type { DerivedOutput, KernelName, SchemaMeta } from '../../runtime/contract.ts';
import {
  type DerivedPlan,
  derivedRead,
  type KernelPlan,
  memberColumn,
  pointColumn,
  takesColumn,
  takesMembers,
} from '../4-lower/derived.ts';
import type { PolicyIr } from '../4-lower/ir.ts';
import { isBooleanIr } from '../4-lower/timers.ts';
import { type Code, code, comment, identifier, join, literal } from './code.ts';
import { comparedTwice, numberCode, type Scope, whenFalse, whenTrue } from './expression.ts';
import type { Lines } from './lines.ts';
import { metricName, tagName } from './policy.ts';

/** Kernels per function: enough to share the reads, few enough to be optimised. */
const kernelsPerFunction = 32;

/** As what kernels are called that take more than numbers one by one. */
const kernelTypes: Readonly<Partial<Record<KernelName, Code>>> = {
  across: code` as AcrossKernel`,
  attendance: code` as AcrossKernel`,
  histogram: code` as HistogramKernel`,
  merged: code` as MergedKernel`,
};

export interface FeedInput {
  readonly schema: SchemaMeta;
  readonly kernels: readonly KernelPlan[];
  readonly plan: DerivedPlan;
  readonly policies: readonly PolicyIr[];
}

export interface Feed {
  readonly run: Code;
  /** The keys that need it; `null`: every key. */
  readonly keys: readonly number[] | null;
}

/** Returns the functions, in the order in which they must be called. */
export function emitFeed(input: FeedInput, lines: Lines): readonly Feed[] {
  const { kernels } = input;
  const feeds: Feed[] = [];
  for (let first = 0, end = 0; first < kernels.length; first = end) {
    const { keys } = kernels[first];
    const same = JSON.stringify(keys);
    const source = columnOf(input, kernels[first]);
    end = first + 1;
    while (
      end < kernels.length &&
      end - first < kernelsPerFunction &&
      JSON.stringify(kernels[end].keys) === same &&
      (columnOf(input, kernels[end]) === null) === (source === null) &&
      !readsAcross(input, kernels[end], kernels.slice(first, end))
    )
      end++;
    const run = identifier(`feed_${input.schema.name}_${feeds.length}`);
    if (source === null) emitFunction(input, first, end, run, lines);
    else emitColumns(input, first, end, run, lines);
    feeds.push({ run, keys });
  }
  return feeds;
}

interface Column {
  readonly array: Code;
  readonly width: Code;
  readonly slot: number;
}

/** Where the values of a kernel stand as they are, row by row; `null` when they must be computed or chosen. */
function columnOf(input: FeedInput, { derived, policy }: KernelPlan): Column | null {
  const { input: pushed } = derived;
  if (!takesColumn(derived)) return null;
  if (pushed.op === 'metric')
    return { array: code`values`, width: literal(input.schema.metrics.length), slot: pushed.slot };
  if (pushed.op !== 'derived') return null;
  const slot = input.plan.slot(policy, pushed.index, pushed.output);
  return { array: code`derived`, width: code`batch.derivedWidth`, slot };
}

/** Kernels that take whole columns: rows go through them one after the other, without a call for each. */
function emitColumns(input: FeedInput, first: number, end: number, name: Code, lines: Lines): void {
  lines.typed(
    code`function ${name}(batch: Batch, from: number, to: number, owner: number, kernels: readonly Kernel[]): void {`,
    code`function ${name}(batch, from, to, owner, kernels) {`,
  );
  const columns = input.kernels.slice(first, end).map((kernel) => columnOf(input, kernel) as Column);
  const arrays = [...new Set(columns.map(({ array }) => array.text))].sort();
  lines.add(code`  const { ${join(arrays.map(identifier), ', ')} } = batch;`);
  for (let k = first; k < end; k++) {
    const [kernel, what] = [code`${kernelName(k)} = kernels[${literal(k)}]`, comment(input.kernels[k].meta.label)];
    lines.typed(code`  const ${kernel} as RunKernel; // ${what}`, code`  const ${kernel}; // ${what}`);
  }
  for (const [at, { array, width, slot }] of columns.entries()) {
    const place = literal(input.kernels[first + at].slot);
    lines.add(
      code`  ${kernelName(first + at)}.feed(owner, batch, from, to, ${array}, ${width}, ${literal(slot)}, ${place});`,
    );
  }
  lines.add(code`}`);
  lines.add(code``);
}

function emitFunction(input: FeedInput, first: number, end: number, name: Code, lines: Lines): void {
  const body: Code[] = [];
  const reads: Code[] = [];
  const columns = new Set<string>();
  const known = new Set<string>();
  /** What is written once all rows of one time have been taken. */
  const after: Code[] = [];
  for (let k = first; k < end; k++) emitKernel(input, k, body, reads, columns, known, after);
  lines.typed(
    code`function ${name}(batch: Batch, from: number, to: number, owner: number, kernels: readonly Kernel[]): void {`,
    code`function ${name}(batch, from, to, owner, kernels) {`,
  );
  lines.add(
    code`  const { ${join([code`order`, code`time`, code`derived`, ...[...columns].sort().map((column) => identifier(column))], ', ')} } = batch;`,
  );
  for (let k = first; k < end; k++) {
    const what = comment(input.kernels[k].meta.label);
    const as = kernelTypes[input.kernels[k].meta.kernel] ?? code``;
    lines.typed(
      code`  const ${kernelName(k)} = kernels[${literal(k)}]${as}; // ${what}`,
      code`  const ${kernelName(k)} = kernels[${literal(k)}]; // ${what}`,
    );
  }
  if (after.length > 0) {
    emitByTime(input, reads, body, after, lines);
    return;
  }
  lines.add(code`  for (let i = from; i < to; i++) {`);
  lines.add(code`    const row = order[i];`);
  lines.add(code`    const at = time[row];`);
  lines.add(code`    const base = row * ${literal(input.schema.metrics.length)};`);
  lines.add(code`    const place = row * batch.derivedWidth;`);
  for (const read of reads) lines.add(code`    ${read}`);
  for (const line of body) lines.add(code`    ${line}`);
  lines.add(code`  }`);
  lines.add(code`}`);
  lines.add(code``);
}

/** Rows of one time see the same of all members, so each is taken before anything of that time is written. */
function emitByTime(
  input: FeedInput,
  reads: readonly Code[],
  body: readonly Code[],
  after: readonly Code[],
  lines: Lines,
): void {
  lines.add(code`  for (let i = from; i < to;) {`);
  lines.add(code`    const at = time[order[i]];`);
  lines.add(code`    let end = i;`);
  lines.add(code`    for (; end < to && time[order[end]] === at; end++) {`);
  lines.add(code`      const row = order[end];`);
  lines.add(code`      const base = row * ${literal(input.schema.metrics.length)};`);
  lines.add(code`      const place = row * batch.derivedWidth;`);
  for (const line of [...reads, ...body]) lines.add(code`      ${line}`);
  lines.add(code`    }`);
  lines.add(code`    for (; i < end; i++) {`);
  lines.add(code`      const place = order[i] * batch.derivedWidth;`);
  for (const line of after) lines.add(code`      ${line}`);
  lines.add(code`    }`);
  lines.add(code`  }`);
  lines.add(code`}`);
  lines.add(code``);
}

/** What several members have in common is there only when all rows have gone through the function that computes it. */
function readsAcross(input: FeedInput, reader: KernelPlan, earlier: readonly KernelPlan[]): boolean {
  const read = derivedRead(reader.derived.input).map(({ index, output }) =>
    input.plan.slot(reader.policy, index, output),
  );
  return earlier.some(
    ({ meta, slot }) => takesMembers(meta) && read.some((at) => at >= slot && at < slot + meta.outputs.length),
  );
}

function emitKernel(
  input: FeedInput,
  k: number,
  body: Code[],
  reads: Code[],
  columns: Set<string>,
  known: Set<string>,
  after: Code[],
): void {
  const plan = input.kernels[k];
  const read = (column: string, name: Code, value: Code): Code => {
    columns.add(column);
    if (!known.has(name.text)) {
      known.add(name.text);
      reads.push(code`const ${name} = ${value};`);
    }
    return name;
  };
  let finites = 0;
  const scope: Scope = {
    staleMs: input.schema.staleMs,
    onMissing: 'hold',
    sameTimes: false,
    time: () => code`at`,
    schedule() {
      throw new Error('a schedule stands within a window');
    },
    comparedTwice: comparedTwice([plan.derived.where, plan.derived.input]),
    metric: (slot) =>
      read('values', metricName(input.schema.metrics[slot].name), code`values[base + ${literal(slot)}]`),
    derived: (index, output) =>
      code`derived[place + ${literal(input.plan.slot(plan.policy, index, output as DerivedOutput))}]`,
    tag(tag) {
      if (tag < 0) {
        columns.add('key');
        return code`key[row]`;
      }
      return read(
        'tags',
        tagName(input.schema, tag),
        code`tags[row * ${literal(input.schema.tags.length)} + ${literal(tag)}]`,
      );
    },
    tagValue: (tag, value) => JSON.stringify((tag < 0 ? input.schema.key : input.schema.tags[tag]).literals[value]),
    chosen(name, value) {
      const local = identifier(`${name}_parameter${k}_${finites++}`);
      body.push(code`const ${local} = ${value};`);
      return local;
    },
    finite(value) {
      const name = identifier(`value${k}_${finites++}`);
      body.push(code`let ${name} = ${value};`);
      body.push(code`if (${name} - ${name} !== 0) ${name} = Number.NaN; // not finite is unknown`);
      return name;
    },
  };
  const { input: pushed, where } = plan.derived;
  const value =
    plan.meta.kernel === 'attendance' && plan.meta.member !== undefined
      ? scope.tag(plan.meta.member)
      : isBooleanIr(pushed)
        ? code`${whenTrue(pushed, scope)} ? 1 : ${whenFalse(pushed, scope)} ? 0 : Number.NaN`
        : numberCode(pushed, scope);
  const chosen = where === null ? value : code`${whenTrue(where, scope)} ? (${value}) : Number.NaN`;
  const kernel = kernelName(k);
  const owner = plan.meta.member === undefined ? code`owner` : memberRead(input, plan.meta.member, read);
  const out = code`derived, place + ${literal(plan.slot)}`;
  if (plan.meta.kernel === 'across' || plan.meta.kernel === 'attendance') {
    body.push(code`${kernel}.take(owner, ${owner}, at, ${chosen});`);
    after.push(code`${kernel}.push(owner, at, Number.NaN, ${out});`);
  } else if (pushed.op === 'metric' && (plan.meta.kernel === 'histogram' || plan.meta.kernel === 'merged')) {
    columns.add('points');
    const point = code`points[row * batch.pointWidth + ${literal(pointColumn(input.schema, pushed.slot))}]`;
    const observed = where === null ? point : code`${whenTrue(where, scope)} ? ${point} : null`;
    if (plan.meta.kernel === 'merged') {
      body.push(code`${kernel}.take(owner, ${owner}, at, ${observed});`);
      after.push(code`${kernel}.push(owner, at, Number.NaN, ${out});`);
    } else body.push(code`${kernel}.observe(${owner}, at, ${observed}, ${out});`);
  } else body.push(code`${kernel}.push(${owner}, at, ${chosen}, ${out});`);
}

/** The number of the row's member by the tag at that position. */
function memberRead(input: FeedInput, tag: number, read: (column: string, name: Code, value: Code) => Code): Code {
  const column = literal(memberColumn(input.schema, tag));
  return read('members', identifier(`member${tag}`), code`members[row * batch.memberWidth + ${column}]`);
}

function kernelName(k: number): Code {
  return identifier(`kernel${k}`);
}
