import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { newestLogin, post, sendLogoutToken } from './backchannel.js';
import { type Pair, startPair } from './login-flow.js';
import { anything, text } from './support/generated-protocol.js';
import { inBatches, named } from './support/generated-runs.js';
import { type IdTokenLie, logoutToken } from './support/hostile-authorization-server.js';
import type { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID } from './support/parlour.js';
import { isLoggedIn, loggedIn } from './support/scene.js';

const FORMS = 2000;
const TOKENS = 3000;
const LIMIT = 300_000;

const unhandled: unknown[] = [];
const keepUnhandled = (reason: unknown) => unhandled.push(reason);
let pair: Pair;
let browser: HttpBrowser;
let login: ReturnType<typeof newestLogin>;
beforeAll(async () => {
  process.on('unhandledRejection', keepUnhandled);
  pair = await startPair({ LOG_LEVEL: 'error' });
  browser = await loggedIn(pair.parlour.url);
  login = newestLogin(pair.hostile);
});
afterAll(async () => {
  process.off('unhandledRejection', keepUnhandled);
  await pair.close();
});
afterEach(() => {
  expect(unhandled).toEqual([]);
  expect(pair.parlour.events('request_failed')).toEqual([]);
});

const type = fc.constantFrom(
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded; charset=utf-16',
  'APPLICATION/X-WWW-FORM-URLENCODED',
  'application/json',
  'multipart/form-data; boundary=x',
  'text/plain',
  '',
  ';',
);
const value = fc.oneof(
  text,
  anything.map(one => JSON.stringify(one) ?? ''),
  fc
    .array(fc.oneof(fc.base64String({ maxLength: 30 }), fc.constantFrom('eyJhbGciOiJub25lIn0', 'e30', '')), {
      maxLength: 6,
    })
    .map(parts => parts.join('.')),
  fc.constantFrom('x', '%', '%zz', '%00', '%u0041', '=', '&').map(one => one.repeat(20_000)),
);
const field = fc.tuple(fc.constantFrom('logout_token', 'LOGOUT_TOKEN', 'logout_token[]', 'a', ''), value);
const body = fc.oneof(
  fc.array(field, { maxLength: 3 }).map(fields => new URLSearchParams(fields).toString()),
  fc.array(field, { maxLength: 3 }).map(fields => fields.map(one => one.join('=')).join('&')),
  value,
);

it(
  named(`S1, L6, L12: ${FORMS} generated bodies are a 400, or a 413 where they're too large, and end nothing`),
  async () => {
    const statuses = new Set<number>();
    await inBatches(FORMS, fc.tuple(type, body), async forms => {
      const answers = await Promise.all(forms.map(([of, form]) => post(pair.parlour, form, `Content-Type: ${of}`)));
      answers.forEach(({ status, headers }, index) => {
        const [of = '', form = ''] = forms[index] ?? [];
        const tooLarge = /^application\/x-www-form-urlencoded/i.test(of) && Buffer.byteLength(form) > 16 * 1024;
        expect({ of, form, status }).toEqual({ of, form, status: tooLarge ? 413 : 400 });
        expect(headers['cache-control']).toBe('no-store');
        statuses.add(status);
      });
      expect(await isLoggedIn(browser, pair.parlour)).toBe(true);
    });
    expect(statuses).toEqual(new Set([400, 413]));
  },
  LIMIT,
);

const claim = fc.constantFrom(
  'iss',
  'aud',
  'iat',
  'exp',
  'nbf',
  'jti',
  'events',
  'nonce',
  'sub',
  'sid',
  'typ',
  'azp',
  'toe',
);
const times = fc.integer({ min: -4e9, max: 4e9 });
const others = fc.constantFrom<unknown>('another', [CLIENT_ID], [CLIENT_ID, 'x'], {
  'http://schemas.openid.net/event/backchannel-logout': 1,
});
const claims = fc.dictionary(claim, fc.oneof(anything, times, others), { maxKeys: 2 });
const lie: fc.Arbitrary<IdTokenLie> = fc.oneof(
  { weight: 8, arbitrary: claims.map((changes): IdTokenLie => ({ claims: changes })) },
  fc.constantFrom<IdTokenLie>(
    { alg: 'none' },
    { alg: 'ES256' },
    { alg: 'PS256' },
    { alg: 'HS256', hmacKey: 'public_key' },
  ),
  fc.constantFrom<IdTokenLie>({ signature: 'wrong' }, { signature: 'stranger' }, { signature: 'missing' }),
  fc
    .dictionary(fc.constantFrom('typ', 'kid', 'jku', 'x5u', 'jwk', 'cty'), anything, { maxKeys: 2 })
    .map((header): IdTokenLie => ({ header })),
);

/** OpenID Connect Back-Channel Logout 1.0 §2.6, of what changes one or two members; what it says of `header` is left open. */
function mayBeTaken(
  { claims: changes = {}, alg, signature, header }: IdTokenLie,
  issuer: string,
  since: number,
): boolean {
  if (alg !== undefined || signature !== undefined || typeof changes === 'function') return false;
  const { typ = 'JWT' } = header ?? {};
  if (!/^(application\/)?(jwt|logout\+jwt)$/i.test(String(typ))) return false;
  const told: Record<string, unknown> = {
    iss: issuer,
    aud: CLIENT_ID,
    iat: since,
    exp: since,
    jti: 'x',
    sub: 'x',
    ...changes,
  };
  const isText = (one: unknown) => one === undefined || (typeof one === 'string' && one !== '');
  const inTime = (name: string, earliest: number, latest: number) =>
    typeof told[name] === 'number' && told[name] >= since - earliest && told[name] <= since + latest;
  return (
    told['iss'] === issuer &&
    [told['aud']].flat().includes(CLIENT_ID) &&
    inTime('iat', 301, 90) &&
    inTime('exp', 61, Infinity) &&
    !('nonce' in changes && changes['nonce'] !== undefined) &&
    !('events' in changes) &&
    ['jti', 'sub', 'sid'].every(name => isText(told[name])) &&
    told['jti'] !== undefined
  );
}

it(
  named(`S1, L6, L7: of ${TOKENS} generated logout tokens only valid ones are taken; the others are a 400`),
  async () => {
    const statuses = new Set<number>();
    await inBatches(TOKENS, lie, async lies => {
      const since = Math.floor(Date.now() / 1000);
      const tokens = await Promise.all(lies.map(one => logoutToken(pair.hostile, { sub: 'nobody', sid: 'none' }, one)));
      const answers = await Promise.all(tokens.map(token => sendLogoutToken(pair.parlour, token)));
      answers.forEach(({ status, body: said }, index) => {
        const told = lies[index] ?? {};
        expect([200, 400]).toContain(status);
        expect(said).toBe(status === 200 ? '' : '{"error":"invalid_request"}');
        if (status === 200)
          expect({ told, may: mayBeTaken(told, pair.hostile.issuer, since) }).toEqual({ told, may: true });
        statuses.add(status);
      });
      expect(await isLoggedIn(browser, pair.parlour)).toBe(true);
    });
    expect(statuses).toEqual(new Set([200, 400]));
    expect(pair.hostile.count('jwks')).toBeLessThanOrEqual(12);
    const { status } = await sendLogoutToken(pair.parlour, await logoutToken(pair.hostile, { sid: login.sid }));
    expect([status, await isLoggedIn(browser, pair.parlour)]).toEqual([200, false]);
  },
  LIMIT,
);
