import { ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client';

/**
 * How a call to the authorization server failed (RFC 9126 §2.3, RFC 6749 §5.2):
 * `unavailable`: network, timeout, 5xx, 429: the same call may succeed later. `invalid_client`: it doesn't accept our credentials.
 * `invalid_grant`: the code or refresh token is dead. `refused`: another error of its own. `misconfigured`: its answer breaks the standard.
 */
export type FailureOutcome = 'unavailable' | 'invalid_client' | 'invalid_grant' | 'refused' | 'misconfigured';

export class AuthorizationServerFailure extends Error {
  override readonly name = 'AuthorizationServerFailure';
  readonly status: number | undefined;
  /** The server's `error` and `error_description`: for the log, never for the browser. */
  readonly error: string | undefined;
  readonly errorDescription: string | undefined;
  /** Seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly outcome: FailureOutcome,
    message: string,
    details: {
      status?: number | undefined;
      error?: string | undefined;
      errorDescription?: string | undefined;
      retryAfter?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.status = details.status;
    this.error = details.error;
    this.errorDescription = details.errorDescription;
    this.retryAfter = details.retryAfter;
  }
}

const anonymous = new WeakSet<Response>();

/** The answer to a call that takes no client authentication (metadata, keys, userinfo): no word about the client, whatever it says. */
export function markAnonymous(response: Response): Response {
  anonymous.add(response);
  return response;
}

const DPOP_ERRORS = new Set(['use_dpop_nonce', 'invalid_dpop_proof']);

/** Reads what openid-client and oauth4webapi throw. */
export function failureOf(thrown: unknown): AuthorizationServerFailure {
  const chain = causes(thrown);
  const ours = chain.find(error => error instanceof AuthorizationServerFailure);
  if (ours) return ours;
  const body = chain.find(error => error instanceof ResponseBodyError);
  if (body) {
    return new AuthorizationServerFailure(
      outcomeOf(body.response, body.error),
      'the authorization server answered with an error',
      {
        status: body.status,
        error: body.error,
        errorDescription: body.error_description,
        retryAfter: retryAfterOf(body.response),
        cause: thrown,
      },
    );
  }
  const response = responseIn(chain);
  const message = chain.map(error => error.message).join(': ');
  if (!response) return new AuthorizationServerFailure('misconfigured', message, { cause: thrown });
  const error = dpopErrorIn(chain);
  return new AuthorizationServerFailure(outcomeOf(response, error), message, {
    status: response.status,
    error,
    retryAfter: retryAfterOf(response),
    cause: thrown,
  });
}

function outcomeOf(response: Response, error: string | undefined): FailureOutcome {
  const { status } = response;
  if (status >= 500 || status === 429) return 'unavailable';
  // a 401 about the proof says nothing about the client (RFC 9449 §7.1, §9)
  if (error !== undefined && DPOP_ERRORS.has(error)) return 'refused';
  if (!anonymous.has(response) && (error === 'invalid_client' || status === 401)) return 'invalid_client';
  if (error === 'invalid_grant') return 'invalid_grant';
  if (error === 'temporarily_unavailable' || error === 'server_error') return 'unavailable';
  return status >= 400 ? 'refused' : 'misconfigured';
}

function dpopErrorIn(chain: Error[]): string | undefined {
  const challenges = chain.find(error => error instanceof WWWAuthenticateChallengeError)?.cause ?? [];
  return challenges.find(({ scheme }) => scheme === 'dpop')?.parameters.error;
}

function responseIn(chain: Error[]): Response | undefined {
  const challenge = chain.find(error => error instanceof WWWAuthenticateChallengeError);
  return challenge?.response ?? chain.map(error => error.cause).find(cause => cause instanceof Response);
}

function causes(thrown: unknown): Error[] {
  const chain: Error[] = [];
  for (let error = thrown; error instanceof Error && chain.length < 10; error = error.cause) chain.push(error);
  return chain;
}

/** `Retry-After` in seconds, from 1 to 3600; a date is left to the default (RFC 9110 §10.2.3). */
function retryAfterOf(response: Response): number | undefined {
  const value = response.headers.get('retry-after') ?? '';
  return /^\d+$/.test(value) ? Math.min(Math.max(Number(value), 1), 3600) : undefined;
}
