import type { AuthorizationLie, IdTokenLie } from './lies.js';

const jwt = (lie: IdTokenLie): AuthorizationLie => ({ jwt: lie });

/** A3: what a signed authorization response (JARM) may not be. */
export const signedResponseLies = {
  'iss is another': jwt({ claims: { iss: 'https://other.example' } }),
  'iss has a slash': jwt({ claims: ({ iss }) => ({ iss: `${iss}/` }) }),
  'iss is missing': jwt({ claims: { iss: undefined } }),
  'iss is a list': jwt({ claims: ({ iss }) => ({ iss: [iss] }) }),
  'aud is another': jwt({ claims: { aud: 'another-client' } }),
  'aud is a list of others': jwt({ claims: { aud: ['another-client', 'a-third'] } }),
  'aud is missing': jwt({ claims: { aud: undefined } }),
  'exp is over': jwt({ claims: ({ iat }) => ({ exp: iat - 65 }) }),
  'exp is missing': jwt({ claims: { exp: undefined } }),
  'exp is a string': jwt({ claims: ({ exp }) => ({ exp: String(exp) }) }),
  'nbf lies ahead': jwt({ claims: ({ iat }) => ({ nbf: iat + 120 }) }),
  'alg none': jwt({ alg: 'none' }),
  'alg ES256': jwt({ alg: 'ES256' }),
  'alg PS256': jwt({ alg: 'PS256' }),
  'alg HS256 with the client secret': jwt({ alg: 'HS256', hmacKey: 'client_secret' }),
  'alg HS256 with the public key': jwt({ alg: 'HS256', hmacKey: 'public_key' }),
  'a wrong signature': jwt({ signature: 'wrong' }),
  'no signature': jwt({ signature: 'missing' }),
  "a stranger's signature": jwt({ signature: 'stranger' }),
  'an unknown kid': jwt({ header: { kid: 'unknown' }, signature: 'stranger' }),
  'a critical header': jwt({ header: { crit: ['b64'], b64: true } }),
  'the wrong signature of an error': {
    parameters: { code: undefined, error: 'login_required' },
    jwt: { signature: 'wrong' },
  },
} satisfies Record<string, AuthorizationLie>;

/** The claims are odd, and the response is fine. */
export const signedResponseOddities = {
  'aud is a list of one': jwt({ claims: ({ aud }) => ({ aud: [aud] }) }),
  'exp is over, within the skew': jwt({ claims: ({ iat }) => ({ exp: iat - 40 }) }),
  'claims nobody knows': jwt({ claims: { session_state: 'x', odd: { nested: [1] } } }),
} satisfies Record<string, AuthorizationLie>;
