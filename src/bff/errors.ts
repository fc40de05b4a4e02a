import { HttpException } from '@nestjs/common';

/**
 * The one table of what leaves: problem code → status, words, and whether the same request may be sent again. docs/contract.md holds it too,
 * and a test compares them. An error's `detail` is for people; it never holds what an authorization server, an API or the browser said.
 */
export const PROBLEMS = {
  csrf_header_missing: problem(
    403,
    'The X-CSRF header is missing',
    'Send the header X-CSRF: 1 with every request that a script makes.',
  ),
  cross_site_request: problem(403, 'Cross-site request refused', 'Another site’s page sent this request.'),
  navigation_required: problem(
    403,
    'Navigation required',
    'Open this address in a browser tab; it can’t be framed, embedded or fetched.',
  ),
  service_worker_refused: problem(403, 'Service worker refused', 'An API’s answer can’t be used as a service worker.'),
  misdirected_request: problem(
    421,
    'Misdirected request',
    'This server doesn’t answer for the host that was asked for. Check the address.',
  ),
  not_found: problem(404, 'Not found', 'There is nothing at this address.'),
  method_not_allowed: problem(405, 'Method not allowed', 'This address doesn’t take that method.'),
  invalid_request: problem(400, 'Invalid request', 'The request is malformed.'),
  invalid_return_to: problem(
    400,
    'Invalid return_to',
    'return_to must be a path of this app of at most 512 characters, and no endpoint or API route.',
  ),
  invalid_login_parameter: problem(
    400,
    'Invalid login parameter',
    'A login parameter isn’t known, or its value isn’t valid.',
  ),
  not_authenticated: problem(401, 'Not authenticated', 'Log in first.'),
  token_expired: problem(
    401,
    'Access token expired',
    'The access token has expired and can’t be refreshed. Log in again.',
  ),
  step_up_required: problem(401, 'Another login is needed', 'This needs a fresher or stronger login. Log in again.'),
  session_ended: problem(401, 'Session ended', 'The session has ended. Log in again.'),
  login_rate_limited: problem(
    429,
    'Too many logins',
    'Too many logins were started. Wait a moment, then try again.',
    5,
  ),
  authorization_server_unavailable: problem(
    503,
    'Login is unavailable',
    'The login service can’t be reached at the moment. Try again soon.',
    5,
  ),
  authorization_server_rejected_client: problem(
    502,
    'Login is misconfigured',
    'The login service doesn’t accept this application.',
  ),
  authorization_server_refused_request: problem(
    502,
    'Login was refused',
    'The login service refused the login request.',
  ),
  authorization_server_misconfigured: problem(
    502,
    'Login is misconfigured',
    'The login service’s answer doesn’t follow the standard or this app’s settings.',
  ),
  login_transaction_missing: problem(
    400,
    'This login can’t be finished',
    'It took too long, or it was started in another browser. Start it again.',
  ),
  authorization_response_refused: problem(
    400,
    'This login can’t be finished',
    'The answer doesn’t fit the login that was started here. Start it again.',
  ),
  upgrade_refused: problem(
    400,
    'Upgrade refused',
    'This address takes no upgrade to that protocol, or the handshake is malformed.',
  ),
  unknown_api_route: problem(404, 'Unknown API route', 'No API is configured at this path.'),
  api_path_refused: problem(
    400,
    'Path refused',
    'The path has dot segments, encoded separators, backslashes or empty segments.',
  ),
  api_unreachable: problem(502, 'API unreachable', 'The API couldn’t be reached, or broke off before it answered.', 0),
  api_timeout: problem(504, 'API timeout', 'The API didn’t answer in time.', 0),
  api_redirect_refused: problem(502, 'API redirect refused', 'The API redirects to another place.'),
  api_response_invalid: problem(502, 'API answer invalid', 'The API’s answer can’t be passed on.'),
  request_too_large: problem(413, 'Request too large', 'The request’s body is larger than this address takes.'),
  request_header_too_large: problem(
    431,
    'Request header too large',
    'The request’s header is larger than this address takes.',
  ),
  request_timeout: problem(408, 'Request timeout', 'The request’s body stood still for too long.', 0),
  storage_unavailable: problem(
    503,
    'Sessions are unavailable',
    'The session storage can’t be reached at the moment. Try again soon.',
    5,
  ),
  internal_error: problem(500, 'Internal error', 'Something went wrong here.'),
} as const satisfies Record<string, Problem>;

export type ProblemCode = keyof typeof PROBLEMS;

export interface Problem {
  status: number;
  title: string;
  detail: string;
  /** Seconds for `Retry-After` (0: at once, no header); absent: the same request will fail again. */
  retryAfter?: number;
}

/** Codes of `login_error`: what a failed login says to the SPA at `return_to`. */
export const LOGIN_ERRORS = [
  'access_denied',
  'login_required',
  'consent_required',
  'interaction_required',
  'account_selection_required',
  'temporarily_unavailable',
  'request_expired',
  'different_user',
  'login_failed',
] as const;
export type LoginError = (typeof LOGIN_ERRORS)[number];

/** What an API wants of the user's login, as parameters of `/login` (RFC 9470 §3). */
export interface StepUp {
  readonly acr_values?: string;
  readonly max_age?: string;
}

interface ErrorOptions {
  reason?: string;
  cause?: unknown;
  retryAfter?: number;
  allow?: string;
  returnTo?: string;
  stepUp?: StepUp;
}

/**
 * A refusal or failure with a code of the table. `reason` and `cause` go to the log, never to the browser. It's one of Nest's own exceptions, so that
 * a host's controller behind our guards answers with the right status also without our filter.
 */
export class BffError extends HttpException {
  override readonly name = 'BffError';
  constructor(
    readonly code: ProblemCode,
    options: ErrorOptions = {},
  ) {
    const entry: Problem = PROBLEMS[code];
    const { status, title, detail } = entry;
    super({ type: 'about:blank', title, status, code, detail }, status, { cause: options.cause });
    this.message = options.reason ?? title;
    this.retryAfter = options.retryAfter ?? entry.retryAfter;
    this.allow = options.allow;
    this.returnTo = options.returnTo;
    this.stepUp = options.stepUp;
  }
  readonly retryAfter: number | undefined;
  readonly allow: string | undefined;
  /** Where a page's “log in again” leads back to, already checked. */
  readonly returnTo: string | undefined;
  /** Checked as what the browser asks for is. */
  readonly stepUp: StepUp | undefined;
}

function problem(status: number, title: string, detail: string, retryAfter?: number): Problem {
  return { status, title, detail, ...(retryAfter !== undefined && { retryAfter }) };
}
