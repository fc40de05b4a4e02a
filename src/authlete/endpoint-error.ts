/** Error codes of our own: RFC 6749 §5.2, RFC 6750 §3.1, RFC 9449 §5; the last two of RFC 6749 §4.1.2.1, for want of better ones. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_token'
  | 'invalid_dpop_proof'
  | 'unsupported_grant_type'
  | 'server_error'
  | 'temporarily_unavailable';

/** A refusal of ours, before Authlete has been asked, or because it couldn't be. `description` is for the client's developers. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
  constructor(
    readonly status: number,
    readonly code: OAuthErrorCode,
    readonly description: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(description);
  }
}

export const invalidRequest = (description: string, status = 400) =>
  new EndpointError(status, 'invalid_request', description);
