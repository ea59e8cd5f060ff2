// Random well-formed programs over the whole grammar, as text, laid out at random: line breaks wherever the language
// allows them, comments and documentation in between. And random texts that are nearly programs, or nothing like one.

import fc from 'fast-check';

/** A piece of a program: a token; `soft`, where a line may break; `hard`, where it must. */
type Piece = string;
const soft: Piece = '\u0000soft';
const hard: Piece = '\u0000hard';

const contextualWords = [
  ...['schema', 'fleet', 'action', 'policy', 'test', 'const', 'let', 'key', 'tag', 'metric', 'every', 'stale', 'after'],
  ...[
    'lateness',
    'from',
    'without',
    'in',
    'optional',
    'hold',
    'via',
    'of',
    'given',
    'expect',
    'nothing',
    'else',
    'blocked',
    'by',
  ],
  ...['absent', 'to', 'tune', 'missing', 'active', 'inactive', 'always', 'most', 'between', 'like', 'then', 'within'],
  ...[
    'ago',
    'across',
    'at',
    'arriving',
    'late',
    'NaN',
    'limit',
    'title',
    'mode',
    'cooldown',
    'priority',
    '__proto__',
    'constructor',
  ],
];

/** Names, among them all words that are only words at their place. */
export const arbitraryName = fc.oneof(
  { weight: 3, arbitrary: fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/).filter((name) => !reserved.has(name)) },
  { weight: 1, arbitrary: fc.constantFrom(...contextualWords) },
);

const reserved = new Set(['and', 'or', 'not', 'true', 'false', 'for', 'over', 'until', 'when', 'on', 'where', 'do']);

const number = fc.oneof(
  fc.nat(1_000_000).map(String),
  fc.tuple(fc.nat(999), fc.nat(999)).map(([whole, part]) => `${whole}.${part}`),
  fc.constantFrom('1_000', '1e3', '2.5E-3', '0.05'),
);
const unit = fc.constantFrom('', '%', 'ms', 's', 'm', 'h', 'd', 'GiB', 'kB', '/s', 'MB/s', '%/h', 'parsecs', 'µs');
export const arbitraryQuantity = fc.tuple(number, unit).map(([digits, name]) => digits + name);
const duration = fc.tuple(fc.nat(90), fc.constantFrom('ms', 's', 'm', 'h', 'd')).map(([n, name]) => `${n}${name}`);

export const arbitraryString = fc
  .oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('//', 'a"b', '\\'))
  .map((value) => `"${[...value].map(escaped).join('')}"`);

function escaped(sign: string): string {
  if (sign === '"' || sign === '\\') return `\\${sign}`;
  const code = sign.codePointAt(0) as number;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code === 0xfffd ? `\\u{${code.toString(16)}}` : sign;
}

const { expression, call } = fc.letrec<{ expression: Piece[]; operand: Piece[]; call: Piece[]; argument: Piece[] }>(
  (tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 3, arbitrary: tie('operand') },
      { weight: 1, arbitrary: comparison(tie('operand')) },
      { weight: 1, arbitrary: comparison(tie('operand')).map((pieces) => ['not', soft, ...pieces]) },
      { weight: 1, arbitrary: held(tie('operand')) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(held(tie('operand')), held(tie('operand')), duration)
          .map(([first, second, d]) => [...first, soft, 'then', soft, '(', ...second, ')', soft, 'within', soft, d]),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie('operand'), comparison(tie('operand')), duration, duration)
          .map(([a, b, d, e]) => [...a, soft, 'then', soft, ...b, soft, 'for', d, soft, 'within', soft, e]),
      },
      { weight: 2, arbitrary: tested(tie('operand'), tie('expression')) },
      { weight: 2, arbitrary: joined(tie('operand'), fc.constantFrom('+', '-', '*', '/')) },
      { weight: 2, arbitrary: joined(comparison(tie('operand')), fc.constantFrom('and', 'or')) },
    ),
    operand: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 3, arbitrary: fc.oneof(arbitraryName, arbitraryQuantity, arbitraryString).map((token) => [token]) },
      { weight: 1, arbitrary: fc.constantFrom<Piece[][]>(['true'], ['false']) },
      { weight: 1, arbitrary: tie('call') },
      { weight: 1, arbitrary: tie('operand').map((pieces) => ['-', soft, ...pieces]) },
      {
        weight: 1,
        arbitrary: fc.tuple(arbitraryName, duration).map(([name, d]) => [name, soft, 'ago', soft, d]),
      },
      { weight: 2, arbitrary: tie('expression').map((pieces) => ['(', soft, ...pieces, soft, ')']) },
    ),
    call: fc
      .tuple(arbitraryName, fc.array(tie('argument'), { maxLength: 3 }))
      .map(([name, args]) => [name, '(', soft, ...separated(args, ','), soft, ')']),
    argument: fc
      .tuple(
        fc.option(arbitraryName),
        fc.oneof(
          { weight: 4, arbitrary: tie('expression') },
          arbitraryName.map((tag) => ['fleet', 'of', tag]),
        ),
        modifiers(tie('expression')),
      )
      .map(([label, value, behind]) => [...(label === null ? [] : [label, ':', soft]), ...value, ...behind]),
  }),
);

function held(operand: fc.Arbitrary<Piece[]>): fc.Arbitrary<Piece[]> {
  const hold = fc.oneof(
    duration.map((d): Piece[] => ['for', soft, d]),
    fc.tuple(arbitraryQuantity, arbitraryQuantity).map(([part, whole]): Piece[] => ['for', part, soft, 'of', whole]),
    duration.map((d): Piece[] => ['within', soft, d]),
  );
  return fc
    .tuple(comparison(operand), fc.array(hold, { minLength: 1, maxLength: 2 }))
    .map(([condition, holds]) => [...condition, ...holds.flatMap((pieces) => [soft, ...pieces])]);
}

/** `between`, `in` and `like`. */
function tested(operand: fc.Arbitrary<Piece[]>, inner: fc.Arbitrary<Piece[]>): fc.Arbitrary<Piece[]> {
  const test = fc.oneof(
    fc.tuple(operand, operand).map(([low, high]): Piece[] => ['between', soft, ...low, soft, 'and', soft, ...high]),
    fc
      .array(inner, { minLength: 1, maxLength: 3 })
      .map((options): Piece[] => ['in', soft, '[', soft, ...separated(options, ','), soft, ']']),
    arbitraryString.map((pattern): Piece[] => ['like', soft, pattern]),
  );
  return fc.tuple(operand, test).map(([value, pieces]) => [...value, soft, ...pieces]);
}

function modifiers(inner: fc.Arbitrary<Piece[]>): fc.Arbitrary<Piece[]> {
  const any = fc.oneof(
    duration.map((d): Piece[] => ['over', soft, d]),
    fc.tuple(duration, duration).map(([d, ago]): Piece[] => ['over', soft, d, soft, 'ago', soft, ago]),
    arbitraryName.map((tag): Piece[] => ['across', soft, tag]),
    inner.map((condition): Piece[] => ['where', soft, ...condition]),
  );
  return fc
    .oneof(
      { weight: 3, arbitrary: fc.constant<Piece[][]>([]) },
      { weight: 1, arbitrary: fc.array(any, { maxLength: 2 }) },
    )
    .map((list) => list.flatMap((pieces) => [soft, ...pieces]));
}

function comparison(operand: fc.Arbitrary<Piece[]>): fc.Arbitrary<Piece[]> {
  return fc
    .tuple(operand, fc.constantFrom('==', '!=', '<', '<=', '>', '>='), operand)
    .map(([left, operator, right]) => [...left, soft, operator, soft, ...right]);
}

function joined(operand: fc.Arbitrary<Piece[]>, operator: fc.Arbitrary<string>): fc.Arbitrary<Piece[]> {
  return fc
    .tuple(operand, fc.array(fc.tuple(operator, operand), { minLength: 1, maxLength: 3 }))
    .map(([first, rest]) => [...first, ...rest.flatMap(([sign, next]) => [soft, sign, soft, ...next])]);
}

function separated(lists: readonly Piece[][], separator: string): Piece[] {
  return lists.flatMap((list, index) => (index === 0 ? list : [soft, separator, soft, ...list]));
}

function block(head: Piece[], items: readonly Piece[][]): Piece[] {
  return [...head, soft, '{', soft, ...items.flatMap((item) => [hard, ...item]), hard, '}'];
}

const optional = (pieces: fc.Arbitrary<Piece[]>) => fc.option(pieces, { nil: [] as Piece[] });
const from = arbitraryString.map((name) => [soft, 'from', soft, name]);
const source = fc.oneof(
  fc.array(arbitraryString, { minLength: 1, maxLength: 3 }).map((names) => [
    soft,
    'from',
    soft,
    ...separated(
      names.map((name) => [name]),
      ',',
    ),
  ]),
  fc.constant<Piece[]>([soft, 'from', soft, '*']),
  arbitraryString.map<Piece[]>((name) => [soft, 'from', soft, '*', soft, 'without', soft, name]),
  arbitraryString.map((value) => [soft, 'always', soft, value]),
);
const concatenated = (...parts: fc.Arbitrary<Piece[]>[]) => fc.tuple(...parts).map((lists) => lists.flat());
const one = (text: fc.Arbitrary<string>) => text.map((token): Piece[] => [token]);
const word = (text: string) => fc.constant<Piece[]>([text]);

const values = fc
  .array(one(arbitraryString), { minLength: 1, maxLength: 3 })
  .map((list) => [soft, ':', soft, ...separated(list, '|')]);
const metricModifiers = concatenated(
  optional(fc.constantFrom('percent', 'ms', 'KiB').map((name) => [soft, 'in', name])),
  optional(word('optional')),
  optional(duration.map((hold) => [soft, 'hold', soft, hold])),
  optional(from),
);
const most = arbitraryQuantity.map((number) => [soft, 'at', soft, 'most', soft, number]);
const schemaItem = fc.oneof(
  concatenated(word('key'), one(arbitraryName), optional(source)),
  fc
    .tuple(arbitraryName, optional(values), optional(most), optional(source), fc.boolean())
    .map(([name, of, at, by, turned]) => ['tag', name, ...(turned ? [...by, ...at, ...of] : [...of, ...at, ...by])]),
  concatenated(
    word('metric'),
    one(arbitraryName),
    word(':'),
    one(arbitraryName),
    optional(arbitraryName.map((name) => [soft, 'of', soft, name])),
    metricModifiers,
  ),
  fc
    .array(fc.tuple(fc.constantFrom(['every'], ['stale', 'after'], ['lateness']), duration), {
      minLength: 1,
      maxLength: 3,
    })
    .map((timings) => timings.flatMap(([words, width]) => [...words, width])),
);

const range = fc.tuple(arbitraryQuantity, arbitraryQuantity).map((ends) => ends.join('..'));
const propertyArgument = fc.oneof(
  arbitraryString,
  arbitraryQuantity,
  range,
  arbitraryName,
  fc.constantFrom('true', 'false'),
);
// `let x = …` and `active …` are no properties, nor is what continues the condition on the line before.
const noProperties = new Set([
  ...['let', 'const', 'active', 'inactive', 'between', 'in', 'like', 'then', 'within', 'ago', 'of'],
]);
const propertyName = arbitraryName.filter((name) => !noProperties.has(name));
const property = concatenated(one(propertyName), fc.array(propertyArgument, { maxLength: 4 }));

const option = concatenated(one(arbitraryName), one(fc.oneof(arbitraryQuantity, arbitraryName, arbitraryString)));
const letItem = fc.tuple(arbitraryName, expression).map(([name, value]) => ['let', name, '=', soft, ...value]);
const day = fc.constantFrom('mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'somday');
const days = fc
  .array(
    fc.oneof(
      one(day),
      fc.tuple(day, day).map((ends) => [ends.join('..')]),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((ranges) => ranges.flatMap((range, at) => (at === 0 ? range : [',', ...range])));
const time = fc.tuple(fc.nat(23), fc.nat(59)).map((parts) => parts.map((n) => String(n).padStart(2, '0')).join(':'));
const times = fc.tuple(time, fc.oneof(time, fc.constant('24:00'))).map((ends): Piece[] => [ends.join('..')]);
const zone = optional(arbitraryString.map((name) => ['in', name]));
const policyItem = fc.oneof(
  concatenated(
    fc.constantFrom<Piece[][]>(['active'], ['inactive']),
    fc.oneof(days, times, concatenated(days, times)),
    zone,
  ),
  fc
    .array(fc.oneof(arbitraryName, fc.constant('false')), { minLength: 1, maxLength: 3 })
    .map((words) => ['on', 'missing', ...words]),
  concatenated(word('on'), one(arbitraryName), optional(expression.map((where) => [soft, 'where', soft, ...where]))),
  expression.map((condition) => ['when', soft, ...condition]),
  expression.map((condition) => ['until', soft, ...condition]),
  concatenated(
    word('do'),
    call,
    fc.array(option, { maxLength: 2 }).map((options) => options.flat()),
  ),
  letItem,
  property,
);

const signed = fc.oneof(
  one(arbitraryQuantity),
  one(arbitraryQuantity).map(([q]) => ['-', q as string]),
);
const point = fc.oneof(signed, fc.constantFrom<Piece[][]>(['NaN'], ['absent'], ['true'], ['false']));
const seriesValue = fc
  .tuple(
    arbitraryName,
    fc.oneof(
      point,
      fc.tuple(signed, signed).map(([start, end]) => [...start, 'to', ...end]),
      fc.array(point, { minLength: 1, maxLength: 4 }).map((points) => ['[', ...separated(points, ','), ']']),
    ),
  )
  .map(([name, value]) => [name, ...value]);
const row = concatenated(
  one(duration),
  optional(duration.map((end) => [soft, '..', soft, end])),
  optional(duration.map((late) => [soft, 'arriving', late, 'late'])),
  word(':'),
  fc.array(seriesValue, { maxLength: 3 }).map((list) => separated(list, ',')),
);
const bindings = fc.array(fc.tuple(arbitraryName, arbitraryString), { maxLength: 2 }).map((list) => [
  '(',
  soft,
  ...separated(
    list.map(([tag, value]) => [tag, ':', soft, value]),
    ',',
  ),
  soft,
  ')',
]);
const given = fc
  .tuple(
    arbitraryName,
    optional(bindings),
    optional(duration.map((width) => [soft, 'every', width])),
    fc.array(row, { maxLength: 3 }),
  )
  .map(([schema, tags, every, rows]) => block(['given', schema, ...tags, ...every], rows));
const decision = concatenated(
  word('expect'),
  fc.oneof(
    concatenated(
      one(arbitraryName.filter((name) => name !== 'blocked' && name !== 'at')),
      optional(arbitraryString.map((key) => ['for', key])),
      optional(fc.constantFrom(['blocked', 'by', 'cooldown'], ['blocked', 'by', 'unknown', '-', 'target'])),
    ),
    fc.constant<Piece[]>(['blocked', 'by', 'limit']),
  ),
  word('at'),
  one(duration),
  optional(fc.array(call, { maxLength: 2 }).map((calls) => [soft, '{', soft, ...separated(calls, ','), soft, '}'])),
);
const rearmed = concatenated(
  word('expect'),
  one(arbitraryName.filter((name) => name !== 'blocked' && name !== 'at')),
  optional(arbitraryString.map((key) => ['for', key])),
  word('rearmed'),
  word('at'),
  one(duration),
);
const expectNothing = fc.constantFrom<Piece[][]>(['expect', 'nothing'], ['expect', 'nothing', 'else']);

const parameters = fc
  .array(fc.tuple(arbitraryName, arbitraryName, fc.option(expression)), { maxLength: 3 })
  .map((list) => [
    '(',
    soft,
    ...separated(
      list.map(([name, type, value]) => [
        name,
        ':',
        soft,
        type,
        ...(value === null ? [] : [soft, '=', soft, ...value]),
      ]),
      ',',
    ),
    soft,
    ')',
  ]);
const policyParameters = fc
  .array(fc.tuple(arbitraryName, arbitraryName, expression), { minLength: 1, maxLength: 3 })
  .map((list) => [
    '(',
    soft,
    ...separated(
      list.map(([name, type, value]) => [name, ':', soft, type, soft, '=', soft, ...value]),
      ',',
    ),
    soft,
    ')',
  ]);
const tunedValue = fc
  .tuple(arbitraryName, expression, fc.boolean())
  .map(([name, value, comma]) => [name, ':', soft, ...value, ...(comma ? [','] : [])]);
const declaration = fc.oneof(
  fc
    .tuple(arbitraryName, fc.array(schemaItem, { maxLength: 4 }))
    .map(([name, items]) => block(['schema', name], items)),
  fc.tuple(arbitraryName, fc.array(property, { maxLength: 4 })).map(([name, items]) => block(['fleet', name], items)),
  fc
    .tuple(arbitraryName, optional(policyParameters), fc.array(policyItem, { maxLength: 6 }))
    .map(([name, head, items]) => block(['policy', name, ...head], items)),
  fc
    .tuple(arbitraryName, expression, fc.array(tunedValue, { maxLength: 3 }))
    .map(([name, where, entries]) => block(['tune', name, 'where', soft, ...where], entries)),
  fc
    .tuple(arbitraryString, fc.array(fc.oneof(given, decision, rearmed, expectNothing), { maxLength: 4 }))
    .map(([title, items]) => block(['test', soft, title], items)),
  concatenated(
    word('action'),
    one(arbitraryName),
    parameters,
    word('via'),
    one(arbitraryName),
    optional(one(arbitraryString)),
  ),
  fc.tuple(arbitraryName, expression).map(([name, value]) => ['const', soft, name, soft, '=', soft, ...value]),
  letItem,
);

/** Ways to fill a place where a line may break, and where it must; many are plain. */
const softGaps = [
  '',
  ' ',
  ' ',
  ' ',
  '  ',
  '\n',
  '\n   ',
  ' // inside\n',
  '\n // own line\n',
  ' /// stray\n',
  '\n\n',
  '\n/// a\n// b\n',
];
const hardGaps = [
  ...[
    '\n',
    '\n',
    '\n  ',
    '\n\n',
    '\n\n\n',
    '\r\n',
    '\r\n\r\n',
    '\r\n/// documents\r\n',
    '\r\n// above\r\n',
    '  // behind\n',
    ' /// behind\n',
    '\n// above\n',
    '\n\n  // apart\n\n',
  ],
  ...['\n/// documents\n', '\n/// one\n/// two\n', '\n/// far\n\n', '\n/// a\n// b\n/// c\n', '\n//// no doc\n'],
];

function layOut(pieces: readonly Piece[], noise: readonly number[]): string {
  let text = '';
  for (const [index, piece] of pieces.entries()) {
    const chance = noise[index % noise.length] as number;
    if (piece === soft) text += ` ${softGaps[chance % softGaps.length]}`;
    else if (piece === hard) text += hardGaps[chance % hardGaps.length];
    else text += text === '' || /[\s(]$/.test(text) || piece === '(' ? piece : ` ${piece}`;
  }
  return text;
}

/** The text of a program without mistakes in its form; what its names mean is anybody's guess. */
export const arbitraryProgram: fc.Arbitrary<string> = fc
  .tuple(fc.array(declaration, { maxLength: 6 }), fc.array(fc.nat(1_000), { minLength: 1, maxLength: 200 }))
  .map(([declarations, noise]) => layOut(declarations.flatMap((pieces) => [hard, ...pieces]).concat(hard), noise));

/** The text of one expression on one line. */
export const arbitraryExpression: fc.Arbitrary<string> = expression.map((pieces) =>
  pieces.filter((piece) => piece !== soft).join(' '),
);

const soupTokens = [
  ...contextualWords,
  ...reserved,
  ...['{', '}', '(', ')', '[', ']', ':', ',', '|', '..', '=', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/'],
  ...[
    '"text"',
    '"open',
    "'",
    '5%',
    '30s',
    '1.2.3',
    '1__0',
    '100/s',
    '&&',
    '||',
    '!',
    '≥',
    '#',
    ';',
    '\\',
    '\n',
    '\n',
    '\n  ',
  ],
  ...['// c\n', '/// d\n', '\u0007', '\ud800', 'é', 'а'],
];

/** Tokens of the language, and of none, in any order. */
export const arbitraryTokenSoup: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...soupTokens), { maxLength: 120 })
  .map((tokens) => tokens.join(' '));

/** A program from which something was cut, or into which something was put, up to three times. */
export const arbitraryBrokenProgram: fc.Arbitrary<string> = fc
  .tuple(
    arbitraryProgram,
    fc.array(fc.tuple(fc.nat(10_000), fc.nat(20), fc.constantFrom('', ...soupTokens)), { minLength: 1, maxLength: 3 }),
  )
  .map(([program, edits]) => {
    let text = program;
    for (const [place, length, put] of edits) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + put + text.slice(at + length);
    }
    return text;
  });
