// Neither key nor tag has a new value for every request: what is kept for each value would grow without end.

import { wireNameOf } from '../vocabulary/wire-name.ts';
import type { LintRule } from './rule.ts';

/** Last words of a name whose values nobody can count. */
const endless: ReadonlySet<string> = new Set([
  'request_id',
  'trace_id',
  'span_id',
  'session_id',
  'correlation_id',
  'transaction_id',
  'message_id',
  'event_id',
  'user_id',
  'customer_id',
  'order_id',
  'uuid',
  'guid',
  'url',
  'uri',
  'url_full',
  'url_path',
  'url_query',
  'http_url',
  'http_target',
  'user_agent',
  'email',
  'client_ip',
  'client_address',
  'remote_addr',
  'timestamp',
]);

export const unboundedKey: LintRule = {
  names: ['unbounded-key'],
  program({ bound }, report) {
    for (const schema of bound.schemas.values()) {
      for (const symbol of [schema.key, ...schema.tags]) {
        if (symbol === null || symbol.values !== null) continue;
        const { item } = symbol;
        const wire = wireNameOf(item.from) ?? symbol.name;
        if (!isEndless(symbol.name) && !isEndless(wire)) continue;
        report('unbounded-key', item.name.span, { kind: item.kind, name: symbol.name });
      }
    }
  },
};

/** `requestId`, `http.request_id` and `request-id` are `request_id`. */
function isEndless(name: string): boolean {
  const words = name
    .replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  return endless.has(words.slice(-2).join('_')) || endless.has(words.join('_'));
}
