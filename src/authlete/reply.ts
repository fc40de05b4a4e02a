import { AuthleteError } from './authlete-error.js';

/** Bytes. The longest true answers are documents with keys and claims, of some ten thousand. */
const LARGEST = 1_048_576;

export interface Reply {
  status: number;
  body: string;
  location?: string;
  contentType?: string;
}

/** One HTTP exchange with Authlete; throws `AuthleteError`. A redirect isn't followed: our credential is for one host alone. */
export async function request(api: string, url: string, init: RequestInit, timeout: number): Promise<Reply> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeout) });
    const [location, contentType] = [response.headers.get('location'), response.headers.get('content-type')];
    const body = await readBounded(api, response);
    return { status: response.status, body, ...(location && { location }), ...(contentType && { contentType }) };
  } catch (cause) {
    throw cause instanceof AuthleteError ? cause : failureOf(api, cause);
  }
}

async function readBounded(api: string, { body, status }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    if (length > LARGEST) throw new AuthleteError('malformed', { api, status, reason: 'the answer is too long' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function failureOf(api: string, cause: unknown): AuthleteError {
  const late = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = late ? 'no answer in time' : reasonOf(cause);
  return new AuthleteError(late ? 'timeout' : 'unreachable', { api, reason, cause });
}

/** undici says “fetch failed”, and why in its cause. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code } = thrown as NodeJS.ErrnoException; // a system error has one, others don't
  return thrown.cause instanceof Error ? reasonOf(thrown.cause) : (code ?? thrown.message);
}
