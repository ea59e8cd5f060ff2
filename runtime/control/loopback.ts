// Whether an address is this very machine's alone.

export function isLoopback(host: string): boolean {
  return /^(localhost|(::ffff:)?127\.\d+\.\d+\.\d+|::1)$/.test(host);
}
