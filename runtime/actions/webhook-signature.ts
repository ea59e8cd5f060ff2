// The signature by which a receiver knows that a request is the engine's and that nobody has changed or kept it:
// HMAC-SHA256 over the time of sending, a dot and the body.

import { createHmac } from 'node:crypto';

export const signatureHeader = 'ddl-signature';

/** `t=1767225600,v1=HEX`; `now` in epoch ms, `t` in whole seconds. */
export function signatureOf(secret: string, now: number, body: string): string {
  const seconds = Math.floor(now / 1_000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
