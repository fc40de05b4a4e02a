import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { CompactSign, exportJWK, UnsecuredJWT, type JWK, type JWTPayload } from 'jose';
import { changed, type IdTokenLie } from './lies.js';

/** Made once a test file: RSA keys take their time. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ours = once(rsa);
const stranger = once(rsa);
const elliptic = once(() => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const kid = 'hostile-1';

const published = async (key: KeyObject, more: Partial<JWK>): Promise<JWK> => ({
  ...(await exportJWK(createPublicKey(key))),
  ...more,
});

export async function keySet(twins: boolean): Promise<{ keys: JWK[] }> {
  const right = await published(ours(), { kid, use: 'sig', alg: 'RS256' });
  if (!twins) return { keys: [right, await published(elliptic(), { kid: 'hostile-2', use: 'sig' })] };
  const wrong = [
    await published(elliptic(), { kid, use: 'sig' }),
    await published(stranger(), { kid, use: 'enc' }),
    await published(stranger(), { kid, use: 'sig', alg: 'PS256' }),
  ];
  return { keys: [...wrong, right] };
}

/** Signs honestly with RS256, or as the lie says. */
export async function sign(claims: JWTPayload & { exp: number; iat: number }, clientSecret: string, lie?: IdTokenLie) {
  const told = changed(claims, lie?.claims);
  if (lie?.alg === 'none') return new UnsecuredJWT(told).encode();
  const alg = lie?.alg ?? 'RS256';
  const header = { alg, typ: 'JWT', kid: alg === 'ES256' ? 'hostile-2' : kid, ...lie?.header };
  const bytes = new TextEncoder().encode(JSON.stringify(told));
  const jwt = await new CompactSign(bytes).setProtectedHeader(header).sign(signingKey(clientSecret, lie), {
    crit: { 'urn:hostile': true },
  });
  return broken(jwt, lie?.signature);
}

function signingKey(clientSecret: string, lie: IdTokenLie | undefined): KeyObject | Uint8Array {
  if (lie?.alg === 'ES256') return elliptic();
  if (lie?.alg !== 'HS256') return lie?.signature === 'stranger' ? stranger() : ours();
  const publicKey = createPublicKey(ours()).export({ type: 'spki', format: 'pem' });
  return new TextEncoder().encode(lie.hmacKey === 'public_key' ? String(publicKey) : clientSecret);
}

function broken(jwt: string, how: IdTokenLie['signature']): string {
  const [header = '', payload = '', signature = ''] = jwt.split('.');
  if (how === 'missing') return `${header}.${payload}.`;
  if (how !== 'wrong') return jwt;
  const bytes = Buffer.from(signature, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return `${header}.${payload}.${bytes.toString('base64url')}`;
}
