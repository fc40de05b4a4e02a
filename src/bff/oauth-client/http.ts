import type { Readable } from 'node:stream';
import type { CustomFetch } from 'openid-client';
import type { Dispatcher } from 'undici';
import { type AllowHttpFor, isSecureUrl } from '../secure-url.js';
import { AuthorizationServerFailure, markAnonymous } from './failure.js';

/** No answer of an authorization server is this large; more is an attack or a mistake. */
const LARGEST_ANSWER = 1024 * 1024;

export interface HttpOptions {
  dispatcher: Dispatcher;
  /** Seconds for the whole call, its body included. */
  timeout: number;
  issuer: string;
  backchannelUrl: string | undefined;
  allowHttpFor: AllowHttpFor;
}

/** The fetch that openid-client makes every call with: bounded in time and size, never following a redirect, plain http only where it's allowed (RFC 9126 §2). */
export function authorizationServerFetch(options: HttpOptions): CustomFetch {
  return async (url, init) => {
    const target = backchannel(new URL(url), options);
    if (!isSecureUrl(target, options.allowHttpFor)) {
      throw new AuthorizationServerFailure('misconfigured', `${target.origin} would be called over plain http`);
    }
    // what comes with a signal has been given the same time by whoever made it
    const signal = init.signal ?? AbortSignal.timeout(options.timeout * 1000);
    try {
      const { body, method, headers } = init;
      // undici's own fetch would make streams of what is a kilobyte, which takes as long as all the rest of a call
      const response = await options.dispatcher.request({
        origin: target.origin,
        path: target.pathname + target.search,
        method,
        headers,
        // what openid-client sends is a form or nothing
        body: body instanceof URLSearchParams ? body.toString() : null,
        signal,
      });
      const answer = await buffered(response);
      return method === 'POST' ? answer : markAnonymous(answer);
    } catch (error) {
      throw error instanceof AuthorizationServerFailure ? error : unavailable(error, signal);
    }
  };
}

/** Where the back-channel base URL differs from the issuer, only the address changes: the issuer is still compared exactly. */
export function backchannel(url: URL, { issuer, backchannelUrl }: Pick<HttpOptions, 'issuer' | 'backchannelUrl'>): URL {
  const base = issuer.replace(/\/$/, '');
  if (backchannelUrl === undefined || !`${url.href}/`.startsWith(`${base}/`)) return url;
  return new URL(backchannelUrl.replace(/\/$/, '') + url.href.slice(base.length));
}

class BufferedAnswer extends Response {
  constructor(
    readonly whole: string,
    ...given: ConstructorParameters<typeof Response>
  ) {
    super(...given);
  }
}

/** The body of an answer to our fetch, once more: a clone of a Response makes two streams of it. */
export function textOf(answer: Response): string {
  return answer instanceof BufferedAnswer ? answer.whole : '';
}

async function buffered({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Response> {
  // RFC 9110 §15; a Response takes no other, and a broken answer is no broken connection: it isn't asked for again
  if (statusCode > 599) throw new AuthorizationServerFailure('misconfigured', `the answer’s status is ${statusCode}`);
  const text = await textIn(body);
  const empty = [204, 205, 304].includes(statusCode);
  return new BufferedAnswer(text, empty ? null : text, { status: statusCode, headers: fieldsOf(headers) });
}

/** Without a byte order mark, as `Response.json()` reads it (RFC 8259 §8.1). */
function textIn(body: Readable): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  let size = 0;
  body.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > LARGEST_ANSWER)
      body.destroy(new AuthorizationServerFailure('misconfigured', 'the answer is larger than 1 MB'));
    else chunks.push(chunk);
  });
  body.once('end', () => resolve(new TextDecoder().decode(Buffer.concat(chunks))));
  body.once('error', reject);
  return promise;
}

/** Of an answer in JSON; none where it isn't any. */
export async function membersOf(response: Response): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await response.json();
    return typeof body === 'object' && body !== null ? { ...body } : {};
  } catch {
    return {};
  }
}

function fieldsOf(headers: Dispatcher.ResponseData['headers']): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
}

/** Alerts that a server sends when it doesn't like the client's certificate, or misses one (RFC 8446 §6.2): it will like it no better next time. */
const CERTIFICATE_REFUSED =
  /^ERR_SSL_[\w/]+_ALERT_(?:BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)$/;

function unavailable(error: unknown, signal: AbortSignal): AuthorizationServerFailure {
  if (CERTIFICATE_REFUSED.test(codeOf(error))) {
    const message = `the server refused the client’s certificate in the TLS handshake: ${codeOf(error)}`;
    return new AuthorizationServerFailure('invalid_client', message, { cause: error });
  }
  const reason = signal.aborted ? 'timed out' : `network error ${codeOf(error)}`;
  return new AuthorizationServerFailure('unavailable', reason, { cause: error });
}

function codeOf(error: unknown): string {
  for (let cause = error; typeof cause === 'object' && cause !== null; cause = 'cause' in cause ? cause.cause : null) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return '';
}
