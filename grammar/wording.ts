// In which words the grammar says what it expected and where: data for the compiler, which makes the sentences.

/** What could stand somewhere, one to a line, in the form in which Chevrotain takes and returns it. */
export interface Expected {
  readonly ERR_MSG: string;
}

export function oneOf(...expected: readonly string[]): Expected {
  return { ERR_MSG: expected.join('\n') };
}

/** Rules by which Chevrotain knows them, and what a person calls them; rules that are not here speak for their caller. */
export const contexts: ReadonlyMap<string, string> = new Map([
  ['declaration', 'file'],
  ['schema', 'schema'],
  ['schemaItem', 'schema item'],
  ['fleet', 'fleet'],
  ['action', 'action'],
  ['policy', 'policy'],
  ['policyParameters', 'parameters of the policy'],
  ['tune', 'tune'],
  ['schedule', 'schedule'],
  ['onMissing', 'on missing clause'],
  ['onClause', 'on clause'],
  ['whenClause', 'when clause'],
  ['untilClause', 'until clause'],
  ['doClause', 'do clause'],
  ['constDeclaration', 'const'],
  ['letDeclaration', 'let'],
  ['property', 'property'],
  ['measuredCall', 'call'],
  ['membership', 'list of values'],
  ['test', 'test'],
  ['given', 'given clause'],
  ['row', 'row of a given clause'],
  ['expectation', 'expect clause'],
]);

/** What those who write another language's sign were looking for. */
const spelling: ReadonlyMap<string, readonly string[]> = new Map([
  ['&&', ['`and`']],
  ['||', ['`or`']],
  ['&', ['`and`']],
  ['!', ['`not`', '`!=`']],
  ['=>', ['`>=`']],
  ['<>', ['`!=`']],
  ['≥', ['`>=`']],
  ['≤', ['`<=`']],
  ['≠', ['`!=`']],
  ['×', ['`*`']],
  ['÷', ['`/`']],
  ['−', ['`-`']],
  ['–', ['`-`']],
  ['…', ['`..`']],
  ['“', ['`"`']],
  ['”', ['`"`']],
  ['„', ['`"`']],
  ['#', ['`//` for a comment']],
  [';', ['the end of the line']],
]);

/** What to write instead of a sign that the language does not have; empty when nobody can tell. */
export function spellingOf(image: string): readonly string[] {
  return image.startsWith("'") ? ['a string in double quotes, such as `"text"`'] : (spelling.get(image) ?? []);
}

/** Who writes `=` in a condition means `==`. */
export function equality(expected: readonly string[]): readonly string[] {
  return expected.includes('the end of the line') ? ['`==`', ...expected] : expected;
}
