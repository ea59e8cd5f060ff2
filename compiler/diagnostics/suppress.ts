// `// ddl-ignore DDL4003 until 2027-01-01: reason`: a finding that somebody has looked at and let stand, on its own line
// or the next of the canonical layout, so that formatting changes nothing. One that suppresses nothing, an error or what
// nobody knows, lacks a reason or has expired is told itself.

import type { Comment, SourceFile, Span } from '../../grammar/ast.ts';
import { type FormattedLines, formattedLines } from '../../grammar/format.ts';
import { catalogueByCode } from './catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Report } from './reporter.ts';
import { suggest } from './suggest.ts';

/** A finding that is let stand. */
export interface Suppressed {
  readonly diagnostic: Diagnostic;
  readonly reason: string;
  /** Of the comment. */
  readonly span: Span;
}

export interface SuppressionContext {
  /** `2026-12-31`; `null`: nothing has expired. */
  readonly today: string | null;
  /** All rules have run: what suppresses nothing is idle. */
  readonly complete: boolean;
  /** The program was compared with telemetry: without, nothing can be said of drift. */
  readonly compared: boolean;
}

interface Suppression {
  readonly codes: readonly string[];
  readonly until: string | null;
  readonly reason: string;
  readonly span: Span;
  readonly file: string;
  /** The line that it is about, of the canonical layout. */
  readonly line: number;
}

/** Which of the findings are let stand; what is wrong with the comments themselves is reported. */
export function suppress(
  sources: readonly SourceFile[],
  found: readonly Diagnostic[],
  context: SuppressionContext,
  report: Report,
): readonly Suppressed[] {
  const layouts = new Map<string, FormattedLines>();
  const suppressions = sources.flatMap((source) => suppressionsOf(source, layouts, report));
  if (suppressions.length === 0) return [];
  const byPlace = groupByPlace(found, layouts);
  const suppressed: Suppressed[] = [];
  for (const suppression of suppressions) {
    for (const code of suppression.codes) {
      const hit = byPlace.get(`${suppression.file} ${suppression.line} ${code}`) ?? [];
      const expired = suppression.until !== null && context.today !== null && context.today > suppression.until;
      judge(suppression, code, hit, expired, context.complete && (context.compared || !isDrift(code)), report);
      for (const diagnostic of hit)
        if (diagnostic.severity === 'warning') suppressed.push({ diagnostic, ...suppression });
    }
  }
  return suppressed;
}

function isDrift(code: string): boolean {
  return code.startsWith('DDL8');
}

function judge(
  { span, until }: Suppression,
  code: string,
  hit: readonly Diagnostic[],
  expired: boolean,
  complete: boolean,
  report: Report,
): void {
  const known = catalogueByCode.get(code);
  if (known === undefined) {
    report('unknown-suppression', span, { code, near: suggest(code, catalogueByCode.keys()) });
  } else if (known.entry.severity === 'error') {
    report('suppressed-error', span, { code });
  } else if (hit.length === 0) {
    if (complete) report('idle-suppression', span, { code });
  } else if (expired) {
    const related = hit.map((diagnostic) => ({ span: diagnostic.span, message: diagnostic.message }));
    report('expired-suppression', span, { code, until: until ?? '' }, { related });
  }
}

function groupByPlace(
  found: readonly Diagnostic[],
  layouts: ReadonlyMap<string, FormattedLines>,
): ReadonlyMap<string, readonly Diagnostic[]> {
  const byPlace = new Map<string, Diagnostic[]>();
  for (const diagnostic of found) {
    const { file, start } = diagnostic.span;
    const layout = layouts.get(file);
    if (layout === undefined) continue;
    const place = `${file} ${lineOf(start, layout)} ${diagnostic.code}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), diagnostic]);
  }
  return byPlace;
}

/** The line of what began last at or before the offset. */
function lineOf(offset: number, { starts }: FormattedLines): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle]?.offset ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return starts[low - 1]?.line ?? -1;
}

const form = /^\/\/\s*ddl-ignore\s+(DDL\d+(?:\s*,\s*DDL\d+)*)(?:\s+until\s+(\S+?))?\s*(?::\s*(.*))?$/;
/** What was most likely meant to be one. */
const attempt = /^\/\/\s*ddl[-_ ]?ignore\b/i;

/** Adds the layouts of files that have some. */
function suppressionsOf(
  source: SourceFile,
  layouts: Map<string, FormattedLines>,
  report: Report,
): readonly Suppression[] {
  const attempts = source.comments.filter(({ text }) => attempt.test(text));
  if (attempts.length === 0) return [];
  const layout = formattedLines(source);
  layouts.set(source.file, layout);
  return attempts.flatMap((comment) => suppressionOf(comment, source, layout, report) ?? []);
}

function suppressionOf(
  comment: Comment,
  source: SourceFile,
  layout: FormattedLines,
  report: Report,
): Suppression | null {
  const { text, span } = comment;
  const [, codes, until = null, reason = ''] = form.exec(text) ?? [];
  const fault =
    codes === undefined ? 'form' : until !== null && !isDay(until) ? 'date' : reason.trim() === '' ? 'reason' : null;
  if (fault !== null || codes === undefined) {
    report('bad-suppression', span, { fault: fault ?? 'form', until: until ?? '' });
    return null;
  }
  return {
    codes: codes.split(',').map((code) => code.trim()),
    until,
    reason: reason.trim(),
    span,
    file: source.file,
    line: aboutLine(span.start, layout),
  };
}

/** The line on which the comment stands, or when it stands alone the next one that is neither blank nor a comment. */
function aboutLine(offset: number, { starts, comments }: FormattedLines): number {
  const own = comments.get(offset);
  if (own === undefined) return -1;
  return own.ownLine ? (starts.find(({ line }) => line > own.line)?.line ?? -1) : own.line;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
