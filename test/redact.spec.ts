import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { redact } from '../src/bff/redact.js';

const random = (bytes: number) => randomBytes(bytes).toString('base64url');
const jwt = `eyJhbGciOiJSUzI1NiJ9.${random(40)}.${random(60)}`;
const jwe = `eyJhbGciOiJSU0EifQ.${random(40)}.${random(12)}.${random(40)}.${random(16)}`;

describe('S3: a text that others wrote loses', () => {
  it.each([
    ['a JWT', jwt, `the token ${jwt} has expired`],
    ['an unsigned JWT', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.', 'got eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.'],
    ['a JWE', jwe, `id_token_hint ${jwe}`],
    ['a Bearer token', 'mF_9.B5f-4.1JqM', 'Authorization: Bearer mF_9.B5f-4.1JqM'],
    ['a Basic credential', 'czZCaGRSa3F0Mw==', 'authorization: basic czZCaGRSa3F0Mw=='],
    ['a DPoP-bound token', 'Kz~8mXK1Eal', 'Authorization: DPoP Kz~8mXK1Eal'],
    ['a code in a query', 'Splx-lO', 'GET /callback?iss=x&code=Splx-lO&state=y failed'],
    ['a state in a query', 'af0if', 'GET /callback?code=x&state=af0if'],
    ['a code in a URL in a URL', 'Splx-lO', 'next=https%3A%2F%2Fapp%2Fcallback%3Fcode%3DSplx-lO'],
    ['a refresh token in a form', 'tGzv3J', 'grant_type=refresh_token&refresh_token=tGzv3J'],
    ['a token in JSON', 'tGzv3J', 'unexpected {"access_token":"tGzv3J","token_type":"Bearer"}'],
    ['a secret in a message', 'hunter2', "client_secret: 'hunter2' is wrong"],
    ['a request_uri', 'urn:par:1', 'request_uri=urn:par:1 has expired'],
    ['a code verifier', 'dBjftJ', 'code_verifier=dBjftJ does not fit'],
    ['a session cookie', 's%3Aabc.d/e+f', 'Cookie: theme=dark; __Host-Http-session=s%3Aabc.d/e+f'],
    ['a cookie that was to be set', 'abc.d/e', 'set-cookie: __Host-Http-login.x=abc.d/e; Path=/'],
    ['a cookie without its header', 'abc.d/e', 'saw __Host-Http-logout=abc.d/e somewhere'],
    ['a code that nothing announces', 'SplxlOBeZQQYbYS6WxSbIA', 'SplxlOBeZQQYbYS6WxSbIA was used before'],
  ])('%s', (_what, secret, text) => {
    expect(text).toContain(secret);
    expect(redact(text)).not.toContain(secret);
  });

  it('any 128 random bits or more, in hex, base64 and base64url, wherever they stand', () => {
    for (let run = 0; run < 500; run++) {
      const bytes = randomBytes(16 + (run % 48));
      const secret = bytes.toString(run % 2 ? 'hex' : 'base64url');
      const shown = redact(`refused (${secret}) by policy`);
      // 22 characters without a digit are one in fifty: those look like a word
      if (/\d/.test(secret)) expect([secret, shown]).toEqual([secret, 'refused ([redacted]) by policy']);
    }
  });

  it('whatever is beyond 500 characters, and no half of a secret is left at the end', () => {
    expect(redact('a '.repeat(10_000)).length).toBe(500);
    expect(redact(`${'a '.repeat(235)}${jwt}`)).toMatch(/ \[jwt\]$/);
  });

  it('what would forge a line or turn the direction of writing', () => {
    const forged = 'denied\r\n{"level":"error","event":"client_rejected"}\u2028x\u0000\u001b[2J\u009b31m\u202ecod';
    expect(redact(forged)).toBe('denied {"level":"error","event":"client_rejected"} x [2J 31m cod');
  });

  // quadratic expressions would run into the test's own limit
  it('any text soon, however it is made', () => {
    for (const piece of ['code', 'code=', 'eyJ', 'a1', 'cookie:', '__Host-', 'Bearer ', '-~+_'])
      expect(redact(piece.repeat(100_000)).length).toBeLessThan(10_000);
  });
});

describe('an operator still reads', () => {
  it.each([
    'the grant request is invalid',
    'invalid_grant',
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'authorization_response_iss_parameter_supported',
    'network error ECONNREFUSED',
    'connect ECONNREFUSED 127.0.0.1:3001',
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    'unable to verify the first certificate',
    'https://login.example.org:8443/realms/main would be called over plain http',
    'AADSTS7000215: Invalid client secret provided.',
    '/api/orders/1005',
  ])('%s', text => {
    expect(redact(text)).toBe(text);
  });
});
