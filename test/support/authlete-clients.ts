import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { X509Certificate } from 'node:crypto';
import {
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type CryptoKey,
  None,
  PrivateKeyJwt,
  TlsClientAuth,
} from 'openid-client';
import { type Authority, type Credential, rootAuthority, selfSignedClient } from './certificates.js';

/** A client from both sides: what Authlete has on file, and how openid-client goes about it. */
export interface RegisteredClient {
  /** In the property names of the vendor's `Client`. */
  registered: Record<string, unknown> & { clientId: string };
  identity: Identity;
}

/** What a client can prove itself with. */
export interface Identity {
  authentication: ClientAuth;
  /** What it shows while TLS is set up. */
  certificate?: Credential;
  /** Sent along, whatever they claim. */
  headers?: Record<string, string>;
}

export const REDIRECT_URI = 'https://client.example/callback';

export interface Clients {
  /** Who vouches for certificates: for `trustedRootCertificates`. */
  root: Authority;
  intermediate: Authority;
  /** By what they prove themselves with. */
  all: Record<ClientName, RegisteredClient>;
  keys: Record<'ES256' | 'PS256', CryptoKey>;
}

export const CLIENT_NAMES = [
  'none',
  'client_secret_basic',
  'client_secret_basic, a secret full of signs',
  'client_secret_post',
  'private_key_jwt, ES256',
  'private_key_jwt, PS256',
  'self_signed_tls_client_auth',
  'tls_client_auth',
] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

/** As Authlete makes them: base64url, with both of the characters that openid-client percent-encodes. */
export const SECRET = 'qfd0Sc-LHh_D0mJb2-xg7K_P4tYDg';
/** All that a decoder can do wrong (RFC 6749 §2.3.1): an escape that isn't one, one that is, a plus, a space, the separator. */
export const ODD_SECRET = '100%+a:b c%2B&="-_';
export const SUBJECT_DN = 'CN=client,O=Example,C=DE';

/** A client for each way to authenticate that the article's settings have. */
export async function makeClients(): Promise<Clients> {
  const root = await rootAuthority();
  const intermediate = await root.intermediate('CN=Intermediate of the tests');
  const [es256, ps256] = [await generateKeyPair('ES256'), await generateKeyPair('PS256')];
  const all = {
    none: {
      registered: client('3280859750201', 'NONE', { clientType: 'PUBLIC', pkceRequired: true, pkceS256Required: true }),
      identity: { authentication: None() },
    },
    ...withSecrets(),
    'private_key_jwt, ES256': await withKey('3280859750205', 'ES256', es256),
    'private_key_jwt, PS256': await withKey('3280859750206', 'PS256', ps256),
    self_signed_tls_client_auth: await withOwnCertificate(),
    tls_client_auth: {
      registered: client('3280859750208', 'TLS_CLIENT_AUTH', { tlsClientAuthSubjectDn: SUBJECT_DN }),
      identity: {
        authentication: TlsClientAuth(),
        certificate: await intermediate.issue({ subject: 'C=DE, O=Example, CN=client' }),
      },
    },
  };
  return { root, intermediate, all, keys: { ES256: es256.privateKey, PS256: ps256.privateKey } };
}

function withSecrets() {
  return {
    client_secret_basic: {
      registered: client('3280859750202', 'CLIENT_SECRET_BASIC', { clientSecret: SECRET }),
      identity: { authentication: ClientSecretBasic(SECRET) },
    },
    'client_secret_basic, a secret full of signs': {
      registered: client('3280859750203', 'CLIENT_SECRET_BASIC', { clientSecret: ODD_SECRET }),
      identity: { authentication: ClientSecretBasic(ODD_SECRET) },
    },
    client_secret_post: {
      registered: client('3280859750204', 'CLIENT_SECRET_POST', { clientSecret: ODD_SECRET }),
      identity: { authentication: ClientSecretPost(ODD_SECRET) },
    },
  };
}

async function withKey(clientId: string, tokenAuthSignAlg: string, { publicKey, privateKey }: CryptoKeyPair) {
  const jwks = keySet(await exportJWK(publicKey));
  return {
    registered: client(clientId, 'PRIVATE_KEY_JWT', { tokenAuthSignAlg, jwks }),
    identity: { authentication: PrivateKeyJwt(privateKey) },
  };
}

async function withOwnCertificate() {
  const certificate = await selfSignedClient({ subject: 'CN=self-signed' });
  const settings = { selfSignedCertificateKeyId: 'self-signed', jwks: keySet(await keyOf(certificate)) };
  return {
    registered: client('3280859750207', 'SELF_SIGNED_TLS_CLIENT_AUTH', settings),
    identity: { authentication: TlsClientAuth(), certificate },
  };
}

function client(clientId: string, tokenAuthMethod: string, more: Record<string, unknown>) {
  const redirectUris = [REDIRECT_URI];
  return { clientId, tokenAuthMethod, clientName: `Client ${tokenAuthMethod}`, redirectUris, ...more };
}

/** The API carries the key set as text. */
const keySet = (...keys: JWK[]) => JSON.stringify({ keys });

async function keyOf({ cert }: Credential): Promise<JWK> {
  const { publicKey, raw } = new X509Certificate(cert);
  return { ...(await exportJWK(publicKey)), kid: 'self-signed', x5c: [raw.toString('base64')] };
}
