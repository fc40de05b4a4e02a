import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { decodeProtectedHeader, type JWK } from 'jose';
import { certificateFiles, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, publicHalf, replaceFile } from './support/client-keys.js';
import { freePort } from './support/free-port.js';
import { type Hostile, startHostileAuthorizationServer } from './support/hostile-authorization-server.js';
import { HttpBrowser } from './support/http-browser.js';
import { CLIENT_ID, CLIENT_SECRET, type Parlour, startParlour, until } from './support/parlour.js';
import { turnClock } from './support/scene.js';

let parlour: Parlour | undefined;
let hostile: Hostile | undefined;
afterEach(async () => {
  jest.useRealTimers();
  await parlour?.close();
  await hostile?.close();
  hostile = undefined;
});

const ISSUER = 'https://as.example.org';
const ALGS = ['ES256', 'PS256', 'Ed25519', 'ECDH-ES', 'RSA-OAEP-256'];
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** As an authorization server asks for them: no cookie, no header of ours. */
async function published(url = parlour?.url): Promise<JWK[]> {
  const answer = await fetch(`${url}/jwks`);
  const { keys } = (await answer.json()) as { keys: JWK[] };
  return keys;
}

const kids = (keys: JWK[]) => keys.map(({ kid }) => kid);

function withKeys(file: string, more: Record<string, string> = {}): Record<string, string> {
  return { CLIENT_AUTH_METHOD: 'private_key_jwt', CLIENT_SECRET: '', CLIENT_JWKS_FILE: file, ...more };
}

describe('GET /jwks', () => {
  it('C4: shows every key’s public half and nothing private, whatever its type', async () => {
    const keys = await Promise.all(
      ALGS.map(alg => privateJwk(alg, { 'x-note': 'not for others', exp: 4_000_000_000 })),
    );
    const rsa = await privateJwk('PS256');
    parlour = await startParlour(ISSUER, withKeys(jwksFile(...keys, rsa)));
    const answer = await fetch(`${parlour.url}/jwks`);
    const text = await answer.text();
    const { keys: shown } = JSON.parse(text) as { keys: JWK[] };
    expect(kids(shown)).toEqual(kids([...keys, rsa]));
    const allowed = ['kty', 'kid', 'alg', 'use', 'crv', 'x', 'y', 'n', 'e'];
    for (const jwk of shown) expect(Object.keys(jwk).filter(member => !allowed.includes(member))).toEqual([]);
    for (const jwk of [...keys, rsa]) {
      for (const member of PRIVATE_MEMBERS) {
        const value: unknown = Object.entries(jwk).find(([name]) => name === member)?.[1];
        if (typeof value === 'string') expect(text).not.toContain(value);
      }
    }
  });

  it('C4: is for the authorization server: without header or cookie, as a JWK Set, and it may be kept for a minute', async () => {
    parlour = await startParlour(ISSUER, withKeys(jwksFile(await privateJwk('ES256'))));
    const { status, headers } = await fetch(`${parlour.url}/jwks`, { headers: { accept: 'application/json' } });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/jwk-set\+json/);
    expect(headers.get('cache-control')).toBe('public, max-age=60');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('set-cookie')).toBeNull();
    const posted = await fetch(`${parlour.url}/jwks`, { method: 'POST' });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
  });

  it('C4: is empty where the client has no keys, and no return_to', async () => {
    parlour = await startParlour(ISSUER);
    expect(await published()).toEqual([]);
    const login = await new HttpBrowser().navigate(`${parlour.url}/login?return_to=/jwks`);
    expect(login.status).toBe(400);
  });

  it('C4, B28: shows each frontend’s own keys at its own host', async () => {
    const [one, two] = await Promise.all([privateJwk('ES256'), privateJwk('ES256')]);
    const PORT = String(await freePort());
    const url = (name: string) => `http://${name}.localhost:${PORT}`;
    const frontends = [one, two].map((key, index) => ({
      name: `app-${index}`,
      publicUrl: url(`app-${index}`),
      issuer: ISSUER,
      clientId: 'app',
      clientAuthMethod: 'private_key_jwt',
      clientJwksFile: jwksFile(key),
    }));
    const none = { PUBLIC_URL: '', ISSUER: '', CLIENT_ID: '', CLIENT_SECRET: '' };
    parlour = await startParlour(ISSUER, { PORT, ...none }, { frontends });
    const browser = new HttpBrowser();
    const keysAt = async (name: string) => (await browser.navigate(`${url(name)}/jwks`)).json()['keys'];
    expect(await keysAt('app-0')).toEqual([publicHalf(one)]);
    expect(await keysAt('app-1')).toEqual([publicHalf(two)]);
  });

  it('C5: shows the certificate of self_signed_tls_client_auth, with its chain of one', async () => {
    const issued = await selfSignedClient();
    const files = certificateFiles();
    issued.write(files);
    parlour = await startParlour(ISSUER, {
      CLIENT_AUTH_METHOD: 'self_signed_tls_client_auth',
      CLIENT_SECRET: '',
      ...files,
    });
    const [jwk, ...more] = await published();
    expect(more).toEqual([]);
    expect(jwk).toMatchObject({ kty: 'EC', use: 'sig', x5c: issued.jwk['x5c'], kid: issued.thumbprint });
    expect(jwk).not.toHaveProperty('d');
  });
});

describe('a rotation', () => {
  /** Who signs the next push. */
  async function signer(): Promise<string | undefined> {
    await new HttpBrowser().navigate(`${parlour?.url}/login`, { follow: false });
    const assertion = hostile?.to('par').at(-1)?.params.get('client_assertion') ?? '';
    return decodeProtectedHeader(assertion).kid;
  }

  async function start(...keys: JWK[]): Promise<string> {
    hostile = await startHostileAuthorizationServer({ client_id: CLIENT_ID, client_secret: CLIENT_SECRET });
    const file = jwksFile(...keys);
    parlour = await startParlour(hostile.issuer, withKeys(file));
    return file;
  }

  const write = (file: string, ...keys: JWK[]) => replaceFile(file, JSON.stringify({ keys }));
  const publishes = (...keys: JWK[]) =>
    until('the file is read', async () => kids(await published()).join(' ') === kids(keys).join(' '));

  it('C4, C7: the first of two keys signs, and both are published', async () => {
    const [first, second] = await Promise.all([privateJwk('ES256'), privateJwk('PS256')]);
    await start(first, second);
    expect(kids(await published())).toEqual([first.kid, second.kid]);
    expect(await signer()).toBe(first.kid);
  });

  it('C4, C7: a new first key is published at once and signs five minutes later, when every copy of the old answer has ended', async () => {
    const [first, second] = await Promise.all([privateJwk('ES256'), privateJwk('ES256')]);
    const file = await start(first);
    write(file, second, first);
    await publishes(second, first);
    expect(await signer()).toBe(first.kid);
    turnClock(200);
    expect(await signer()).toBe(first.kid);
    turnClock(150);
    expect(await signer()).toBe(second.kid);
    write(file, second);
    await publishes(second);
    expect(await signer()).toBe(second.kid);
    expect(parlour?.events('credential_changed')).toHaveLength(2);
  });

  it('C7: a key that takes the place of the only one signs at once', async () => {
    const [first, second] = await Promise.all([privateJwk('ES256'), privateJwk('Ed25519')]);
    const file = await start(first);
    write(file, second);
    await publishes(second);
    expect(await signer()).toBe(second.kid);
  });

  it('C7: a new file in which nothing signs is refused', async () => {
    const [first, decrypting] = await Promise.all([privateJwk('ES256'), privateJwk('ECDH-ES')]);
    const file = await start(first);
    write(file, decrypting);
    await until('it is refused', () => parlour?.events('credential_refused').length === 1);
    expect(await signer()).toBe(first.kid);
  });

  it('C7, S3: a new file that can’t be used is told once, without its content; the old key stays, and a good file heals it', async () => {
    const [first, second] = await Promise.all([privateJwk('ES256'), privateJwk('ES256')]);
    const file = await start(first);
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
    await until('it is refused', () => parlour?.events('credential_refused').length === 1);
    expect(parlour?.events('credential_refused')[0]).toMatchObject({
      level: 'error',
      frontend: 'default',
      credential: 'client_jwks',
      reason: "isn't JSON",
    });
    expect(await signer()).toBe(first.kid);
    write(file, second, first);
    await publishes(second, first);
    expect(parlour?.events('credential_refused')).toHaveLength(1);
    for (const { d = '' } of [first, second]) expect(parlour?.logText()).not.toContain(d);
  });
});
