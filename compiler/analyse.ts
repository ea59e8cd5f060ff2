// The front of the compiler: text in, findings and intermediate representation out. All mistakes of a run are reported,
// none twice. Pure: no files, no clock.

import type { ParseResult, ProgramDeclaration, SourceFile, Span, SyntaxProblem } from '../grammar/ast.ts';
import { parse } from '../grammar/parser.ts';
import { bind } from './1-bind/bind.ts';
import { check } from './2-check/check.ts';
import { lint } from './3-lint/lint.ts';
import type { BooleanIr, ProgramIr } from './4-lower/ir.ts';
import { lower } from './4-lower/lower.ts';
import type { TestPlan } from './4-lower/test-plan.ts';
import { limitCost } from './cost/limit-cost.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { Reporter } from './diagnostics/reporter.ts';
import { type Suppressed, suppress } from './diagnostics/suppress.ts';
import { reportSyntax } from './diagnostics/syntax.ts';
import { findDrift } from './drift/drift.ts';
import type { Telemetry } from './drift/telemetry.ts';
import { Memory } from './memory.ts';
import { noLimits, type ProjectLimits } from './project-limits.ts';
import type { FleetExposure } from './prove/exposure.ts';
import { prove } from './prove/prove.ts';

export interface Analysis {
  readonly sources: readonly SourceFile[];
  /** By file and place. */
  readonly diagnostics: readonly Diagnostic[];
  /** What a comment lets stand; no part of `diagnostics`. */
  readonly suppressed: readonly Suppressed[];
  /** How much of each fleet the program can touch; empty when there is an error. */
  readonly exposures: readonly FleetExposure[];
  /** `null` when there is an error. */
  readonly ir: ProgramIr | null;
  /** The same in the form in which they are run; empty when there is an error. */
  readonly testPlans: readonly TestPlan[];
  /** Where each part of a policy's conditions was written; empty when there is an error. */
  readonly conditionSpans: ReadonlyMap<BooleanIr, Span>;
  /** How many policies are declared. */
  readonly policies: number;
}

/** What a project says of itself, beside its program. */
export interface ProjectSettings {
  /** `2026-12-31`, for what expires; `null`: nothing does. */
  readonly today: string | null;
  readonly limits: ProjectLimits;
}

export const noSettings: ProjectSettings = { today: null, limits: noLimits };

export interface FileText {
  readonly file: string;
  readonly text: string;
}

/** Parses, binds, checks, lints and lowers the files of one program; compares it with `telemetry` when there is any. */
export function analyse(
  files: readonly FileText[],
  telemetry: Telemetry | null = null,
  settings: ProjectSettings = noSettings,
): Analysis {
  return new Analyser(telemetry, settings).analyse(files);
}

/** The same again and again as files change: what did not change is neither parsed nor judged again. */
export class Analyser {
  readonly #telemetry: Telemetry | null;
  readonly #memory = new Memory();
  readonly #settings: ProjectSettings;
  #parsed: ReadonlyMap<string, ParseResult> = new Map();

  constructor(telemetry: Telemetry | null = null, settings: ProjectSettings = noSettings) {
    this.#telemetry = telemetry;
    this.#settings = settings;
  }

  analyse(files: readonly FileText[]): Analysis {
    const parsed = files.map(({ file, text }) => {
      const known = this.#parsed.get(file);
      if (known?.source.text === text) return known;
      const fresh = parse(file, text);
      return known === undefined ? fresh : keepUnchanged(fresh, known.source);
    });
    this.#parsed = new Map(parsed.map((result) => [result.source.file, result]));
    return analyseParsed(
      parsed.map((result) => result.source),
      parsed.flatMap((result) => result.problems),
      this.#memory,
      this.#telemetry,
      this.#settings,
    );
  }
}

/** The new tree with the old one's declarations up to the first difference of the text: the same objects. */
function keepUnchanged(fresh: ParseResult, old: SourceFile): ParseResult {
  const { source } = fresh;
  let same = 0;
  while (same < source.text.length && source.text.charCodeAt(same) === old.text.charCodeAt(same)) same++;
  const declarations = source.declarations.map((declaration, at) => {
    const before = old.declarations[at];
    const { start, end } = declaration.span;
    return before?.kind === declaration.kind && before.span.start === start && before.span.end === end && end < same
      ? before
      : declaration;
  });
  return { ...fresh, source: { ...source, declarations } };
}

/** Declarations that others can see; nobody but a test looks at a policy. */
function isSurrounding(declaration: ProgramDeclaration): boolean {
  return declaration.kind !== 'policy' && declaration.kind !== 'test';
}

/** No more than is needed to run them: the program of files without mistakes of form; `null` when it has an error. */
export function lowerParsed(sources: readonly SourceFile[], memory: Memory = new Memory()): ProgramIr | null {
  const reporter = new Reporter();
  memory.enter(sources.flatMap((source) => source.declarations).filter(isSurrounding));
  const bound = bind(sources, [], memory, reporter.report);
  const checked = check(bound, memory, reporter.report);
  return reporter.errors ? null : lower(sources, bound, checked, memory).ir;
}

/** The same for files that have been parsed. */
export function analyseParsed(
  sources: readonly SourceFile[],
  problems: readonly SyntaxProblem[],
  memory: Memory = new Memory(),
  telemetry: Telemetry | null = null,
  settings: ProjectSettings = noSettings,
): Analysis {
  const reporter = new Reporter();
  reportSyntax(sources, problems, reporter.report);
  memory.enter(sources.flatMap((source) => source.declarations).filter(isSurrounding));
  // A mistake of form may hide a name from any other declaration.
  if (problems.length > 0) memory.forget();
  const bound = bind(sources, problems, memory, reporter.report);
  const checked = check(bound, memory, reporter.report);
  lint(sources, bound, checked, reporter.errors, memory, reporter.report);
  // Drift is no reason against lowering: the program is sound, the world has changed.
  const lowered = reporter.errors ? null : lower(sources, bound, checked, memory);
  const touched = lowered === null ? [] : prove(sources, checked, lowered, settings.limits, memory, reporter.report);
  if (lowered !== null) limitCost(lowered.ir, bound, settings.limits, reporter.report);
  if (telemetry !== null) findDrift(bound, checked, telemetry, reporter.report);
  const context = { today: settings.today, complete: !reporter.errors, compared: telemetry !== null };
  const suppressed = suppress(sources, reporter.sorted(), context, reporter.report);
  const letStand = new Set(suppressed.map(({ diagnostic }) => diagnostic));
  return {
    sources,
    diagnostics: reporter.sorted().filter((diagnostic) => !letStand.has(diagnostic)),
    suppressed,
    exposures: touched,
    // A limit may be broken.
    ir: reporter.errors ? null : (lowered?.ir ?? null),
    testPlans: lowered?.testPlans ?? [],
    conditionSpans: lowered?.conditionSpans ?? new Map(),
    policies: bound.policies.length,
  };
}
