/** What an API answers: `action` says what the authorization server has to do, `responseContent` what its client gets to see. */
export interface Answer {
  resultCode: string;
  resultMessage: string;
  action: string;
  responseContent?: string;
  [member: string]: unknown;
}

export function answer(resultCode: string, message: string, action: string, members: object = {}): Answer {
  return { resultCode, resultMessage: `[${resultCode}] ${message}`, action, ...members };
}

/**
 * The client has made a mistake. `resultCode` is the vendor's where a source gives it (authlete.md, Known answers), and `EMU-…` where none
 * does, so that nobody takes it for the vendor's.
 */
export class OAuthError extends Error {
  /** With its code in front, as the vendor's `error_description` has it. */
  readonly description: string;

  constructor(
    readonly resultCode: string,
    readonly error: string,
    message: string,
    /** Further members of the answer, as `dpopNonce`. */
    readonly members: Record<string, unknown> = {},
  ) {
    super(message);
    this.description = `[${resultCode}] ${message}`;
  }

  /** RFC 6749 §5.2. */
  get content(): { error: string; error_description: string } {
    return { error: this.error, error_description: this.description };
  }
}

/** How an API answers a client's mistake. */
export type Refuse = (failure: OAuthError) => Answer;

/** `unauthorized` is the API's own name of the action for `invalid_client`. */
export function refuseClient(unauthorized: 'UNAUTHORIZED' | 'INVALID_CLIENT' | 'BAD_REQUEST'): Refuse {
  return ({ resultCode, message, error, content, members }) =>
    answer(resultCode, message, error === 'invalid_client' ? unauthorized : 'BAD_REQUEST', {
      responseContent: JSON.stringify(content),
      ...members,
    });
}

/** RFC 6750 §3.1, by the actions of the vendor's UserInfoResponse and IntrospectionResponse. */
const TOKEN_ACTIONS: Readonly<Record<string, string>> = {
  invalid_request: 'BAD_REQUEST',
  invalid_token: 'UNAUTHORIZED',
  invalid_dpop_proof: 'UNAUTHORIZED',
  use_dpop_nonce: 'UNAUTHORIZED',
  insufficient_scope: 'FORBIDDEN',
};

/** There `responseContent` is the value of `WWW-Authenticate` (RFC 6750 §3, RFC 9449 §7.1). */
export const refuseToken: Refuse = ({ resultCode, message, error, description, members }) =>
  answer(resultCode, message, TOKEN_ACTIONS[error] ?? 'INTERNAL_SERVER_ERROR', {
    responseContent: `${error.includes('dpop') ? 'DPoP' : 'Bearer'} error="${error}",error_description="${description}"`,
    ...members,
  });
