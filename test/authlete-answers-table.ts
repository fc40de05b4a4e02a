/** What the client sees of an action, written down from ../shared/authlete.md and not from the code. */
export interface Expected {
  action: string;
  status: number;
  /** Of the body, or of what stands instead of it. */
  type?: 'json' | 'jwt' | 'html' | 'location' | 'challenge' | 'empty';
  /** The body when it's ours. */
  body?: Record<string, unknown>;
}

const serverError = { action: 'INTERNAL_SERVER_ERROR', status: 500 };
const unsupported = { error: 'unsupported_grant_type', error_description: 'This grant type is not served here.' };
const browsers: Expected[] = [
  { action: 'LOCATION', status: 302, type: 'location' },
  { action: 'FORM', status: 200, type: 'html' },
  { action: 'BAD_REQUEST', status: 400 },
  serverError,
];
const tokens: Expected[] = [
  { action: 'BAD_REQUEST', status: 400, type: 'challenge' },
  { action: 'UNAUTHORIZED', status: 401, type: 'challenge' },
  { action: 'FORBIDDEN', status: 403, type: 'challenge' },
  { ...serverError, type: 'challenge' },
];

/** The actions that end an exchange, by API. JSON is what isn't said otherwise. */
export const EXPECTED: Record<string, Expected[]> = {
  pushed_auth_req: [
    { action: 'CREATED', status: 201 },
    { action: 'BAD_REQUEST', status: 400 },
    { action: 'UNAUTHORIZED', status: 401 },
    { action: 'FORBIDDEN', status: 403 },
    { action: 'PAYLOAD_TOO_LARGE', status: 413 },
    serverError,
  ],
  'auth/authorization': browsers,
  'auth/authorization/issue': browsers,
  'auth/authorization/fail': browsers,
  'auth/token': [
    { action: 'OK', status: 200 },
    { action: 'ID_TOKEN_REISSUABLE', status: 200 },
    { action: 'INVALID_CLIENT', status: 401 },
    { action: 'BAD_REQUEST', status: 400 },
    serverError,
    ...['PASSWORD', 'TOKEN_EXCHANGE', 'JWT_BEARER', 'NATIVE_SSO'].map(action => ({
      action,
      status: 400,
      body: unsupported,
    })),
  ],
  'auth/revocation': [
    { action: 'OK', status: 200, type: 'empty' },
    { action: 'INVALID_CLIENT', status: 401 },
    { action: 'BAD_REQUEST', status: 400 },
    serverError,
  ],
  'auth/userinfo': tokens,
  'auth/userinfo/issue': [{ action: 'JSON', status: 200 }, { action: 'JWT', status: 200, type: 'jwt' }, ...tokens],
};

/** Those after which the endpoint has more to do. */
export const GOES_ON: Record<string, string[]> = {
  'auth/authorization': ['INTERACTION', 'NO_INTERACTION'],
  'auth/userinfo': ['OK'],
};
