/**
 * unreachable: no connection, a broken one, or a 5xx; refused: another status than 200, which is about our call and not the client's (our
 * credential, our service); malformed: no JSON, no action, an action that the API doesn't have.
 */
export type AuthleteErrorKind = 'unreachable' | 'timeout' | 'refused' | 'rate_limited' | 'malformed';

interface Details {
  api: string;
  reason: string;
  status?: number | undefined;
  resultCode?: string | undefined;
  cause?: unknown;
}

/** A call of ours that failed. Nothing of it is for the client. */
export class AuthleteError extends Error {
  override readonly name = 'AuthleteError';
  readonly api: string;
  readonly status: number | undefined;
  readonly resultCode: string | undefined;

  constructor(
    readonly kind: AuthleteErrorKind,
    { api, reason, status, resultCode, cause }: Details,
  ) {
    super(`Authlete, ${api}: ${reason}`, { cause });
    this.api = api;
    this.status = status;
    this.resultCode = resultCode;
  }

  /** The same request may do better in a while. */
  get passes(): boolean {
    return this.kind === 'unreachable' || this.kind === 'timeout' || this.kind === 'rate_limited';
  }
}
