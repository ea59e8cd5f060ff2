// An imported rule as a policy, and its tests, in text that the formatter then lays out.

import { formatExpression } from '../../../grammar/format-expression.ts';
import { writeString } from '../../../grammar/literals.ts';
import { oneLine } from '../names.ts';
import type { RuleCondition } from './rule-condition.ts';
import type { AlertRule } from './rule-file.ts';

/** Words for severity that alert rules use, and the one of the language for each. */
const severities: Readonly<Record<string, string>> = {
  info: 'info',
  information: 'info',
  informational: 'info',
  none: 'info',
  warning: 'warning',
  warn: 'warning',
  minor: 'warning',
  ticket: 'warning',
  critical: 'critical',
  crit: 'critical',
  error: 'critical',
  major: 'critical',
  page: 'critical',
};

export function policyText(rule: AlertRule, name: string, schema: string, { where, when }: RuleCondition): string {
  const { labels, annotations } = rule;
  const severity = severities[(labels.severity ?? '').toLowerCase()];
  const title =
    annotations.summary ?? annotations.message ?? annotations.title ?? annotations.description ?? rule.alert;
  const owner = labels.team ?? labels.owner;
  const runbook = annotations.runbook_url ?? annotations.runbook ?? annotations.runbookUrl;
  return [
    ...docLines(rule),
    `policy ${name} {`,
    `  title ${writeString(oneLine(title))}`,
    ...(owner === undefined || owner === '' ? [] : [`  owner ${writeString(oneLine(owner))}`]),
    ...(runbook === undefined || runbook === '' ? [] : [`  runbook ${writeString(oneLine(runbook))}`]),
    '',
    `  on ${schema}${where === null ? '' : ` where ${formatExpression(where, '')}`}`,
    '  // ddl-ignore DDL4040: to Prometheus what is not there is not so',
    '  on missing treat_as false',
    `  when ${formatExpression(when, '')}`,
    '',
    `  do notify(${severity === undefined ? '' : `severity: ${severity}`})`,
    '}',
  ].join('\n');
}

/** The longest line of a comment; expressions are broken at blanks. */
const widthMax = 110;

function docLines({ alert, group, file, expression, labels }: AlertRule): readonly string[] {
  const others = Object.entries(labels).filter(([name]) => !['severity', 'team', 'owner'].includes(name));
  return [
    `Imported from the alert rule ${quoted(alert)} of group ${quoted(group)} in ${quoted(file)}:`,
    ...broken(oneLine(expression)).map((line) => `  ${line}`),
    ...(others.length === 0
      ? []
      : broken(`Labels: ${others.map(([name, value]) => `${name}=${oneLine(value)}`).join(', ')}`)),
  ].map((line) => `/// ${line}`);
}

function quoted(text: string): string {
  return `\`${oneLine(text)}\``;
}

function broken(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > widthMax) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
