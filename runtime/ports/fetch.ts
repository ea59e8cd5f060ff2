// HTTP to the outside, the only file that speaks it. Resolves a name once and connects to an address that was admitted,
// follows no redirect, uses no proxy, obeys its signal until the last byte, reads no more than it is allowed to.

import { lookup as lookupName } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';

export interface FetchRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly signal: AbortSignal;
  /** Bytes of the answer that are read; the rest is left unread and the connection closed. */
  readonly answerBytesMax: number;
  /** How the answer's bytes become text; `latin1` keeps each as one character. UTF-8 without it. */
  readonly encoding?: 'latin1';
  /**
   * Asked of every address that the host's name leads to: `null` when it may be connected to, else why not. Only an
   * admitted one is connected to, whatever the name leads to a moment later. Absent: all are.
   */
  readonly admit?: (address: string) => string | null;
}

export interface FetchAnswer {
  readonly status: number;
  readonly location: string | null;
  readonly retryAfter: string | null;
  /** As UTF-8 unless asked otherwise. */
  readonly body: string;
  /** There was more than `answerBytesMax`, or the connection ended before the answer did. */
  readonly cut: boolean;
}

/** `refused`: no address was admitted. `unreached`: nothing was sent. `cut`: it may have arrived, and no answer came. */
export type FetchFailure = 'refused' | 'unreached' | 'cut';

/** No answer came. `message` is for people: `connection refused by 127.0.0.1:9`. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed';
  readonly failure: FetchFailure;

  constructor(message: string, failure: FetchFailure) {
    super(message);
    this.failure = failure;
  }
}

/** Errors: `FetchFailed`; when the signal aborted, its reason. */
export type Fetch = (request: FetchRequest) => Promise<FetchAnswer>;

/** The addresses of a name, in the order in which they are tried. */
export type Resolve = (host: string) => Promise<readonly string[]>;

const systemResolve: Resolve = async (host) =>
  (await lookupName(host, { all: true, verbatim: true })).map(({ address }) => address);

export const systemFetch: Fetch = createFetch(systemResolve);

export function createFetch(resolve: Resolve): Fetch {
  return async (request) => {
    const { signal } = request;
    let sent = false;
    try {
      if (signal.aborted) throw signal.reason;
      const url = new URL(request.url);
      if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') throw new Error('no address');
      const addresses = await admitted(url, request, resolve);
      return await exchange(url, request, addresses, () => {
        sent = true;
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof FetchFailed) throw error;
      // Without the cause: its message may quote the whole address or a header.
      throw new FetchFailed(describe(error, request.url), sent ? 'cut' : 'unreached');
    }
  };
}

/** The addresses that may be connected to. Errors: `FetchFailed` when there is none. */
async function admitted(url: URL, { admit, signal }: FetchRequest, resolve: Resolve): Promise<readonly string[]> {
  const host = bareHost(url);
  const all = isIP(host) === 0 ? await unlessAborted(resolve(host), signal) : [host];
  if (admit === undefined) return all;
  const verdicts = all.map((address) => ({ address, why: admit(address) }));
  const good = verdicts.filter(({ why }) => why === null);
  const [first] = verdicts;
  if (good.length === 0 && first !== undefined)
    throw new FetchFailed(`${url.host} is not called: ${first.why}`, 'refused');
  return good.map(({ address }) => address);
}

/** IPv6 addresses stand in brackets in a URL. */
function bareHost({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Sends the request to the first of `addresses` that takes it; `onSent` is called when something may have been sent. */
function exchange(
  url: URL,
  { method, headers, body, signal, answerBytesMax, encoding }: FetchRequest,
  addresses: readonly string[],
  onSent: () => void,
): Promise<FetchAnswer> {
  const secure = url.protocol === 'https:';
  const options: RequestOptions = {
    method,
    hostname: bareHost(url),
    port: url.port === '' ? undefined : Number(url.port),
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, ...(body === null ? {} : { 'content-length': Buffer.byteLength(body) }) },
    // A connection of its own, to the address that was checked; names and certificates stay those of the host.
    agent: false,
    lookup: pinned(addresses),
  };
  return new Promise((resolve, reject) => {
    const sending: ClientRequest = (secure ? httpsRequest : httpRequest)(options, (answer) => {
      read(answer, answerBytesMax, encoding ?? 'utf8')
        .then(resolve)
        .finally(end);
    });
    const onAbort = (): void => {
      sending.destroy();
      end();
      reject(signal.reason);
    };
    function end(): void {
      signal.removeEventListener('abort', onAbort);
      sending.destroy();
    }
    sending.on('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', onSent));
    sending.on('error', (error) => {
      end();
      reject(error);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    sending.end(body ?? undefined);
  });
}

function pinned(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_host, options, answer) => {
    const [first] = all;
    if (options.all === true) answer(null, all);
    else if (first !== undefined) answer(null, first.address, first.family);
    else answer(Object.assign(new Error('no address'), { code: 'ENOTFOUND' }), '', 4);
  };
}

function read(answer: IncomingMessage, bytesMax: number, encoding: BufferEncoding): Promise<FetchAnswer> {
  const { location = null, 'retry-after': retryAfter = null } = answer.headers;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (cut: boolean): void => {
      const body = Buffer.concat(chunks).toString(encoding);
      resolve({ status: answer.statusCode ?? 0, location, retryAfter, body, cut });
    };
    answer.on('data', (chunk: Buffer) => {
      chunks.push(chunk.subarray(0, Math.max(0, bytesMax - bytes)));
      bytes += chunk.length;
      if (bytes <= bytesMax) return;
      done(true);
      answer.destroy();
    });
    answer.on('end', () => done(false));
    // What the status says holds, also when the rest never comes.
    answer.on('error', () => done(true));
    answer.on('close', () => done(true));
  });
}

const sentences: ReadonlyMap<unknown, string> = new Map([
  ['ECONNREFUSED', 'connection refused by'],
  ['ECONNRESET', 'connection closed by'],
  ['EPIPE', 'connection closed by'],
  ['ENOTFOUND', 'no address known for'],
  ['EAI_AGAIN', 'no name server answers for'],
  ['EHOSTUNREACH', 'no way to'],
  ['ENETUNREACH', 'no way to'],
  ['ETIMEDOUT', 'no connection to'],
  ['CERT_HAS_EXPIRED', 'expired certificate of'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate of'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in the chain of'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'certificate by an unknown issuer of'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'certificate by an unknown issuer of'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'certificate for another name from'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS spoken by'],
  ['EPROTO', 'no TLS spoken by'],
  ['HPE_INVALID_CONSTANT', 'no HTTP spoken by'],
  ['HPE_HEADER_OVERFLOW', 'too large an answer from'],
]);

/**
 * Of an error the code alone is read, and of the address the host alone is named: users, paths, queries and headers hold
 * secrets, and messages quote them.
 */
function describe(error: unknown, url: string): string {
  const host = URL.canParse(url) ? new URL(url).host : 'an invalid address';
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  const sentence = sentences.get(code);
  if (sentence !== undefined) return `${sentence} ${host}`;
  return `no request could be made to ${host}: check its address, port and the headers sent`;
}
