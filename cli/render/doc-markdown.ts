// The documentation of a program as Markdown with Mermaid diagrams, as code hosts show it. Authors' texts are escaped:
// they can't become links, headings, tables or HTML.

import { type DocFleet, type DocPolicy, type DocProgram, type DocSchema, docExtent } from '../doc/doc-model.ts';
import { mermaidDiagram } from './doc-mermaid.ts';
import { visibleText } from './text-width.ts';

export function renderDocMarkdown(program: DocProgram): string {
  const { name, policies, schemas, fleets } = program;
  const overview = policies.map(({ name: policy, title, mode, owner, reach }) => [
    `[${plain(title)}](#policy-${policy})`,
    mode,
    plain(owner),
    reach.length === 0 ? 'no fleet' : reach.map(plain).join('; '),
  ]);
  return [
    `# Policies of ${plain(name)}`,
    `${docExtent(program)}. Made by \`ddlc doc\` from the sources; change those.`,
    table(['policy', 'mode', 'owner', 'can touch'], overview),
    '## Policies',
    ...policies.map(policySection),
    '## Fleets',
    ...(fleets.length === 0 ? ['None is declared.'] : fleets.map(fleetSection)),
    '## Schemas',
    ...schemas.map(schemaSection),
    '',
  ].join('\n\n');
}

function policySection(policy: DocPolicy): string {
  const { name, title, mode, owner, runbook, source, schema, about, where, when, until } = policy;
  const { parameters, diagram, clauses, gates, actions, reach, tests, cost } = policy;
  return [
    `<a id="policy-${name}"></a>`,
    `### ${plain(title)}`,
    `${code(name)} · mode **${mode}** · on ${code(schema)} · ${owner === '' ? 'no owner' : `owner ${plain(owner)}`} · ${runbook === '' ? 'no runbook' : `runbook ${link(runbook)}`} · ${code(source)}`,
    ...(about.length === 0 ? [] : [plain(about.join(' ').trim())]),
    ...(where === null ? [] : ['**Only where**', fence(where, 'ddl')]),
    '**When**',
    fence(when, 'ddl'),
    ...(until === null ? [] : ['**Until**', fence(until, 'ddl')]),
    ...(parameters.length === 0
      ? []
      : [
          table(
            ['parameter', 'value', 'where'],
            parameters.map(([parameter, value, place]) => [
              code(parameter),
              code(value),
              place === '' ? 'elsewhere' : code(place),
            ]),
          ),
        ]),
    fence(mermaidDiagram(diagram).trimEnd(), 'mermaid'),
    table(
      ['action', 'target', 'with'],
      actions.map(([action, target, rest]) => [code(action), target === '' ? '' : code(target), plain(rest)]),
    ),
    ...(clauses.length === 0
      ? []
      : [
          table(
            ['clause', 'measures', 'line'],
            clauses.map(([clause, type, line]) => [code(clause), plain(type), line]),
          ),
        ]),
    table(
      ['gate', 'setting', 'meaning'],
      gates.map(([gate, setting, meaning]) => [code(gate), plain(setting), plain(meaning)]),
    ),
    reach.length === 0 ? 'It changes no fleet.' : reach.map((line) => `- ${plain(line)}`).join('\n'),
    tests.length === 0
      ? 'No test expects anything of it by name.'
      : table(
          ['test', 'place'],
          tests.map(([test, place]) => [plain(test), code(place)]),
        ),
    `Costs ${plain(cost)}.`,
  ].join('\n\n');
}

function fleetSection({ name, about, facts }: DocFleet): string {
  return [
    `### ${code(name)}`,
    ...(about.length === 0 ? [] : [plain(about.join(' ').trim())]),
    table(
      ['', ''],
      facts.map(([what, value]) => [plain(what), plain(value)]),
    ),
  ].join('\n\n');
}

function schemaSection({ name, about, timing, entries }: DocSchema): string {
  return [
    `### ${code(name)}`,
    ...(about.length === 0 ? [] : [plain(about.join(' ').trim())]),
    plain(timing),
    table(
      ['name', 'type', 'on the wire'],
      entries.map(([entry, type, wire]) => [code(entry), plain(type), entry === wire ? '' : code(wire)]),
    ),
  ].join('\n\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // Also within code a bar would end the cell.
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}

/** Text that stays text; bars are the tables' to escape. */
function plain(text: string): string {
  return oneLine(text)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/[\\`*_{}[\]~]/g, '\\$&')
    .replace(/^([-+=#]|\d+(?=[.)]))/, '\\$1');
}

/** An address of the web as a link, anything else as text. */
function link(address: string): string {
  const isLink = URL.canParse(address) && /^https?:/i.test(address) && !/[\s<>|]/.test(address);
  return isLink ? `<${visibleText(address)}>` : plain(address);
}

function code(text: string): string {
  const shown = oneLine(text);
  const ticks = '`'.repeat(longestRun(shown) + 1);
  const pad = /^`|`$|^ .* $/.test(shown) ? ' ' : '';
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

function fence(text: string, language: string): string {
  const ticks = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${ticks}${language}\n${visibleText(text)}\n${ticks}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

function oneLine(text: string): string {
  return visibleText(text.replace(/\s+/g, ' ').trim());
}
