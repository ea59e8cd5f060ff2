// Every mistake that the compiler knows, by name. A code is never given to another mistake.

import { conditionEntries } from './catalogue-conditions.ts';
import { driftEntries } from './catalogue-drift.ts';
import { lintEntries } from './catalogue-lint.ts';
import { memberEntries } from './catalogue-members.ts';
import { nameEntries } from './catalogue-names.ts';
import { parameterEntries } from './catalogue-parameters.ts';
import { proofEntries } from './catalogue-proof.ts';
import { costEntries, limitEntries, projectEntries, testEntries } from './catalogue-rest.ts';
import { suppressEntries } from './catalogue-suppress.ts';
import { syntaxEntries } from './catalogue-syntax.ts';
import { typeEntries } from './catalogue-types.ts';
import type { Entry } from './entry.ts';

export const catalogue = {
  ...syntaxEntries,
  ...nameEntries,
  ...memberEntries,
  ...parameterEntries,
  ...typeEntries,
  ...conditionEntries,
  ...lintEntries,
  ...proofEntries,
  ...suppressEntries,
  ...limitEntries,
  ...costEntries,
  ...testEntries,
  ...projectEntries,
  ...driftEntries,
};

export type DiagnosticName = keyof typeof catalogue;

/** What a message of that name is made of. */
export type ArgumentsOf<Name extends DiagnosticName> =
  (typeof catalogue)[Name] extends Entry<infer Arguments> ? Arguments : never;

/** By code, for `ddlc explain`. */
export const catalogueByCode: ReadonlyMap<string, { readonly name: DiagnosticName; readonly entry: Entry<never> }> =
  new Map(
    (Object.keys(catalogue) as DiagnosticName[]).map((name) => [
      catalogue[name].code,
      { name, entry: catalogue[name] as Entry<never> },
    ]),
  );
