// `ddlc doc`: both formats say what the program does, need nothing from anywhere, and take authors' texts as texts.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mermaidDiagram } from '../../cli/render/doc-mermaid.ts';
import { runDdlc } from '../support/run-ddlc.ts';
import { policyText, schemaText, scratch, soundProject } from '../support/scratch.ts';

const project = {
  'shop/schema.ddl': `/// What a service of the shop reports.\n${schemaText}`,
  'shop/fleet.ddl': 'fleet pay {\n  service "pay"\n  asg "pay-asg" in "eu-west-1"\n  size 2..40\n}\n',
  'shop/slow.ddl': `/// Adds a member
/// when answers take long.
policy slow {
  title "Slow answers"
  owner "team"
  runbook "https://runbooks.example/slow"
  on service where service_id == "pay"
  when latency > 500ms for 30s
   and latency < 10s
  until latency < 300ms for 1m
  do scale_up(pay, by: 2) timeout 5s
  cooldown 10m
  limit 2 per 1h
  mode enforce
}

test "slow answers add a member" {
  given service(service_id: "pay") every 1s {
    0s .. 40s: latency 800ms
  }
  expect slow at 30s { scale_up(pay, by: 2) }
}
`,
};

function documented(files: Readonly<Record<string, string>>) {
  const folder = scratch(files);
  const ran = runDdlc(['doc', 'shop', '--out', 'docs'], { folder });
  expect(ran).toMatchObject({ code: 0, out: `${join('docs', 'policies.html')}\n${join('docs', 'policies.md')}\n` });
  const read = (name: string): string => readFileSync(join(folder, 'docs', name), 'utf8');
  return { html: read('policies.html'), markdown: read('policies.md'), folder };
}

test('Markdown: everything that there is to say of a policy', () => {
  const { markdown } = documented(project);
  expect(markdown).toMatchInlineSnapshot(`
    "# Policies of shop

    1 policy, 1 schema and 1 fleet, as they compile. Made by \`ddlc doc\` from the sources; change those.

    | policy | mode | owner | can touch |
    |---|---|---|---|
    | [Slow answers](#policy-slow) | enforce | team | at most 100% of fleet pay per hour |

    ## Policies

    <a id="policy-slow"></a>

    ### Slow answers

    \`slow\` · mode **enforce** · on \`service\` · owner team · runbook <https://runbooks.example/slow> · \`slow.ddl:3\`

    Adds a member when answers take long.

    **Only where**

    \`\`\`ddl
    service_id == "pay"
    \`\`\`

    **When**

    \`\`\`ddl
    latency > 500ms for 30s
    and latency < 10s
    \`\`\`

    **Until**

    \`\`\`ddl
    latency < 300ms for 1m
    \`\`\`

    \`\`\`mermaid
    stateDiagram-v2
      direction LR
      rest : at rest
      pending : pending
      active : active (acts)
      [*] --> rest
      rest --> pending : latency #62; 500ms for 30s and latency #60; 10s
      pending --> rest : no longer, or unknown for more than 10s
      pending --> active : held for 30s
      active --> active : still so after 10m#58; again, 2 per 1h at most
      active --> rest : latency #60; 300ms for 1m
    \`\`\`

    | action | target | with |
    |---|---|---|
    | \`scale_up\` | \`pay\` | by: 2, timeout 5s, retry 2 |

    | clause | measures | line |
    |---|---|---|
    | \`latency > 500ms for 30s\` | duration | 8 |
    | \`latency < 10s\` | duration | 9 |

    | gate | setting | meaning |
    |---|---|---|
    | \`mode\` | enforce | acts by itself |
    | \`max_age\` | 5m | an event older than this starts nothing |
    | \`cooldown\` | 10m | not again for the same key before |
    | \`limit\` | 2 per 1h | so often for the same key at most |
    | \`settle\` | 1m | after acting, waits for health so long |
    | \`priority\` | 0 | the higher one wins when two want the same fleet |
    | \`budget\` | 20% per 5m | of fleet pay, all policies together |

    - at most 100% of fleet pay per hour

    | test | place |
    |---|---|
    | slow answers add a member | \`slow.ddl:17\` |

    Costs at most 48 bytes per key and 9 operations per event; looks back 10m.

    ## Fleets

    ### \`pay\`

    |  |  |
    |---|---|
    | service | pay |
    | asg | pay-asg in eu-west-1 |
    | size | 2 to 40 |
    | change at most | 20% per 5m |
    | touched per hour | at most 100%, by slow |

    ## Schemas

    ### \`service\`

    What a service of the shop reports.

    every 1s, stale after 10s

    | name | type | on the wire |
    |---|---|---|
    | \`service_id\` | key | \`service.name\` |
    | \`latency\` | duration |  |

    "
  `);
});

test('HTML: the same, in one page that loads nothing', () => {
  const { html } = documented(project);
  for (const text of ['Slow answers', 'Adds a member when answers take long.', 'service_id == &quot;pay&quot;', 'team'])
    expect(html).toContain(text);
  expect(html).toContain('<a href="https://runbooks.example/slow" rel="noreferrer">');
  expect(html).toContain('slow answers add a member');
  expect(html).toContain('latency &gt; 500ms for 30s\nand latency &lt; 10s');
  expect(html).toContain('prefers-color-scheme: dark');
  expect(html).toContain('@media print');
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\((?!#)|\ssrc=|\son\w+=/i);
  expect(html.match(/<svg /g)).toHaveLength(2);
  // Every place that is referred to is there.
  for (const [, place] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${place}"`);
});

const hostile = `</code></pre><script>alert(1)</script> "><img src=x onerror=alert(1)> & | \\\\ \`\`\` **b** [x](javascript:alert(1)) \u202E`;

test('texts of authors stay texts', () => {
  const quoted = JSON.stringify(hostile).slice(1, -1).replaceAll('\u202E', '');
  const policy = policyText
    .replace('"Slow"', `"${quoted}"`)
    .replace('"team"', `"${quoted}"`)
    .replace('"https://runbooks.example/slow"', '"javascript:alert(1)"')
    .replace('notify("slow")', `notify("${quoted}")`);
  const { html, markdown } = documented({
    'shop/schema.ddl': schemaText,
    'shop/slow.ddl': `/// ${hostile}\n${policy}`,
  });
  expect(html).not.toMatch(/<script|<img|href="(?!https?:|#)/i);
  expect(html).not.toContain('\u202E');
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  const outside = markdown.replaceAll('\\`', '').replace(/`+[^`]+`+/g, '');
  expect(outside).not.toMatch(/<(?!a id=|\/a>)|(?<!\\)\*\*b|(?<!\\)\]\(javascript/);
});

test('a diagram can not be ended by a label', () => {
  const text = mermaidDiagram({
    states: [{ name: 'rest', label: 'a\nb : c --> d' }],
    steps: [{ from: 'rest', to: 'rest', label: '%%{init: {}}%% ; end\n```' }],
  });
  expect(text).toBe(
    'stateDiagram-v2\n  direction LR\n  rest : a b #58; c --#62; d\n  [*] --> rest\n  rest --> rest : #37;#37;#123;init#58; #123;#125;#125;#37;#37; #59; end #96;#96;#96;\n',
  );
});

test('where it is written', () => {
  const folder = scratch(soundProject);
  const run = (...words: string[]) => runDdlc(['doc', 'shop', ...words], { folder });
  expect(run('--out', 'page.html')).toMatchObject({ code: 0, out: 'page.html\n' });
  expect(run('--out', 'a/b', '--format', 'markdown')).toMatchObject({
    code: 0,
    out: `${join('a/b', 'policies.md')}\n`,
  });
  expect(existsSync(join(folder, 'a/b/policies.html'))).toBe(false);
  expect(run('--out', 'page.pdf')).toMatchObject({ code: 2, note: expect.stringContaining('ends in .html or .md') });
  expect(run('--out', 'page.pdf', '--format', 'html').code).toBe(0);
  expect(run()).toMatchObject({ code: 2 });
  // The same program gives the same bytes.
  const first = readFileSync(join(folder, 'page.html'), 'utf8');
  run('--out', 'page.html');
  expect(readFileSync(join(folder, 'page.html'), 'utf8')).toBe(first);
});

test('a program with errors is not documented', () => {
  const folder = scratch({ 'a.ddl': policyText });
  expect(runDdlc(['doc', '.', '--out', 'docs'], { folder })).toMatchObject({ code: 1, out: '' });
  expect(existsSync(join(folder, 'docs'))).toBe(false);
});

test('parameters, hours, missing data, conditions that remember', () => {
  const policy = `policy slow(most: duration = 500ms) {
  on service
  active mon..fri 08:00..18:00 in "Europe/Berlin"
  on missing reset
  when latency > 2s then latency > most within 2m
  do notify("slow")
}

tune slow where service_id == "search" { most: 900ms }
`;
  const { markdown, html } = documented({ 'shop/schema.ddl': schemaText, 'shop/slow.ddl': policy });
  for (const line of [
    '| `most` | `500ms` | elsewhere |',
    '| `most` | `900ms` | `service_id == "search"` |',
    '| `hours` | active mon..fri 08:00..18:00 in "Europe/Berlin" | outside them it does not act |',
    '| `missing data` | on missing reset | what an unknown condition does |',
    '  rest --> active : ',
  ])
    expect(markdown).toContain(line);
  expect(markdown).not.toContain('pending');
  expect(html).toContain('<h4>Parameters</h4>');
});

test('of a team’s own action it says whom it calls', () => {
  const policy = `action drain(wait: duration = 5s) via webhook "https://ops.example/drain"\n\n${policyText.replace('notify("slow")', 'drain()')}`;
  const { markdown } = documented({ 'shop/schema.ddl': schemaText, 'shop/slow.ddl': policy });
  expect(markdown).toMatch(/^\| `drain` \|.*\| wait: 5s, via webhook https:\/\/ops\.example\/drain, timeout /m);
});
