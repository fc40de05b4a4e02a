import type { AnswerLie, AuthorizationLie, IdTokenLie, KeysLie } from './lies.js';

// One line a lie, for `it.each(Object.entries(pushLies))`; `{ ...pushLies['500'], times: 1 }` lies once.

const json = { 'content-type': 'application/json' };
const html = { 'content-type': 'text/html' };
const twentyMegabytes = () => `{"request_uri":"urn:huge:${'x'.repeat(20 * 1024 * 1024)}","expires_in":60}`;
const page = '<!doctype html><p>Something went wrong</p>';

export const pushLies = {
  '400 with a JSON error': { status: 400, body: { error: 'invalid_request', error_description: 'secret reason' } },
  '400 that is no JSON': { status: 400, headers: html, body: page },
  '400 with half a JSON document': { status: 400, headers: json, body: '{"error":' },
  '400 without a body': { status: 400, headers: { 'content-type': undefined }, body: '' },
  '401 invalid_client': { status: 401, body: { error: 'invalid_client' } },
  '401 invalid_client with a challenge': {
    status: 401,
    headers: { 'www-authenticate': 'Basic realm="hostile"' },
    body: { error: 'invalid_client' },
  },
  '403': { status: 403, body: { error: 'access_denied' } },
  '405': { status: 405, headers: { allow: 'GET' }, body: { error: 'invalid_request' } },
  '413': { status: 413, body: { error: 'invalid_request' } },
  '429 with Retry-After': { status: 429, headers: { 'retry-after': '7' }, body: { error: 'slow_down' } },
  '429 without Retry-After': { status: 429, headers: html, body: page },
  '500': { status: 500, headers: html, body: page },
  '503 with Retry-After': { status: 503, headers: { 'retry-after': '7' }, body: { error: 'temporarily_unavailable' } },
  'a status that HTTP has not': { status: 600 },
  'a redirect': { status: 302, headers: { location: '/elsewhere' }, body: '' },
  'a redirect that keeps the method': { status: 307, headers: { location: '/elsewhere' }, body: '' },
  '200 instead of 201': { status: 200 },
  '204': { status: 204, headers: { 'content-type': undefined }, body: '' },
  'HTML instead of JSON': { status: 201, headers: html, body: page },
  'a JSON array': { body: [] },
  'JSON null': { body: null },
  'no request_uri': { members: { request_uri: undefined } },
  'an empty request_uri': { members: { request_uri: '' } },
  'a request_uri that is a number': { members: { request_uri: 7 } },
  'a request_uri too long for a browser': { members: { request_uri: `urn:x:${'x'.repeat(5000)}` } },
  'no expires_in': { members: { expires_in: undefined } },
  'expires_in 0': { members: { expires_in: 0 } },
  'expires_in negative': { members: { expires_in: -1 } },
  'expires_in as a string': { members: { expires_in: '60' } },
  'expires_in with a fraction': { members: { expires_in: 1.5 } },
  'expires_in null': { members: { expires_in: null } },
  'expires_in beyond numbers': { body: '{"request_uri":"urn:x:1","expires_in":1e999}' },
  'a body that breaks off': { transport: 'truncate' },
  'a closed connection': { transport: 'drop' },
  'no answer': { transport: 'hang' },
  'an answer that drips': { transport: 'drip' },
  'a huge body': { body: twentyMegabytes },
} satisfies Record<string, AnswerLie>;

export const discoveryLies = {
  'an issuer with a slash': { members: ({ issuer }) => ({ issuer: `${String(issuer)}/` }) },
  'another issuer': { members: { issuer: 'https://other.example' } },
  'an issuer in capitals': { members: ({ issuer }) => ({ issuer: String(issuer).replace('http', 'HTTP') }) },
  'no issuer': { members: { issuer: undefined } },
  'no authorization endpoint': { members: { authorization_endpoint: undefined } },
  'no token endpoint': { members: { token_endpoint: undefined } },
  'no PAR endpoint': { members: { pushed_authorization_request_endpoint: undefined } },
  'no key set': { members: { jwks_uri: undefined } },
  'a 500': { status: 500, headers: html, body: page },
  'a 404': { status: 404, headers: html, body: page },
  'no JSON': { status: 200, headers: html, body: page },
  'a redirect': {
    status: 302,
    headers: { location: 'https://other.example/.well-known/openid-configuration' },
    body: '',
  },
  'a closed connection': { transport: 'drop' },
  'no answer': { transport: 'hang' },
} satisfies Record<string, AnswerLie>;

const error = (more: Record<string, unknown> = {}): AuthorizationLie => ({
  parameters: { code: undefined, error: 'access_denied', error_description: 'secret reason', ...more },
});

export const authorizationResponseLies = {
  'state is missing': { parameters: { state: undefined } },
  'state is empty': { parameters: { state: '' } },
  'state is altered': { parameters: ({ state }) => ({ state: `${state}x` }) },
  'state is another one': { parameters: { state: 'another-state' } },
  'state stands twice': { parameters: ({ state }) => ({ state: [state, state] }) },
  'two states': { parameters: ({ state }) => ({ state: [state, 'another-state'] }) },
  'iss is missing': { parameters: { iss: undefined } },
  'iss is another': { parameters: { iss: 'https://other.example' } },
  'iss has a slash': { parameters: ({ iss }) => ({ iss: `${iss}/` }) },
  'iss stands twice': { parameters: ({ iss }) => ({ iss: [iss, iss] }) },
  'two issuers': { parameters: ({ iss }) => ({ iss: [iss, 'https://other.example'] }) },
  'code is missing': { parameters: { code: undefined } },
  'code is empty': { parameters: { code: '' } },
  'two codes': { parameters: ({ code }) => ({ code: [code, 'another-code'] }) },
  'both code and error': { parameters: { error: 'access_denied' } },
  'an error': error(),
  'an error without state': error({ state: undefined }),
  'an error without iss': error({ iss: undefined }),
  'an error with another iss': error({ iss: 'https://other.example' }),
  'an error without state and iss': error({ state: undefined, iss: undefined }),
  'an expired request_uri': error({ state: undefined, error: 'invalid_request_uri', error_description: undefined }),
  login_required: error({ error: 'login_required' }),
  'an error outside the grammar': error({ error: '"><script>alert(1)</script>' }),
  'parameters nobody knows': { parameters: { session_state: 'x', extra: ['1', '2'] } },
} satisfies Record<string, AuthorizationLie>;

export const tokenLies = {
  '400 invalid_grant': { status: 400, body: { error: 'invalid_grant', error_description: 'secret reason' } },
  '400 that is no JSON': { status: 400, headers: html, body: page },
  '401 invalid_client': { status: 401, body: { error: 'invalid_client' } },
  '429': { status: 429, headers: { 'retry-after': '7' }, body: { error: 'slow_down' } },
  '500': { status: 500, headers: html, body: page },
  '503': { status: 503, body: { error: 'temporarily_unavailable' } },
  'HTML instead of JSON': { headers: html, body: page },
  'no access token': { members: { access_token: undefined } },
  'an access token with a line break': { members: { access_token: 'a\r\nX-Evil: 1' } },
  'an access token beyond ASCII': { members: { access_token: '\u20ac' } },
  'no token type': { members: { token_type: undefined } },
  'another token type': { members: { token_type: 'mac' } },
  'no ID token': { members: { id_token: undefined } },
  'expires_in as a string': { members: { expires_in: 'soon' } },
  'a body that breaks off': { transport: 'truncate' },
  'a closed connection': { transport: 'drop' },
  'no answer': { transport: 'hang' },
} satisfies Record<string, AnswerLie>;

/** A7: answers that are unusual and still fine. */
export const tokenOddities = {
  'no expires_in': { members: { expires_in: undefined } },
  'token_type in odd case': { members: { token_type: 'bEaReR' } },
  'a lifetime of the refresh token': { members: { refresh_expires_in: 1800 } },
  'no refresh token': { members: { refresh_token: undefined } },
} satisfies Record<string, AnswerLie>;

export const idTokenLies = {
  'iss is another': { claims: { iss: 'https://other.example' } },
  'iss has a slash': { claims: ({ iss }) => ({ iss: `${iss}/` }) },
  'iss is missing': { claims: { iss: undefined } },
  'aud is another': { claims: { aud: 'another-client' } },
  'aud is missing': { claims: { aud: undefined } },
  'several aud without azp': { claims: ({ aud }) => ({ aud: [aud, 'another-client'] }) },
  'several aud and another azp': { claims: ({ aud }) => ({ aud: [aud, 'another-client'], azp: 'another-client' }) },
  'exp is over': { claims: ({ exp }) => ({ exp: exp - 7200 }) },
  'exp is over by more than the skew': { claims: ({ iat }) => ({ exp: iat - 65 }) },
  'exp is missing': { claims: { exp: undefined } },
  'exp is a string': { claims: ({ exp }) => ({ exp: String(exp) }) },
  'iat is missing': { claims: { iat: undefined } },
  'nonce is another': { claims: { nonce: 'another-nonce' } },
  'nonce is missing': { claims: { nonce: undefined } },
  'sub is missing': { claims: { sub: undefined } },
  'sub is empty': { claims: { sub: '' } },
  'alg none': { alg: 'none' },
  'alg ES256': { alg: 'ES256' },
  'alg PS256': { alg: 'PS256' },
  'alg HS256 with the client secret': { alg: 'HS256', hmacKey: 'client_secret' },
  'alg HS256 with the public key': { alg: 'HS256', hmacKey: 'public_key' },
  'a wrong signature': { signature: 'wrong' },
  'no signature': { signature: 'missing' },
  "a stranger's signature": { signature: 'stranger' },
  'an unknown kid': { header: { kid: 'unknown' }, signature: 'stranger' },
  'no JWT at all': { raw: 'not-a-jwt' },
  'a number': { raw: 7 },
} satisfies Record<string, IdTokenLie>;

/** A4: claims that look odd and are accepted. */
export const idTokenOddities = {
  'aud is an array of one': { claims: ({ aud }) => ({ aud: [aud] }) },
  'several aud with azp': { claims: ({ aud }) => ({ aud: [aud, 'another-client'], azp: aud }) },
  'exp is over, within the skew': { claims: ({ iat }) => ({ exp: iat - 10 }) },
  'iat is ahead, within the skew': { claims: ({ iat, exp }) => ({ iat: iat + 10, exp: exp + 10 }) },
  'claims nobody knows': { claims: { odd: { nested: [1, 2] } } },
} satisfies Record<string, IdTokenLie>;

/** A6: what a refreshed ID token must not change (OpenID Connect Core §12.2). */
export const refreshedIdTokenLies = {
  'iss changes': { claims: { iss: 'https://other.example' } },
  'sub changes': { claims: { sub: 'mallory' } },
  'aud changes': { claims: { aud: 'another-client' } },
  'auth_time changes': { claims: ({ auth_time }) => ({ auth_time: Number(auth_time) + 100 }) },
} satisfies Record<string, IdTokenLie>;

export const jwksLies = {
  'a 500': { status: 500, body: '' },
  'no key': { members: { keys: [] } },
  'no JSON': { headers: html, body: page },
  'a closed connection': { transport: 'drop' },
} satisfies Record<string, KeysLie>;
