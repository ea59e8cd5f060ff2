// The documentation of a program as one page that needs nothing else: no script, no font, no image from anywhere.

import { type DocFleet, type DocPolicy, type DocProgram, type DocSchema, docExtent } from '../doc/doc-model.ts';
import { docStyle } from './doc-style.ts';
import { svgArrowHead, svgDiagram } from './doc-svg.ts';
import { htmlLink, htmlTable, htmlText } from './html.ts';

export function renderDocHtml(program: DocProgram): string {
  const { name, policies, schemas, fleets } = program;
  const title = `Policies of ${name}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${htmlText(title)}</title>
<style>${docStyle}</style>
</head>
<body>
${svgArrowHead}
<main>
<h1>${htmlText(title)}</h1>
<p class="soft">${docExtent(program)}.</p>
${overview(policies)}
<h2 id="policies">Policies</h2>
${policies.map(policySection).join('\n')}
<h2 id="fleets">Fleets</h2>
${fleets.length === 0 ? '<p class="soft">None is declared.</p>' : fleets.map(fleetSection).join('\n')}
<h2 id="schemas">Schemas</h2>
${schemas.map(schemaSection).join('\n')}
<footer>Made by <code>ddlc doc</code> from the sources; change those.</footer>
</main>
</body>
</html>
`;
}

function overview(policies: readonly DocPolicy[]): string {
  const rows = policies.map(({ name, title, mode, owner, reach }) => [
    `<a href="#policy-${htmlText(name)}">${htmlText(title)}</a>`,
    modeBadge(mode),
    htmlText(owner),
    reach.length === 0 ? 'no fleet' : reach.map(htmlText).join('<br>'),
  ]);
  return `<nav class="wide">${htmlTable(['policy', 'mode', 'owner', 'can touch'], rows)}</nav>`;
}

function modeBadge(mode: DocPolicy['mode']): string {
  return `<span class="mode ${mode}">${mode}</span>`;
}

function policySection(policy: DocPolicy): string {
  const { name, title, mode, owner, runbook, source, schema, about } = policy;
  const facts = [
    `on <a href="#schema-${htmlText(schema)}">${htmlText(schema)}</a>`,
    owner === '' ? 'no owner' : `owner ${htmlText(owner)}`,
    runbook === '' ? 'no runbook' : `runbook ${htmlLink(runbook)}`,
    `<code>${htmlText(source)}</code>`,
  ];
  return `<section class="policy" id="policy-${htmlText(name)}">
<header><h3>${htmlText(title)}</h3>${modeBadge(mode)}<code>${htmlText(name)}</code></header>
<ul class="facts">${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul>
${paragraphs(about)}
${policyTables(policy)}
</section>`;
}

function policyTables(policy: DocPolicy): string {
  const { when, where, until, parameters, diagram, title, clauses, gates, actions, reach, tests, cost } = policy;
  const parts = [
    ...(where === null ? [] : ['<h4>Only where</h4>', source(where)]),
    '<h4>When</h4>',
    source(when),
    ...(until === null ? [] : ['<h4>Until</h4>', source(until)]),
    ...(parameters.length === 0
      ? []
      : [
          '<h4>Parameters</h4>',
          table(
            ['parameter', 'value', 'where'],
            parameters.map(([name, value, place]) => [
              code(name),
              code(value),
              place === '' ? 'elsewhere' : code(place),
            ]),
          ),
        ]),
    '<h4>Life of a key</h4>',
    `<div class="wide">${svgDiagram(diagram, `States of ${title}`)}</div>`,
    '<h4>Then it does</h4>',
    table(
      ['action', 'target', 'with'],
      actions.map(([action, target, rest]) => [code(action), target === '' ? '' : code(target), htmlText(rest)]),
    ),
    ...(clauses.length === 0
      ? []
      : [
          '<h4>What it looks at</h4>',
          table(
            ['clause', 'measures', 'line'],
            clauses.map(([clause, type, line]) => [code(clause), htmlText(type), htmlText(line)]),
          ),
        ]),
    '<h4>What holds it back</h4>',
    table(
      ['gate', 'setting', ''],
      gates.map(([gate, setting, meaning]) => [code(gate), htmlText(setting), htmlText(meaning)]),
    ),
    '<h4>How far it reaches</h4>',
    reach.length === 0
      ? '<p>It changes no fleet.</p>'
      : `<ul>${reach.map((line) => `<li>${htmlText(line)}</li>`).join('')}</ul>`,
    '<h4>Tests</h4>',
    tests.length === 0
      ? '<p>No test expects anything of it by name.</p>'
      : table(
          ['test', 'place'],
          tests.map(([test, place]) => [htmlText(test), code(place)]),
        ),
    `<p class="soft">Costs ${htmlText(cost)}.</p>`,
  ];
  return parts.join('\n');
}

function fleetSection({ name, about, facts }: DocFleet): string {
  const rows = facts.map(([what, value]) => [htmlText(what), htmlText(value)]);
  return `<section id="fleet-${htmlText(name)}"><h3><code>${htmlText(name)}</code></h3>${paragraphs(about)}${table(['', ''], rows)}</section>`;
}

function schemaSection({ name, about, timing, entries }: DocSchema): string {
  const rows = entries.map(([entry, type, wire]) => [code(entry), htmlText(type), entry === wire ? '' : code(wire)]);
  return `<section id="schema-${htmlText(name)}"><h3><code>${htmlText(name)}</code></h3>${paragraphs(about)}<p class="soft">${htmlText(timing)}</p>${table(['name', 'type', 'on the wire'], rows)}</section>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `<div class="wide">${htmlTable(head, rows)}</div>`;
}

function code(text: string): string {
  return `<code>${htmlText(text)}</code>`;
}

function source(text: string): string {
  return `<pre><code>${htmlText(text)}</code></pre>`;
}

function paragraphs(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<p>${htmlText(lines.join(' ').trim())}</p>`;
}
