// Whom an action may call: table by table, every kind of address, every form of a host.

import { describe, expect, it } from 'vitest';
import { createHostGuard, parseAllowEntry } from '../../runtime/actions/host-guard.ts';

const named = () => true;

function admits(allow: readonly string[] | null, url: string, address: string): boolean {
  return createHostGuard({ allow, isNamed: named }).admit(url)(address) === null;
}

describe('without a list', () => {
  it.each(['93.184.216.34', '8.8.8.8', '2606:4700::1111', '172.32.0.1', '100.128.0.1'])('%s is public', (address) => {
    expect(admits(null, 'https://hooks.example/', address)).toBe(true);
  });

  it.each([
    ['127.0.0.1', 'this very machine'],
    ['127.255.0.9', 'this very machine'],
    ['0.0.0.0', 'this very machine'],
    ['::1', 'this very machine'],
    ['::', 'this very machine'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['fd12::1', 'private'],
    ['169.254.169.254', 'metadata'],
    ['169.254.0.1', 'metadata'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['fd00:ec2::254', 'metadata'],
    ['fe80::1', 'reserved'],
    ['224.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['192.0.2.1', 'reserved'],
    ['ff02::1', 'reserved'],
    ['2002:7f00:1::', 'reserved'],
    ['64:ff9b::7f00:1', 'reserved'],
    ['2001:db8::1', 'reserved'],
    ['::ffff:127.0.0.1', 'this very machine'],
    ['::ffff:7f00:1', 'this very machine'],
    ['::ffff:169.254.169.254', 'metadata'],
    ['::ffff:10.0.0.1', 'private'],
  ])('%s is not', (address, word) => {
    const why = createHostGuard({ allow: null, isNamed: named }).admit('https://hooks.example/')(address);
    expect(why).toContain(word);
    expect(why).toContain('`actions.webhook.allow`');
  });
});

describe('with a list', () => {
  it.each([
    [['hooks.example'], 'https://hooks.example/a', '93.184.216.34', true],
    [['HOOKS.example.'], 'https://hooks.example./a', '93.184.216.34', true],
    [['hooks.example'], 'https://hooks.example/a', '10.0.0.1', true],
    [['hooks.example'], 'https://other.example/a', '93.184.216.34', false],
    [['hooks.example'], 'https://evil.hooks.example/a', '93.184.216.34', false],
    [['hooks.example'], 'https://hooks.example/a', '127.0.0.1', false],
    [['hooks.example'], 'https://hooks.example/a', '169.254.169.254', false],
    [['hooks.example', '127.0.0.1'], 'https://hooks.example/a', '127.0.0.1', true],
    [['localhost'], 'http://localhost:8080/a', '127.0.0.1', true],
    [['localhost'], 'http://localhost:8080/a', '169.254.169.254', false],
    [['hooks.example:443'], 'https://hooks.example/a', '93.184.216.34', true],
    [['hooks.example:8443'], 'https://hooks.example/a', '93.184.216.34', false],
    [['hooks.example:80'], 'http://hooks.example/a', '93.184.216.34', true],
    [['127.0.0.1:8080'], 'http://127.0.0.1:8080/a', '127.0.0.1', true],
    [['127.0.0.1:8080'], 'http://127.0.0.1:8081/a', '127.0.0.1', false],
    [['[::1]:8080'], 'http://[::1]:8080/a', '::1', true],
    [['::1'], 'http://[::1]:8080/a', '::1', true],
    [['10.0.0.0/8'], 'https://hooks.example/a', '10.9.9.9', true],
    [['10.0.0.0/8'], 'https://hooks.example/a', '11.9.9.9', false],
    [['10.0.0.0/8'], 'https://hooks.example/a', '93.184.216.34', false],
    [['169.254.169.254'], 'http://meta.example/a', '169.254.169.254', true],
    [['fd00::/8'], 'http://meta.example/a', 'fd12::9', true],
    [[], 'https://hooks.example/a', '93.184.216.34', false],
  ])('%j: %s at %s: %s', (allow, url, address, expected) => {
    expect(admits(allow, url, address)).toBe(expected);
  });

  it('a host that the program does not name is not called, listed or not', () => {
    const guard = createHostGuard({ allow: ['hooks.example'], isNamed: (host) => host === 'other.example:8443' });
    expect(guard.refuse('https://hooks.example/')).toBe('the program that runs now does not name hooks.example');
    expect(guard.refuse('https://other.example:8443/x')).toBeNull();
    expect(guard.refuse('https://other.example/x')).not.toBeNull();
    expect(guard.refuse('')).toBe('it has no address that can be called');
  });
});

it.each([
  '',
  'a b',
  'http://hooks.example',
  'hooks.example/x',
  'me@hooks.example',
  '10.0.0.0/33',
  '10.0/8',
  '::1/129',
  'a:99999',
])('%j is no entry of a list', (text) => {
  expect(parseAllowEntry(text)).toBeNull();
});
