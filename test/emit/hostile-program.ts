// A program whose names, texts and comments try to be something else in the generated code.

import { keywordsOfTypeScript } from './keywords.ts';

/** Names that generated code uses itself, that objects inherit, or that JavaScript reserves. */
export const hostileMetrics = [
  ...[
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'hasOwnProperty',
    'values',
    'batch',
    'order',
    'time',
    'lacks',
  ],
  ...['tags', 'derived', 'zones', 'state', 'offset', 'sink', 'row', 'base', 'slot', 'place', 'active', 'fired', 'last'],
  ...[
    'i',
    'from_',
    'to',
    'out',
    'due',
    'again',
    'owner',
    'kernels',
    'kernel0',
    'kernel1',
    'seen0',
    'since0',
    'present0',
  ],
  ...[
    'true0',
    'unknown0',
    'began0',
    'held0',
    'then0',
    'doubt0',
    'open0',
    'schedule0_open',
    'schedule0',
    'covers',
    'region_like2',
  ],
  ...['due0', 'value0_', 'value0_0', 'value1_0', 'avg_1', 'avg_0', 'sum_2', 'hold_0', 'rate_3', 'x_tag', 'region_tag'],
  ...[
    'order_',
    'values_metric',
    'values_metric_metric',
    'order_metric',
    'class_',
    'class_metric',
    'seen0_metric',
    '_metric',
  ],
  ...[
    'Math',
    'Number',
    'Infinity',
    'exports',
    'require',
    'arguments',
    'undefined',
    'globalThis',
    'Float64Array',
    'Batch',
  ],
  ...[
    'key_',
    '_',
    '__',
    'at',
    'policies',
    'feeds',
    'guard',
    'run',
    'explain',
    'error_rate',
    'alert',
    'next',
    'groups',
    'seen',
  ],
  ...keywordsOfTypeScript,
];

export const hostilePolicies = [
  ...[
    'policies',
    'feeds',
    'Batch',
    'Sink',
    'Kernel',
    'FeedSchema',
    'PolicyCode',
    'Number',
    'Math',
    'Math_',
    'exports',
    'batch',
  ],
  ...[
    'explain_a',
    'a',
    'due_a',
    'a_1',
    'guard_a',
    'feed_service_0',
    'constructor',
    '__proto__',
    'Float64Array',
    'undefined',
  ],
  ...['schedule0', 'schedule0_open', 'schedule0_next', 'covers', 'zone0_starts', 'zone0_offsets'],
  ...[
    'globalThis',
    'eval',
    'arguments',
    'let',
    'static',
    'async',
    'yield',
    'await',
    'Infinity',
    'NaN',
    'Object',
    'require',
  ],
];

/** As a literal of the language; the value itself beside it. */
export const hostileTexts: readonly (readonly [literal: string, value: string])[] = [
  ['"*/ throw 1 /*"', '*/ throw 1 /*'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what it must not become
  ['"a\\"b\'c`d${e}"', 'a"b\'c`d${e}'],
  ['"two\\nlines\\r\\nand\\ttab"', 'two\nlines\r\nand\ttab'],
  ['"line\\u{2028}separator\\u{2029}"', 'line\u2028separator\u2029'],
  ['"\\u{202e}turned\\u{61c}"', '\u202eturned\u061c'],
  ['"//# sourceMappingURL=data:,x"', '//# sourceMappingURL=data:,x'],
  ['"__proto__"', '__proto__'],
  ['"<!-- --> \\\\"', '<!-- --> \\'],
  ['""', ''],
];

export const hostileSource = `// */ throw new Error('comment') /*
// a \u2028 comment // */
schema service {
  key id from "*/ key"
  tag region
  tag x
${hostileMetrics.map((name) => `  metric ${name}: number optional`).join('\n')}
  every 1s
}

schema __proto__ {
  key __proto__ from "*/ key"
  tag constructor
  metric to: number
  metric values: number optional hold 3s
}

${hostileMetrics
  .map(
    (name, index) => `/// */ ${name} \u2028 /*
policy ${hostilePolicies[index] ?? `p${index}`} {
  title ${hostileTexts[index % hostileTexts.length][0]}
  on service where region != "nowhere" and x != "nowhere" // */
  when ${name} > 1 and avg(${name} over 2s) / 2 + 1 > 1 and not (${hostileMetrics[(index + 1) % hostileMetrics.length]} > 5) for 1s
   and (${name} > 1 within 3s) and not (${name} > 5 then ${hostileMetrics[(index + 1) % hostileMetrics.length]} > 5 within 2s)
   and region like "*where" and not (x like "*/ throw ?") and not missing(region)
  on missing reset
  inactive mon 03:00..03:01 in "America/New_York"
  do notify("*/ look \\" here \\u{2028}")
  cooldown 1h
}
`,
  )
  .join('\n')}
${hostileTexts
  .map(
    ([literal], index) => `policy text_${index} {
  on __proto__ where __proto__ == ${literal}
  when constructor == ${literal} and to > -1 and values + to > -1
  do notify(${literal})
}
`,
  )
  .join('\n')}`;
