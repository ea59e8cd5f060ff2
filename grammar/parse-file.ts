// The rule for a whole file. The grammar is this class and those it extends: files, policies and fleets, parameters,
// schedules, schemas, tests, expressions, recovery.

import type { IToken, ParserMethod } from 'chevrotain';
import type { ProgramDeclaration, SyntaxProblem } from './ast.ts';
import type { Comments } from './comments.ts';
import { PolicyParser } from './parse-policy.ts';
import { oneOf } from './wording.ts';

const declaration = oneOf('`policy`', '`tune`', '`schema`', '`fleet`', '`action`', '`test`', '`const`', '`let`');

export interface ParsedTokens {
  readonly declarations: readonly ProgramDeclaration[];
  readonly problems: readonly SyntaxProblem[];
}

export class FileParser extends PolicyParser {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  parse(file: string, text: string, tokens: IToken[], comments: Comments): ParsedTokens {
    this.begin(file, text, tokens, comments);
    const declarations = this.declarations();
    const problems = this.problems;
    // The text and its tokens must not outlive the call.
    this.begin('', '', [], comments);
    return { declarations, problems };
  }

  /** `file = { declaration }` */
  private readonly declarations: ParserMethod<[], ProgramDeclaration[]> = this.RULE('declarations', () => {
    const declarations: ProgramDeclaration[] = [];
    if (this.RECORDING_PHASE) {
      this.MANY(() => this.SUBRULE(this.declaration));
      return declarations;
    }
    while (!this.atEnd()) {
      const start = this.LA(1).startOffset;
      const declaration = this.attempt(() => this.SUBRULE1(this.declaration));
      if (declaration !== null) declarations.push(declaration);
      if (this.recovering) this.skipToDeclaration(start);
    }
    return declarations;
  });

  /** `declaration = schema | fleet | action | policy | tune | test | const | let` */
  private readonly declaration: ParserMethod<[], ProgramDeclaration | null> = this.RULE('declaration', () => {
    this.ACTION(() => this.atDeclarationWord() || this.fail(declaration));
    return this.OR([
      { ALT: () => this.SUBRULE(this.schema) },
      { ALT: () => this.SUBRULE(this.fleet) },
      { ALT: () => this.SUBRULE(this.action) },
      { ALT: () => this.SUBRULE(this.policy) },
      { ALT: () => this.SUBRULE(this.tune) },
      { ALT: () => this.SUBRULE(this.test) },
      { ALT: () => this.SUBRULE(this.constDeclaration) },
      { ALT: () => this.SUBRULE(this.letDeclaration) },
    ]);
  });
}
