// HTTP to the outside. The only file that calls `fetch`. Never follows a redirect, obeys its signal until the last
// byte, and reads no more of an answer than it is allowed to.

export interface FetchRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
  /** Bytes of the answer that are read; the rest is left unread and the connection closed. */
  readonly answerBytesMax: number;
}

export interface FetchAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly retryAfter: string | null;
  /** As UTF-8. */
  readonly body: string;
  /** There was more than `answerBytesMax`. */
  readonly cut: boolean;
}

/** No answer came. `message` is for people: `connection refused by 127.0.0.1:9`. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed';
}

/** Errors: `FetchFailed`; when the signal aborted, its reason. */
export type Fetch = (request: FetchRequest) => Promise<FetchAnswer>;

export const systemFetch: Fetch = async ({ method, url, headers, body, signal, answerBytesMax }) => {
  try {
    const response = await fetch(url, { method, headers, body, signal, redirect: 'manual' });
    const { text, cut } = await readBounded(response, answerBytesMax);
    const { status, headers: received } = response;
    return { status, location: received.get('location'), retryAfter: received.get('retry-after'), body: text, cut };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    // Without the cause: its message may quote the whole address or a header.
    throw new FetchFailed(describe(error, url));
  }
};

async function readBounded(response: Response, bytesMax: number): Promise<{ text: string; cut: boolean }> {
  if (response.body === null) return { text: '', cut: false };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: Buffer.concat(chunks).toString('utf8'), cut: false };
    chunks.push(value.subarray(0, bytesMax - bytes));
    bytes += value.byteLength;
    if (bytes <= bytesMax) continue;
    // A failure to close what nobody wants to read is nobody's concern.
    await reader.cancel().catch(() => {});
    return { text: Buffer.concat(chunks).toString('utf8'), cut: true };
  }
}

const sentences: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'connection refused by'],
  ['ECONNRESET', 'connection closed by'],
  ['EPIPE', 'connection closed by'],
  ['UND_ERR_SOCKET', 'connection closed by'],
  ['ENOTFOUND', 'no address known for'],
  ['EAI_AGAIN', 'no name server answers for'],
  ['EHOSTUNREACH', 'no way to'],
  ['ENETUNREACH', 'no way to'],
  ['ETIMEDOUT', 'no connection to'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection to'],
  ['UND_ERR_HEADERS_TIMEOUT', 'no answer from'],
  ['UND_ERR_BODY_TIMEOUT', 'no end of the answer from'],
  ['CERT_HAS_EXPIRED', 'expired certificate of'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate of'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in the chain of'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate by an unknown issuer of'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate by an unknown issuer of'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate for another name from'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS spoken by'],
]);

/**
 * `fetch failed` says nothing; what it was is in the cause. Of that the code alone is read, and of the address the host
 * alone is named: users, paths, queries and headers hold secrets, and messages quote them.
 */
function describe(error: unknown, url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : 'an invalid address';
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : null;
  const sentence = sentences.get(code);
  if (sentence !== undefined) return `${sentence} ${host}`;
  return `no request could be made to ${host}: check its address, port and the headers sent`;
}
