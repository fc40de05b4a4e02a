import { X509Certificate } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** What a client shows: members of the call beside `parameters`, and form parameters. */
export interface Proof {
  beside?: Record<string, unknown>;
  form?: Record<string, string>;
}

export interface AssertionClaims {
  iss?: string;
  sub?: string;
  aud?: string;
  exp?: number;
  jti?: string;
}

export interface Signer {
  jwks: { keys: JWK[] };
  /** A form with an assertion (RFC 7523 §2.2). */
  assert(claims: AssertionClaims): Promise<Proof>;
}

/** A client with a key of its own. */
export async function signer(): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'the-key', alg: 'ES256' }] };
  const inAMinute = () => Math.floor(Date.now() / 1000) + 60;
  return {
    jwks,
    assert: async claims => ({
      form: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await new SignJWT({ jti: crypto.randomUUID(), exp: inAMinute(), ...claims })
          .setProtectedHeader({ alg: 'ES256', kid: 'the-key' })
          .sign(privateKey),
      },
    }),
  };
}

/** A certificate as the authorization server forwards it: the path is without the leaf. */
export function certificateProof(leaf: { cert: string }, ...path: { cert: string }[]): Proof {
  return { beside: { clientCertificate: leaf.cert, clientCertificatePath: path.map(({ cert }) => cert) } };
}

/** A JWK Set with a certificate's key, and the certificate itself where `x5c` is wanted (RFC 8705 §2.2.2). */
export function jwksOfCertificate(pem: string, member: { kid: string } | 'x5c'): { keys: object[] } {
  const certificate = new X509Certificate(pem);
  const key = certificate.publicKey.export({ format: 'jwk' });
  return { keys: [{ ...key, ...(member === 'x5c' ? { x5c: [certificate.raw.toString('base64')] } : member) }] };
}
