import type { X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { MadeKey } from './private-jwks.js';

/** What to write where, for people: never a private key. */
export function signingKeyAdvice(file: string, { kid, alg, published }: MadeKey, publicUrl: string): string[] {
  const metadata = { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg };
  return [
    `${file}: a new ${alg} key, ${kid}, that signs client assertions and request objects.`,
    '',
    'For Parlour:',
    '  CLIENT_AUTH_METHOD=private_key_jwt',
    `  CLIENT_JWKS_FILE=${resolve(file)}`,
    ...(published.keys.length > 1 ? rotationAdvice : []),
    ...registered({ ...metadata, jwks_uri: `${publicUrl}/jwks` }, { jwks: published }),
  ];
}

const rotationAdvice = [
  '',
  'A running Parlour publishes the new key within seconds and signs with it five minutes later. Then take the old key out of the file.',
  'Where the server has your keys by value (jwks), register the new one there before you put this file in place.',
];

export function decryptionKeyAdvice(file: string, { kid, alg, published }: MadeKey, publicUrl: string): string[] {
  return [
    `${file}: a new ${alg} key, ${kid}, that decrypts what the authorization server sends.`,
    '',
    'For Parlour:',
    `  CLIENT_JWKS_FILE=${resolve(file)}`,
    `  ID_TOKEN_ENCRYPTED_RESPONSE_ALG=${alg}`,
    ...registered({ id_token_encrypted_response_alg: alg, jwks_uri: `${publicUrl}/jwks` }, { jwks: published }),
  ];
}

export function certificateAdvice(
  { certFile, keyFile }: { certFile: string; keyFile: string },
  certificate: X509Certificate,
  publicUrl: string,
): string[] {
  const { subject, fingerprint256, validTo, raw, publicKey } = certificate;
  const sha256 = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: sha256, use: 'sig', x5c: [raw.toString('base64')] };
  const metadata = { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks_uri: `${publicUrl}/jwks` };
  return [
    `${certFile}, ${keyFile}: a certificate that vouches for itself, with its key.`,
    `  subject             ${subject}`,
    `  SHA-256 thumbprint  ${fingerprint256}`,
    `  x5t#S256            ${sha256}`,
    `  ends                ${new Date(validTo).toISOString()}`,
    '',
    'For Parlour:',
    '  CLIENT_AUTH_METHOD=self_signed_tls_client_auth',
    `  CLIENT_CERT_FILE=${resolve(certFile)}`,
    `  CLIENT_KEY_FILE=${resolve(keyFile)}`,
    ...registered(metadata, { jwks: { keys: [jwk] } }),
  ];
}

/** By reference (RFC 7591 §2), which is what a rotation needs, or by value. */
function registered(metadata: object, byValue: { jwks: object }): string[] {
  return [
    '',
    'At the authorization server, as client metadata (RFC 7591 §2):',
    `  ${JSON.stringify(metadata)}`,
    'or, where it can’t fetch keys from Parlour, instead of jwks_uri:',
    `  ${JSON.stringify(byValue)}`,
  ];
}
