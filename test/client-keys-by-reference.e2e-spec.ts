import { afterEach, expect, it, jest } from '@jest/globals';
import { decodeProtectedHeader, type JWK } from 'jose';
import type { ClientMetadata } from 'oidc-provider';
import { certificateFiles, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, replaceFile } from './support/client-keys.js';
import { type FapiPair, startFapiPair } from './support/fapi-pair.js';
import { freePort } from './support/free-port.js';
import { until } from './support/parlour.js';
import { isLoggedIn, turnClock } from './support/scene.js';

let pair: FapiPair | undefined;
afterEach(async () => {
  jest.useRealTimers();
  await pair?.close();
  pair = undefined;
});

/** The server knows Parlour's address and nothing of its keys: it fetches them from there, and keeps them for a minute. */
async function start(method: ClientMetadata['token_endpoint_auth_method'], environment: Record<string, string>) {
  const port = await freePort();
  const client = { token_endpoint_auth_method: method, jwks_uri: `http://localhost:${port}/jwks` };
  pair = await startFapiPair(
    { CLIENT_AUTH_METHOD: method ?? '', CLIENT_SECRET: '', ...environment },
    { client, port, ...(method === 'self_signed_tls_client_auth' && { aliases: false }) },
  );
  return pair;
}

async function logIn({ logIn: walk, browser, parlour, server }: FapiPair): Promise<string | undefined> {
  const one = browser();
  await walk(one);
  expect(await isLoggedIn(one, parlour)).toBe(true);
  const { params, certificate } = server.to('token').at(-1) ?? {};
  const assertion = params?.get('client_assertion');
  return assertion ? decodeProtectedHeader(assertion).kid : certificate;
}

async function published({ parlour }: FapiPair): Promise<string> {
  const { keys } = (await (await fetch(`${parlour.url}/jwks`)).json()) as { keys: JWK[] };
  return keys.map(({ kid }) => kid).join(' ');
}

it('C4, C7: a server that fetches the keys from /jwks never meets one that it can’t know', async () => {
  const [first, second] = await Promise.all([privateJwk('ES256'), privateJwk('ES256')]);
  const file = jwksFile(first);
  const running = await start('private_key_jwt', { CLIENT_JWKS_FILE: file });
  expect(await logIn(running)).toBe(first.kid);
  replaceFile(file, JSON.stringify({ keys: [second, first] }));
  await until('both are published', async () => (await published(running)) === `${second.kid} ${first.kid}`);
  expect(await logIn(running)).toBe(first.kid);
  turnClock(350);
  expect(await logIn(running)).toBe(second.kid);
});

it('C5, C7: a server that fetches the certificate from /jwks never meets one that it can’t know', async () => {
  const [first, second] = await Promise.all([selfSignedClient(), selfSignedClient()]);
  const files = certificateFiles();
  first.write(files);
  const running = await start('self_signed_tls_client_auth', files);
  expect(await logIn(running)).toBe(first.thumbprint);
  second.write(files);
  const both = `${second.thumbprint} ${first.thumbprint}`;
  await until('both are published', async () => (await published(running)) === both);
  expect(await logIn(running)).toBe(first.thumbprint);
  turnClock(350);
  await until('the new one is shown', async () => (await logIn(running)) === second.thumbprint);
  // another instance may still show the old one
  expect(await published(running)).toBe(both);
  turnClock(350);
  await until('the new one alone is published', async () => (await published(running)) === second.thumbprint);
  expect(await logIn(running)).toBe(second.thumbprint);
});
