import type { IdTokenLie } from './lies.js';
import { LOGOUT_EVENT } from './logout-token.js';

// One line a lie. Unless it's about `exp`, that is kept from being the reason.
const alive = (claims: (honest: { iat: number; exp: number }) => Record<string, unknown>): IdTokenLie => ({
  claims: honest => ({ exp: honest.iat + 600, ...claims(honest) }),
});

/** L6: what a logout token may not be. */
export const logoutTokenLies = {
  'alg none': { alg: 'none' },
  'alg ES256': { alg: 'ES256' },
  'alg PS256': { alg: 'PS256' },
  'alg HS256 with the client secret': { alg: 'HS256', hmacKey: 'client_secret' },
  'alg HS256 with the public key': { alg: 'HS256', hmacKey: 'public_key' },
  'a wrong signature': { signature: 'wrong' },
  'no signature': { signature: 'missing' },
  "a stranger's signature": { signature: 'stranger' },
  'an unknown kid': { header: { kid: 'unknown' }, signature: 'stranger' },
  'a critical header': { header: { crit: ['urn:hostile'], 'urn:hostile': 1 } },
  'iss is another': { claims: { iss: 'https://other.example' } },
  'iss has a slash': { claims: ({ iss }) => ({ iss: `${iss}/` }) },
  'iss is a list': { claims: ({ iss }) => ({ iss: [iss] }) },
  'iss is missing': { claims: { iss: undefined } },
  'aud is another': { claims: { aud: 'another-client' } },
  'aud is a list of others': { claims: { aud: ['another-client', 'a-third'] } },
  'aud is missing': { claims: { aud: undefined } },
  'exp is over by more than the skew': { claims: ({ iat }) => ({ exp: iat - 65 }) },
  'exp is missing': { claims: { exp: undefined } },
  'exp is a string': { claims: ({ exp }) => ({ exp: String(exp) }) },
  'iat is older than five minutes': alive(({ iat }) => ({ iat: iat - 305 })),
  'iat lies ahead by more than the skew': alive(({ iat }) => ({ iat: iat + 65 })),
  'iat is missing': alive(() => ({ iat: undefined })),
  'iat is a string': alive(({ iat }) => ({ iat: String(iat) })),
  'nbf lies ahead': alive(({ iat }) => ({ nbf: iat + 120 })),
  'no events': { claims: { events: undefined } },
  'events is another': { claims: { events: { 'http://schemas.openid.net/event/another': {} } } },
  'events is its name': { claims: { events: LOGOUT_EVENT } },
  'events is a list': { claims: { events: [LOGOUT_EVENT] } },
  'events is null': { claims: { events: null } },
  'the event is no object': { claims: { events: { [LOGOUT_EVENT]: 'logout' } } },
  'the event is null': { claims: { events: { [LOGOUT_EVENT]: null } } },
  'the event is a list': { claims: { events: { [LOGOUT_EVENT]: [] } } },
  'a nonce': { claims: { nonce: 'a-nonce' } },
  'a nonce that is null': { claims: { nonce: null } },
  'neither sub nor sid': { claims: { sub: undefined, sid: undefined } },
  'an empty sub beside a sid': { claims: { sub: '' } },
  'an empty sid beside a sub': { claims: { sid: '' } },
  'a sub that is a number': { claims: { sub: 7 } },
  'a sid that is a list': { claims: ({ sid }) => ({ sid: [sid] }) },
  'a sid that is null': { claims: { sid: null } },
  'jti is missing': { claims: { jti: undefined } },
  'jti is empty': { claims: { jti: '' } },
  'jti is a number': { claims: { jti: 7 } },
  'no JWT at all': { raw: 'not-a-jwt' },
  nothing: { raw: '' },
  'five parts, which would be encrypted': { raw: 'a.b.c.d.e' },
  'a payload that is no JSON': { raw: 'eyJhbGciOiJSUzI1NiJ9.eA.AA' },
} satisfies Record<string, IdTokenLie>;

/** L7: the typ of something else. */
export const logoutTokenTyps = {
  'an access token': { header: { typ: 'at+jwt' } },
  'a client assertion': { header: { typ: 'client-authentication+jwt' } },
  'a security event token': { header: { typ: 'secevent+jwt' } },
  'nothing known': { header: { typ: 'text/logout+jwt' } },
  'a number': { header: { typ: 7 } },
  'an empty text': { header: { typ: '' } },
} satisfies Record<string, IdTokenLie>;

/** The typ of a logout token, as servers write it. */
export const logoutTokenSpellings: readonly (string | undefined)[] = [
  undefined,
  'JWT',
  'jwt',
  'application/JWT',
  'logout+jwt',
  'Logout+JWT',
  'application/logout+jwt',
];

/** Odd, and fine. */
export const logoutTokenOddities = {
  'aud is a list of one': { claims: ({ aud }) => ({ aud: [aud] }) },
  'aud is a list with others': { claims: ({ aud }) => ({ aud: ['another-client', aud] }) },
  'exp is over, within the skew': { claims: ({ iat }) => ({ exp: iat - 40 }) },
  'iat is nearly five minutes old': alive(({ iat }) => ({ iat: iat - 290 })),
  'iat is ahead, within the skew': alive(({ iat }) => ({ iat: iat + 40 })),
  'the event has members': { claims: { events: { [LOGOUT_EVENT]: { reason: 'administrator' } } } },
  'another event stands beside it': { claims: { events: { [LOGOUT_EVENT]: {}, 'https://other.example/event': 1 } } },
  'claims nobody knows': { claims: { azp: 'another-client', trace_id: 'x', odd: { nested: [1] } } },
  'no sub': { claims: { sub: undefined } },
  'no kid, where one key alone fits': { header: { kid: undefined } },
} satisfies Record<string, IdTokenLie>;
