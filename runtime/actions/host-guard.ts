// Whom an action may call: hosts that the program names, and of those what the setting `actions.webhook.allow` lists;
// without it public addresses alone. The program's author decides where to, the operator how far.

import { BlockList, isIP } from 'node:net';

export interface HostGuard {
  /** Why the address (a URL) is not called; `null` when it may be, as far as its text tells. */
  refuse(url: string): string | null;
  /** For the address that the URL's host leads to: why it is not connected to, or `null`. */
  admit(url: string): (address: string) => string | null;
}

export interface HostGuardOptions {
  /** Host names, `host:port`, IP addresses, CIDR ranges; `null`: every public address. */
  readonly allow: readonly string[] | null;
  /** Whether the program that runs names the host (`host` of a URL, with its port if it has one). */
  readonly isNamed: (host: string) => boolean;
}

export type AllowEntry =
  | { readonly kind: 'host'; readonly host: string; readonly port: number | null }
  | { readonly kind: 'range'; readonly address: string; readonly prefix: number };

/** `null` for a text that is none. */
export function parseAllowEntry(text: string): AllowEntry | null {
  const [, address = '', bits = ''] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  if (family !== 0) {
    const most = family === 4 ? 32 : 128;
    const prefix = bits === '' ? most : Number(bits);
    return prefix <= most ? { kind: 'range', address, prefix } : null;
  }
  if (/[/?#@\s]/.test(text) || !URL.canParse(`http://${text}`)) return null;
  const { hostname } = new URL(`http://${text}`);
  // Port 80 is left out of a URL.
  const port = /:(\d+)$/.exec(text)?.[1];
  return { kind: 'host', host: plainHost(hostname), port: port === undefined ? null : Number(port) };
}

export function createHostGuard({ allow, isNamed }: HostGuardOptions): HostGuard {
  const entries = (allow ?? []).map(parseAllowEntry).filter((entry) => entry !== null);
  const listed = new BlockList();
  for (const entry of entries)
    if (entry.kind === 'range') listed.addSubnet(entry.address, entry.prefix, familyOf(entry.address));
  const isListedHost = (url: URL): boolean =>
    entries.some(
      (entry) =>
        entry.kind === 'host' &&
        entry.host === plainHost(url.hostname) &&
        (entry.port === null || entry.port === portOf(url)),
    );
  return {
    refuse(text) {
      if (!URL.canParse(text)) return 'it has no address that can be called';
      const url = new URL(text);
      return isNamed(url.host) ? null : `the program that runs now does not name ${url.host}`;
    },
    admit(text) {
      const url = new URL(text);
      const byName = isListedHost(url);
      return (address) => {
        if (listed.check(address, familyOf(address))) return null;
        const kind = kindOf(address);
        if (byName && vouchedFor(kind, url)) return null;
        if (kind !== 'public')
          return `${address} is ${words[kind]}; list it in \`actions.webhook.allow\` if it is meant`;
        return allow === null ? null : `${url.host} is not listed in \`actions.webhook.allow\``;
      };
    },
  };
}

type AddressKind = 'public' | 'private' | 'loopback' | 'reserved';

const words: Readonly<Record<Exclude<AddressKind, 'public'>, string>> = {
  private: 'a private address',
  loopback: 'an address of this very machine',
  reserved: 'a link-local, metadata or otherwise reserved address',
};

/** A name that leads to this machine or to where a cloud keeps its credentials is no reason to go there. */
function vouchedFor(kind: AddressKind, url: URL): boolean {
  const host = plainHost(url.hostname);
  if (isIP(host) !== 0) return true;
  if (kind === 'loopback') return host === 'localhost' || host.endsWith('.localhost');
  return kind !== 'reserved';
}

/** Registries of special addresses: RFC 6890, and what clouds answer on besides. */
const reserved = ranges([
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32',
  '168.63.129.16/32',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fd00:ec2::254/128',
]);
const loopback = ranges(['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128']);
const privateOnes = ranges(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', 'fc00::/7']);
/** Of IPv6 what is not this is for nobody out there, or holds an IPv4 address that has to be judged as one. */
const globalIpv6 = ranges(['2000::/3']);

function kindOf(address: string): AddressKind {
  const family = familyOf(address);
  if (reserved.check(address, family)) return 'reserved';
  if (loopback.check(address, family)) return 'loopback';
  if (privateOnes.check(address, family)) return 'private';
  return family === 'ipv4' || globalIpv6.check(address, family) ? 'public' : 'reserved';
}

function ranges(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits = ''] = text.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}

/** Without brackets and without the dot that ends a full name. */
function plainHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname.replace(/\.$/, '');
}

function portOf({ port, protocol }: URL): number {
  return port !== '' ? Number(port) : protocol === 'https:' ? 443 : 80;
}
