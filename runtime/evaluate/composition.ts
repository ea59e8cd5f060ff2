// The value of a key or tag that is no single field of the event: several fields joined, all tags of the event, or the
// same for every event. An empty field counts as an absent one, and a value made of absent ones alone is absent.

import type { TagMeta, TagSourceMeta } from '../contract.ts';

/** The tags of one event. */
export interface EventTags {
  /** `null` or empty when the event has none of that name. */
  text(name: string): string | null;
  names(): Iterable<string>;
}

/** The value, or `null` when it is absent. */
export function composedText(source: TagSourceMeta, tags: EventTags): string | null {
  switch (source.kind) {
    case 'always':
      return source.value;
    case 'names': {
      const parts = source.names.map((name) => tags.text(name) ?? '');
      return parts.every((part) => part === '') ? null : parts.map(escapedPart).join('/');
    }
    case 'all': {
      const entries: string[] = [];
      for (const name of [...tags.names()].sort()) {
        const value = source.except?.includes(name) ? '' : (tags.text(name) ?? '');
        if (value !== '') entries.push(`${escapedEntry(name)}=${escapedEntry(value)}`);
      }
      return entries.length === 0 ? null : entries.join(',');
    }
  }
}

function escapedPart(text: string): string {
  return /[\\/]/.test(text) ? text.replace(/[\\/]/g, '\\$&') : text;
}

export function escapedEntry(text: string): string {
  return /[\\,=]/.test(text) ? text.replace(/[\\,=]/g, '\\$&') : text;
}

/** What the event must carry for the value to be there, for messages: `` `namespace` or `pod` ``. */
export function fieldWords({ name, from, source }: TagMeta): string {
  if (source === undefined) return name === from ? `\`${name}\`` : `\`${name}\` (or \`${from}\`)`;
  return source.kind === 'names' ? source.names.map((each) => `\`${each}\``).join(' or ') : 'any tag at all';
}
