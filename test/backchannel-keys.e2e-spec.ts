import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { JWK } from 'jose';
import { sendLogoutToken } from './backchannel.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import {
  type Hostile,
  type IdTokenLie,
  jwksLies,
  logoutToken,
  logoutTokenLies,
  startHostileAuthorizationServer,
} from './support/hostile-authorization-server.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour } from './support/parlour.js';

let hostile: Hostile;
let parlour: Parlour;

beforeAll(async () => {
  hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
});
afterAll(() => hostile.close());
beforeEach(async () => {
  hostile.beHonest();
  parlour = await startParlour(hostile.issuer);
});
afterEach(async () => {
  jest.restoreAllMocks();
  ahead = 0;
  await parlour.close();
});

const token = (lie: IdTokenLie = {}) => logoutToken(hostile, { sub: 'alice' }, lie);
const statusOf = async (lie?: IdTokenLie) => (await sendLogoutToken(parlour, await token(lie))).status;
const reads = () => hostile.count('jwks');

/** Tokens that a stranger has signed with as many keys of theirs, all at the same moment. */
async function flood(): Promise<number[]> {
  const strangers = Array.from({ length: 30 }, () =>
    statusOf({ header: { kid: randomUUID() }, signature: 'stranger' }),
  );
  return [...new Set(await Promise.all(strangers))];
}

const monotonic = performance.now.bind(performance);
let ahead = 0;

/** By the monotonic clock, which is what pauses are measured with. */
function later(seconds: number): void {
  ahead += seconds * 1000;
  jest.spyOn(performance, 'now').mockImplementation(() => monotonic() + ahead);
}

describe('the keys of the authorization server', () => {
  it('L12: are read once for many tokens with unknown keys, and for good ones', async () => {
    expect(await flood()).toEqual([400]);
    expect(await flood()).toEqual([400]);
    expect([await statusOf(), await statusOf(), reads()]).toEqual([200, 200, 1]);
  });

  it('L12: are read again for an unknown key after half a minute, once', async () => {
    expect([await statusOf(), reads()]).toEqual([200, 1]);
    later(29);
    expect([await flood(), reads()]).toEqual([[400], 1]);
    later(2);
    expect([await flood(), await flood(), reads()]).toEqual([[400], [400], 2]);
    later(31);
    expect([await flood(), reads()]).toEqual([[400], 3]);
  });

  it('L12: that are new are found, half a minute after the last look', async () => {
    hostile.lies.jwks = { members: { keys: [] } };
    expect([await statusOf(), reads()]).toEqual([400, 1]);
    hostile.beHonest();
    expect([await statusOf(), reads()]).toEqual([400, 0]);
    later(31);
    expect([await statusOf(), reads()]).toEqual([200, 1]);
  });

  it('L6: that have been withdrawn are good for ten minutes at most', async () => {
    expect(await statusOf()).toBe(200);
    hostile.lies.jwks = { members: { keys: [] } };
    later(590);
    expect(await statusOf()).toBe(200);
    later(20);
    expect(await statusOf()).toBe(400);
  });

  it.each(Object.entries(jwksLies).filter(([name]) => name !== 'no key'))(
    'L12: can’t be had (%s): a 503 that says when to come again, and one read in half a minute',
    async (_name, lie) => {
      hostile.lies.jwks = lie;
      const jwt = await token();
      const { status, headers, body } = await sendLogoutToken(parlour, jwt);
      expect([status, headers['retry-after'], headers['cache-control']]).toEqual([503, '30', 'no-store']);
      expect(JSON.parse(body)).toMatchObject({ code: 'authorization_server_unavailable' });
      expect(parlour.events('backchannel_logout_failed')).toMatchObject([{ level: 'error' }]);
      expect([await flood(), reads()]).toEqual([[503], 1]);
      hostile.beHonest();
      later(31);
      expect((await sendLogoutToken(parlour, jwt)).status).toBe(200);
    },
  );

  it('L12: go on to serve while an unknown one can’t be looked for', async () => {
    expect(await statusOf()).toBe(200);
    hostile.lies.jwks = { status: 500 };
    later(31);
    expect([await flood(), await statusOf(), reads()]).toEqual([[503], 200, 2]);
  });

  it('L6: without a jwks_uri, or without metadata, can’t be had', async () => {
    hostile.lies.discovery = { members: { jwks_uri: undefined } };
    expect(await statusOf()).toBe(503);
    const other = await startParlour(hostile.issuer);
    hostile.lies.discovery = { transport: 'drop' };
    expect((await sendLogoutToken(other, await token())).status).toBe(503);
    await other.close();
  });

  it('A8, L6: are told apart by kty, use and alg where they share a kid', async () => {
    hostile.lies.jwks = { twins: true };
    expect([await statusOf(), await statusOf({ signature: 'stranger' })]).toEqual([200, 400]);
  });

  it('L6: are read by way of BACKCHANNEL_URL', async () => {
    const inside = await startParlour(hostile.issuer, {
      BACKCHANNEL_URL: hostile.issuer.replace('127.0.0.1', 'localhost'),
    });
    expect((await sendLogoutToken(inside, await token())).status).toBe(200);
    expect(hostile.to('jwks').map(({ headers }) => headers.host)).toEqual([`localhost:${hostile.port}`]);
    await inside.close();
  });
});

describe('an encrypted logout token', () => {
  const alg = 'ECDH-ES+A128KW';
  const enc = 'A256GCM';
  let key: JWK;
  let opening: Parlour;
  beforeAll(async () => {
    key = await privateJwk(alg);
    opening = await startParlour(hostile.issuer, {
      ID_TOKEN_ENCRYPTED_RESPONSE_ALG: alg,
      ID_TOKEN_ENCRYPTED_RESPONSE_ENC: enc,
      CLIENT_JWKS_FILE: jwksFile(await privateJwk('ES256'), key),
    });
  });
  afterAll(() => opening.close());

  const encrypted = (lie?: IdTokenLie) => {
    hostile.encryption = { alg, enc, key: publicHalf(key) };
    return token(lie);
  };

  it('L6: is opened with the key for ID tokens, and verified as any other', async () => {
    expect((await sendLogoutToken(opening, await encrypted())).status).toBe(200);
    for (const lie of [
      logoutTokenLies['a wrong signature'],
      logoutTokenLies['no events'],
      logoutTokenLies['alg none'],
    ]) {
      expect((await sendLogoutToken(opening, await encrypted(lie))).status).toBe(400);
    }
  });

  it('L6: may come unencrypted all the same: its signature is what counts', async () => {
    expect((await sendLogoutToken(opening, await token())).status).toBe(200);
  });

  it('L6: is refused when it’s encrypted to somebody else, or to whoever registered no key', async () => {
    expect((await sendLogoutToken(parlour, await encrypted())).status).toBe(400);
    hostile.encryption = { alg, enc, key: publicHalf(await privateJwk(alg)), kid: null };
    expect((await sendLogoutToken(opening, await token())).status).toBe(400);
  });
});
