// Addresses that a program names: of a team's own action, of `webhook`, of a fleet's webhook.

/** Why nothing can be sent there; `null` when it can. */
export function endpointFault(endpoint: string): string | null {
  if (!URL.canParse(endpoint)) return 'this is no address';
  const { protocol, username, password } = new URL(endpoint);
  if (protocol !== 'https:' && protocol !== 'http:') return `\`${protocol}\` is not \`https:\` or \`http:\``;
  return username === '' && password === '' ? null : 'an address in a program holds no user name and no password';
}
