import { describe, expect, it } from '@jest/globals';
import { calculateJwkThumbprint, EmbeddedJWK, importJWK, jwtVerify } from 'jose';
import { createHash } from 'node:crypto';
import { codeVerifierOf, dpopKeyOf, newDpopKey, newLoginSeed } from '../src/bff/oauth-client/dpop-key.js';
import { DpopNonces } from '../src/bff/oauth-client/dpop-nonces.js';
import { dpopProof, keyPairOf } from '../src/bff/oauth-client/dpop-proof.js';

describe('what is derived from the seed of a login', () => {
  it('P11: is the same each time, and a valid key of P-256 for any seed', async () => {
    for (const seed of [Buffer.alloc(32).toString('base64url'), ...Array.from({ length: 200 }, newLoginSeed)]) {
      expect(dpopKeyOf(seed)).toEqual(dpopKeyOf(seed));
      expect(codeVerifierOf(seed)).toMatch(/^[\w-]{43}$/);
      // a point that isn't on the curve, or not the scalar's, is refused
      await importJWK({ ...dpopKeyOf(seed) }, 'ES256');
    }
  });

  it('P11, B16: another seed gives another verifier and another key, and none is the other', () => {
    const seeds = Array.from({ length: 100 }, newLoginSeed);
    const derived = seeds.flatMap(seed => [seed, codeVerifierOf(seed), dpopKeyOf(seed).d]);
    expect(new Set(derived).size).toBe(300);
  });

  it('B16: the key doesn’t follow from the verifier, which the authorization server learns', () => {
    const seed = newLoginSeed();
    expect(dpopKeyOf(codeVerifierOf(seed))).not.toEqual(dpopKeyOf(seed));
  });
});

describe('a proof', () => {
  const request = { method: 'GET', url: 'https://api.example.org/v1', accessToken: 'token', nonce: undefined };

  it('F6: is signed with the key whose public half alone it shows', async () => {
    const key = newDpopKey();
    const proof = await dpopProof(key, { ...request, nonce: 'n-1' });
    const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' });
    expect(protectedHeader).toEqual({
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x: key.x, y: key.y },
    });
    expect(payload).toEqual({
      htm: 'GET',
      htu: request.url,
      ath: createHash('sha256').update('token').digest('base64url'),
      nonce: 'n-1',
      jti: expect.stringMatching(/^[\w-]{36}$/),
      iat: expect.any(Number),
    });
  });

  it('F6: has no nonce where the server has given none', async () => {
    const { payload } = await jwtVerify(await dpopProof(newDpopKey(), request), EmbeddedJWK);
    expect(Object.keys(payload)).not.toContain('nonce');
  });

  it('B16: is made with a key that can’t be taken out of the process’s memory by its own means', async () => {
    const key = newDpopKey();
    const { privateKey, publicKey } = await keyPairOf(key);
    expect([privateKey.extractable, publicKey.extractable]).toEqual([false, true]);
    const thumbprint = await calculateJwkThumbprint({ ...key });
    expect(await calculateJwkThumbprint(await crypto.subtle.exportKey('jwk', publicKey))).toBe(thumbprint);
  });

  it('is as good with a key that was used long ago as with a new one', async () => {
    const first = newDpopKey();
    const pair = await keyPairOf(first);
    expect(await keyPairOf(first)).toBe(pair);
    for (let others = 0; others < 1000; others++) void keyPairOf(newDpopKey());
    expect(await keyPairOf(first)).not.toBe(pair);
    await jwtVerify(await dpopProof(first, request), EmbeddedJWK);
  });
});

describe('nonces', () => {
  const origin = (index: number) => `https://as-${index}.example.org`;

  it('F6: the newest of each server counts', () => {
    const nonces = new DpopNonces();
    nonces.learn(origin(1), 'a');
    nonces.learn(origin(2), 'b');
    nonces.learn(origin(1), 'c');
    expect([1, 2, 3].map(index => nonces.of(origin(index)))).toEqual(['c', 'b', undefined]);
  });

  it('F6: an answer without one, or with something that can be none, leaves the known one', () => {
    const nonces = new DpopNonces();
    nonces.learn(origin(1), 'n'.repeat(1024));
    for (const no of [undefined, null, '', 'a b', 'a"b', 'a\\b', 'ä', 'n'.repeat(1025)]) nonces.learn(origin(1), no);
    expect(nonces.of(origin(1))).toBe('n'.repeat(1024));
  });

  it('F6: those of a hundred servers are kept, the last that were heard of', () => {
    const nonces = new DpopNonces();
    for (let index = 0; index < 100; index++) nonces.learn(origin(index), 'n');
    nonces.learn(origin(0), 'n');
    nonces.learn(origin(100), 'n');
    const known = Array.from({ length: 101 }, (_, index) => index).filter(index => nonces.of(origin(index)));
    expect(known).toHaveLength(100);
    expect(known).not.toContain(1);
  });
});
