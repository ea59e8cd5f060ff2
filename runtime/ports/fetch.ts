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
    throw new FetchFailed(describe(error, url), { cause: error });
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
  ['UND_ERR_SOCKET', 'connection closed by'],
  ['ENOTFOUND', 'no address known for'],
  ['EAI_AGAIN', 'no name server answers for'],
  ['EHOSTUNREACH', 'no way to'],
  ['ENETUNREACH', 'no way to'],
  ['ETIMEDOUT', 'no connection to'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection to'],
]);

/** `fetch failed` says nothing; what it was is in the cause. Only the host is named: paths and queries hold secrets. */
function describe(error: unknown, url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : 'an invalid address';
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : null;
  const sentence = sentences.get(code);
  if (sentence !== undefined) return `${sentence} ${host}`;
  return `${host}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
