// Which bundle a rollback goes to: the one that ran before, however often one has gone back already.

import type { BundleOrder } from '../ledger/bundle-store.ts';

/**
 * What ran, oldest first, with what was rolled back taken out; its last is what runs now. `orders`: newest first;
 * `first`: what ran before any order.
 */
export function bundlesInOrder(orders: readonly BundleOrder[], first: string | null): readonly string[] {
  const ran: string[] = first === null ? [] : [first];
  for (const { hash, kind } of orders.toReversed()) {
    const at = kind === 'rollback' ? ran.lastIndexOf(hash) : -1;
    if (at >= 0) ran.length = at + 1;
    else if (ran.at(-1) !== hash) ran.push(hash);
  }
  return ran;
}
