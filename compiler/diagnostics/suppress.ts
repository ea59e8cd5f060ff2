// `// ddl-ignore DDL4003 until 2027-01-01: reason`: a finding that somebody has looked at and let stand, on its own line
// or the next. One that suppresses nothing, an error or what nobody knows, lacks a reason or has expired is told itself.

import type { Comment, SourceFile, Span } from '../../grammar/ast.ts';
import { catalogueByCode } from './catalogue.ts';
import type { Diagnostic } from './diagnostic.ts';
import { LineIndex } from './position.ts';
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
  /** The line that it is about. */
  readonly line: number;
}

/** Which of the findings are let stand; what is wrong with the comments themselves is reported. */
export function suppress(
  sources: readonly SourceFile[],
  found: readonly Diagnostic[],
  context: SuppressionContext,
  report: Report,
): readonly Suppressed[] {
  const suppressions = sources.flatMap((source) => suppressionsOf(source, report));
  if (suppressions.length === 0) return [];
  const indexes = new Map(sources.map(({ file, text }) => [file, () => new LineIndex(text)]));
  const byPlace = groupByPlace(found, new Set(suppressions.map(({ file }) => file)), indexes);
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
  files: ReadonlySet<string>,
  indexes: ReadonlyMap<string, () => LineIndex>,
): ReadonlyMap<string, readonly Diagnostic[]> {
  const lines = new Map<string, LineIndex>();
  const byPlace = new Map<string, Diagnostic[]>();
  for (const diagnostic of found) {
    const { file, start } = diagnostic.span;
    if (!files.has(file)) continue;
    const index = lines.get(file) ?? indexes.get(file)?.();
    if (index === undefined) continue;
    lines.set(file, index);
    const place = `${file} ${index.position(start).line} ${diagnostic.code}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), diagnostic]);
  }
  return byPlace;
}

const form = /^\/\/\s*ddl-ignore\s+(DDL\d+(?:\s*,\s*DDL\d+)*)(?:\s+until\s+(\S+?))?\s*(?::\s*(.*))?$/;
/** What was most likely meant to be one. */
const attempt = /^\/\/\s*ddl[-_ ]?ignore\b/i;

function suppressionsOf(source: SourceFile, report: Report): readonly Suppression[] {
  const attempts = source.comments.filter(({ text }) => attempt.test(text));
  if (attempts.length === 0) return [];
  const index = new LineIndex(source.text);
  return attempts.flatMap((comment) => suppressionOf(comment, source, index, report) ?? []);
}

function suppressionOf(comment: Comment, source: SourceFile, index: LineIndex, report: Report): Suppression | null {
  const { text, span, ownLine } = comment;
  const [, codes, until = null, reason = ''] = form.exec(text) ?? [];
  const fault =
    codes === undefined ? 'form' : until !== null && !isDay(until) ? 'date' : reason.trim() === '' ? 'reason' : null;
  if (fault !== null || codes === undefined) {
    report('bad-suppression', span, { fault: fault ?? 'form', until: until ?? '' });
    return null;
  }
  const own = index.position(span.start).line;
  return {
    codes: codes.split(',').map((code) => code.trim()),
    until,
    reason: reason.trim(),
    span,
    file: source.file,
    line: ownLine ? nextLine(own, index) : own,
  };
}

/** The next line that is neither blank nor a comment. */
function nextLine(line: number, index: LineIndex): number {
  let next = line + 1;
  while (next < index.lines && /^\s*(?:\/\/.*)?$/.test(index.line(next))) next++;
  return next;
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const ms = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
