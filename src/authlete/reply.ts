import { AuthleteError } from './authlete-error.js';

/** Bytes. The longest true answers are documents with keys and claims, of some ten thousand. */
const LARGEST = 1_048_576;

export interface Reply {
  status: number;
  body: string;
  location?: string;
}

/** One HTTP exchange with Authlete; throws `AuthleteError`. A redirect isn't followed: our credential is for one host alone. */
export async function request(api: string, url: string, init: RequestInit, timeout: number): Promise<Reply> {
  const signal = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const location = response.headers.get('location');
    return { status: response.status, body: await readBounded(api, response), ...(location && { location }) };
  } catch (cause) {
    if (cause instanceof AuthleteError) throw cause;
    const kind = signal.aborted ? 'timeout' : 'unreachable';
    throw new AuthleteError(kind, { api, reason: signal.aborted ? 'no answer in time' : reasonOf(cause), cause });
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

/** undici says “fetch failed”, and why in its cause. */
function reasonOf(thrown: unknown): string {
  const { cause, code, message }: { cause?: unknown; code?: unknown; message?: unknown } = Object(thrown);
  return cause === undefined ? String(code ?? message ?? thrown) : reasonOf(cause);
}
