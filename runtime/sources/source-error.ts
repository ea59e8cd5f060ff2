// A source that can't be had: a sentence for the person who named it, who can do something about it.

export class SourceError extends Error {
  override readonly name = 'SourceError';
}
