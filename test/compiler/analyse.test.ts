// The front as a whole: it never throws, whatever it is given, and it is quick enough to run at every key stroke.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { renderText } from '../../cli/render/text.ts';
import { analyse, analyseParsed } from '../../compiler/analyse.ts';
import { exampleProgram } from '../../compiler/diagnostics/entry.ts';
import { suggest } from '../../compiler/diagnostics/suggest.ts';
import { parse } from '../../grammar/parser.ts';
import {
  arbitraryBrokenProgram,
  arbitraryExpression,
  arbitraryProgram,
  arbitraryTokenSoup,
} from '../support/arbitrary-program.ts';

function survives(text: string): void {
  const { diagnostics, ir } = analyse([{ file: 'a.ddl', text }]);
  const errors = diagnostics.some((found) => found.severity === 'error');
  expect(ir === null).toBe(errors);
  for (const { span } of diagnostics)
    expect(span.start >= 0 && span.end >= span.start && span.end <= text.length).toBe(true);
  renderText(diagnostics, new Map([['a.ddl', text]]), { color: true });
}

test('random programs, broken programs and soups of tokens', () => {
  fc.assert(
    fc.property(fc.oneof(arbitraryProgram, arbitraryBrokenProgram, arbitraryTokenSoup, fc.string()), survives),
    { numRuns: 300 },
  );
});

test('random conditions on a real schema', () => {
  const names = ['error_rate', 'latency', 'requests', 'queue', 'memory', 'ready', 'region', 'service_id'];
  const atom = fc.constantFrom(...names, '5', '5%', '500ms', '1GiB', '10/s', '"eu-west-1"', 'true');
  const condition = fc
    .array(
      fc.tuple(
        atom,
        fc.constantFrom('>', '<', '==', '!=', '+', '*', 'and', 'or'),
        atom,
        fc.constantFrom('', ' for 30s'),
      ),
      { minLength: 1, maxLength: 4 },
    )
    .map((parts) => parts.map(([a, operator, b, rest]) => `(${a} ${operator} ${b}${rest})`).join(' and '));
  fc.assert(
    fc.property(fc.oneof(condition, arbitraryExpression), (text) => {
      survives(`${exampleProgram}\npolicy p {\n  on service\n  when ${text}\n  do notify()\n}\n`);
    }),
    { numRuns: 400 },
  );
});

test('no files, empty files, hostile names', () => {
  expect(analyse([])).toMatchObject({ diagnostics: [], policies: 0, ir: { policies: [] } });
  survives('');
  survives(
    'schema __proto__ {\n  key constructor\n  metric toString: number\n  metric __proto__: number\n}\npolicy hasOwnProperty {\n  on __proto__\n  when __proto__ > toString\n  do notify()\n}\n',
  );
});

test('diagnostics come in the order of files and places', () => {
  const bad = 'policy a {\n  on nowhere\n  when x > 1\n  do explode()\n}\n';
  const { diagnostics } = analyse([
    { file: 'b.ddl', text: bad },
    {
      file: 'a.ddl',
      text: bad.replace('policy a', 'policy b').replace('nowhere', 'elsewhere').replace('explode', 'implode'),
    },
  ]);
  expect(diagnostics.map((found) => `${found.span.file} ${found.name}`)).toEqual([
    'a.ddl unknown-schema',
    'a.ddl unknown-action',
    'b.ddl unknown-schema',
    'b.ddl unknown-action',
  ]);
});

test('a name that is nowhere declared is told once, with every place', () => {
  const bad = (name: string) => `policy ${name} {\n  on nowhere\n  when x > 1\n  do notify()\n}\n`;
  const { diagnostics } = analyse([{ file: 'a.ddl', text: bad('a') + bad('b') + bad('c') }]);
  expect(diagnostics.map((found) => [found.name, found.related.map((entry) => entry.message)])).toEqual([
    ['unknown-schema', ['and here', 'and here']],
  ]);
});

test('one slip of the pen in a whole program gives one message, at most two', () => {
  const text = `${exampleProgram}
policy slow {
  owner "me"
  runbook "https://runbooks.example"
  on service where service_id == "payment-service"
  let busy = queue / 100
  when (busy > 90% for 30s or avg(latency over 5m) > 500ms) and missing(memory) for 2m
  until busy < 50% and avg(latency over 5m) < 300ms
  do scale_up(payment, by: 2) timeout 5s retry 3
  limit 2 per 1h
  mode enforce
}

test "acts" {
  given service(service_id: "payment-service") every 1s {
    0s .. 59s: latency 120ms, queue 5, error_rate 1%, requests 10, ready true
  }
  expect slow at 90s { scale_up(payment) }
  expect nothing else
}
`;
  expect(analyse([{ file: 'a.ddl', text }]).diagnostics).toEqual([]);
  for (const token of text.matchAll(/"[^"\n]*"|\/\/.*|[\w.%]+|[^\s\w]/g)) {
    for (const slip of ['', /^[a-z]/.test(token[0]) ? `${token[0].slice(0, -1)}q` : '@']) {
      const slipped = text.slice(0, token.index) + slip + text.slice(token.index + token[0].length);
      const { diagnostics } = analyse([{ file: 'a.ddl', text: slipped }]);
      const told = diagnostics.map((found) => `${found.code} ${found.message}`);
      expect(told.length, `\`${token[0]}\` → \`${slip}\`: ${told.join('; ')}`).toBeLessThanOrEqual(2);
    }
  }
});

test('suggestions are near, and none is better than a far one', () => {
  expect(suggest('latncy', ['latency', 'error_rate'])).toBe('latency');
  expect(suggest('LATENCY', ['latency'])).toBe('latency');
  expect(suggest('abcdef', ['uvwxyz'])).toBeNull();
  expect(suggest('x', ['y', 'zz'])).toBeNull();
  expect(suggest('a'.repeat(1000), ['a'])).toBeNull();
});

test('1,000 policies are analysed', () => {
  let text = `${exampleProgram}\nlet hot = latency > 500ms and error_rate > 5%\n`;
  for (let index = 0; index < 1000; index++) {
    text += `policy p${index} {\n  on service where service_id == "s${index}"\n  when hot for 30s and avg(queue over 5m) > ${index}\n  until error_rate < 1% for 1m\n  do scale_up(payment, by: 2) timeout 5s\n  cooldown 5m\n}\n`;
  }
  const { source, problems } = parse('a.ddl', text);
  const { ir } = analyseParsed([source], problems);
  expect(ir?.policies).toHaveLength(1000);
});
