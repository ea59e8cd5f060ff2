// Which bundle a rollback goes to: the one that ran before, however often one has gone back already, or one by its hash.

import type { BundleOrder, BundleStore } from '../ledger/bundle-store.ts';
import { DeployRefused } from './running-bundle.ts';

const lookedAt = 200;

/** `first`: what ran before any order. `beginning`: of a hash, or `null` for the one before. Errors: `DeployRefused`. */
export async function rollbackTarget(store: BundleStore, first: string, beginning: string | null): Promise<string> {
  if (beginning === null) {
    const previous = bundlesInOrder(await store.orders(lookedAt), first).at(-2);
    if (previous !== undefined) return previous;
    throw new DeployRefused('unknown-bundle', 'there is no earlier bundle: this one was the first');
  }
  const known = new Set([first, ...(await store.list(lookedAt)).map(({ hash }) => hash)]);
  const [found, ...more] = [...known].filter((hash) => hash.startsWith(beginning));
  if (found !== undefined && more.length === 0) return found;
  const what = found === undefined ? 'no bundle' : `${more.length + 1} bundles`;
  const message = `${what} with a hash that begins with ${beginning}: \`ddlc status\` lists the last orders`;
  throw new DeployRefused('unknown-bundle', message);
}

/** What ran, oldest first, with what was rolled back taken out; its last is what runs now. */
function bundlesInOrder(newestFirst: readonly BundleOrder[], first: string): readonly string[] {
  const ran: string[] = [first];
  for (const { hash, kind } of newestFirst.toReversed()) {
    const at = kind === 'rollback' ? ran.lastIndexOf(hash) : -1;
    if (at >= 0) ran.length = at + 1;
    else if (ran.at(-1) !== hash) ran.push(hash);
  }
  return ran;
}
