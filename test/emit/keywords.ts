// Words that mean something in JavaScript or TypeScript and may be names in the language.

/** Source: ECMA-262, 12.7.2 Keywords and Reserved Words; the TypeScript handbook's contextual keywords. */
export const keywordsOfTypeScript = (
  'abstract any as async await bigint boolean break case catch class const continue debugger declare default delete ' +
  'else enum eval export extends finally function get if implements import in infer instanceof interface is keyof let ' +
  'namespace never new null number object of package private protected public readonly return satisfies set static ' +
  'string super switch symbol this throw try type typeof undefined unique unknown var void while with yield'
)
  .split(' ')
  .filter((word) => word !== 'undefined');
