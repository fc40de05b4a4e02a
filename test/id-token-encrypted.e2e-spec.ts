import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { JWK } from 'jose';
import { isLoggedIn, logIn, type Pair, startPair } from './login-flow.js';
import { jwksFile, privateJwk, publicHalf, replaceFile } from './support/client-keys.js';
import { type Encryption, type IdTokenLie, idTokenLies } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { type Parlour, startParlour, until } from './support/parlour.js';
import { isLoggedIn as hasSession, script, startScene, turnClock } from './support/scene.js';

const ALG = 'ECDH-ES+A128KW';
const ENC = 'A256GCM';

let pair: Pair;
let ours: JWK;
let second: JWK;
let stranger: JWK;
let signing: JWK;
const others: Parlour[] = [];
beforeAll(async () => {
  [ours, second, stranger, signing] = await Promise.all([
    ...([privateJwk(ALG), privateJwk(ALG), privateJwk(ALG)] as const),
    privateJwk('ES256'),
  ]);
  pair = await startPair(registered(ALG, ENC, ours, second));
});
afterAll(() => pair.close());
beforeEach(() => pair.hostile.beHonest());
afterEach(async () => {
  jest.useRealTimers();
  for (const parlour of others.splice(0)) await parlour.close();
});

function registered(alg: string, enc: string, ...keys: JWK[]): Record<string, string> {
  return {
    ID_TOKEN_ENCRYPTED_RESPONSE_ALG: alg,
    ID_TOKEN_ENCRYPTED_RESPONSE_ENC: enc,
    CLIENT_JWKS_FILE: jwksFile(signing, ...keys),
  };
}

const to = (key: JWK, more: Partial<Encryption> = {}): Encryption => ({
  alg: ALG,
  enc: ENC,
  key: publicHalf(key),
  ...more,
});

async function endOf(encryption: Encryption | undefined, parlour = pair.parlour): Promise<string | null> {
  pair.hostile.encryption = encryption;
  const browser = new HttpBrowser();
  const { url } = await logIn(parlour, browser, { return_to: '/orders' });
  const error = new URL(url).searchParams.get('login_error');
  expect(await isLoggedIn(parlour, browser)).toBe(error === null);
  return error;
}

describe('an encrypted ID token', () => {
  it.each(['RSA-OAEP', 'RSA-OAEP-256', 'ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW'])(
    'A4: is opened with %s',
    async alg => {
      const key = await privateJwk(alg);
      const parlour = await startParlour(pair.hostile.issuer, registered(alg, 'A128CBC-HS256', key));
      others.push(parlour);
      expect(await endOf({ alg, enc: 'A128CBC-HS256', key: publicHalf(key) }, parlour)).toBeNull();
    },
  );

  it('A4: has A128CBC-HS256 for its content where nothing else is registered', async () => {
    const parlour = await startParlour(pair.hostile.issuer, registered(ALG, '', ours));
    others.push(parlour);
    expect(await endOf(to(ours, { enc: 'A128CBC-HS256' }), parlour)).toBeNull();
    expect(await endOf(to(ours, { enc: 'A256GCM' }), parlour)).toBe('login_failed');
  });

  it('A4: may be encrypted to either key while they change, and need not say which', async () => {
    for (const key of [ours, second]) {
      expect(await endOf(to(key))).toBeNull();
      expect(await endOf(to(key, { kid: null }))).toBeNull();
    }
  });

  it.each<[string, () => Encryption | undefined]>([
    ['it isn’t encrypted, though it’s registered to be', () => undefined],
    ['its alg is another', () => to(ours, { alg: 'ECDH-ES+A256KW' })],
    ['its alg needs no wrapped key', () => to(ours, { alg: 'ECDH-ES' })],
    ['its enc is another', () => to(ours, { enc: 'A128GCM' })],
    ['it’s encrypted to a stranger', () => to(stranger, { kid: null })],
    ['it’s encrypted to a stranger under our kid', () => to(stranger, { kid: ours.kid ?? '' })],
    ['its kid is unknown', () => to(ours, { kid: 'unknown' })],
  ])('A4: is refused when %s', async (_what, encryption) => {
    expect(await endOf(encryption())).toBe('login_failed');
    expect(pair.hostile.count('token')).toBe(1);
  });

  it.each(Object.entries(idTokenLies))('A4: is refused when inside %s', async (_name, lie) => {
    pair.hostile.lies.idToken = lie;
    expect(await endOf(to(ours))).toBe('login_failed');
  });

  it('A4: is refused by whoever registered none', async () => {
    const parlour = await startParlour(pair.hostile.issuer, { CLIENT_JWKS_FILE: jwksFile(signing, ours) });
    others.push(parlour);
    expect(await endOf(to(ours), parlour)).toBe('login_failed');
    expect(await endOf(undefined, parlour)).toBeNull();
  });

  it('C7: is opened with a key that came while Parlour ran', async () => {
    const environment = registered(ALG, ENC, ours);
    const parlour = await startParlour(pair.hostile.issuer, environment);
    others.push(parlour);
    const fresh = await privateJwk(ALG);
    expect(await endOf(to(fresh), parlour)).toBe('login_failed');
    replaceFile(environment['CLIENT_JWKS_FILE'] ?? '', JSON.stringify({ keys: [signing, fresh, ours] }));
    await until('the new key is read', async () => (await endOf(to(fresh), parlour)) === null);
    expect(await endOf(to(ours), parlour)).toBeNull();
  });
});

describe('a session that began with one', () => {
  it('A6, L4: refreshes, and hands the signed one back as a hint at its logout', async () => {
    const scene = await startScene(registered(ALG, ENC, ours));
    try {
      scene.hostile.encryption = to(ours);
      const browser = await scene.login();
      turnClock(290);
      await script(browser, `${scene.parlour.url}/api/x`);
      expect(scene.hostile.count('token', 'refresh_token')).toBe(1);
      expect(await hasSession(browser, scene.parlour)).toBe(true);
      const logout = await script(browser, `${scene.parlour.url}/logout`, { method: 'POST' });
      const next = new URL(String(logout.json()['redirectUrl']), scene.parlour.url);
      const hop = await browser.navigate(next.href, { follow: false, initiator: scene.parlour.url });
      const hint = new URL(hop.location ?? '').searchParams.get('id_token_hint') ?? '';
      expect(hint.split('.')).toHaveLength(3);
      expect(scene.hostile.issued.map(({ value }) => value)).toContain(hint);
    } finally {
      await scene.close();
    }
  });

  it.each<[string, Pick<IdTokenLie, 'signature'>, () => Encryption | undefined]>([
    ['', {}, () => to(ours)],
    [', though its signature is wrong', { signature: 'wrong' }, () => to(ours)],
    [', though its encryption was left out', {}, () => undefined],
  ])('A6: ends when a refreshed one is another user’s%s', async (_what, lie, encryption) => {
    const scene = await startScene(registered(ALG, ENC, ours));
    try {
      scene.hostile.encryption = to(ours);
      const browser = await scene.login();
      scene.hostile.encryption = encryption();
      scene.hostile.lies.refreshedIdToken = { ...lie, claims: { sub: 'mallory' } };
      turnClock(290);
      expect((await script(browser, `${scene.parlour.url}/api/x`)).status).toBe(401);
      expect(await hasSession(browser, scene.parlour)).toBe(false);
    } finally {
      await scene.close();
    }
  });

  it('A4 R3: takes none whose encryption was left out, and goes on with the refresh token that came with it', async () => {
    const scene = await startScene(registered(ALG, ENC, ours));
    try {
      scene.hostile.encryption = to(ours);
      const browser = await scene.login();
      for (const [encryption, seconds] of [
        [undefined, 290],
        [to(ours), 2],
      ] as const) {
        scene.hostile.encryption = encryption;
        turnClock(seconds);
        expect((await script(browser, `${scene.parlour.url}/api/x`)).status).toBe(200);
      }
      expect(scene.hostile.count('token', 'refresh_token')).toBe(2);
      expect(new Set(scene.api.requests.map(({ authorization }) => authorization)).size).toBe(2);
    } finally {
      await scene.close();
    }
  });
});
