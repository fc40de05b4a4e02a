import type { JWK } from 'jose';
import type { ClientMetadata } from 'oidc-provider';
import { certificateFiles, clientAuthority, type Issued, selfSignedClient } from './support/client-certificates.js';
import { jwksFile, privateJwk, publicHalf } from './support/client-keys.js';
import { CLIENT_ID } from './support/parlour.js';

/** Every character that form-encoding, base64 or the colon between the halves could spoil. */
export const SECRET = `sec:ret+with %25 / = & ? "quotes" and ~tilde-${'x'.repeat(20)}`;

/** One way to authenticate: how Parlour is set up, how it's registered, and what the server then sees. */
export interface MethodCase {
  environment: Record<string, string>;
  client: Partial<ClientMetadata>;
  /** Another registration, which these credentials don't fit. */
  stranger: Partial<ClientMetadata>;
  shown: Record<string, unknown>;
  /** What a client assertion is checked with. */
  verify?: { secret?: string; jwk?: JWK };
  /** What may stand in no log. */
  secrets: string[];
  clientCa?: string;
}

const NOTHING = { basic: undefined, secret: undefined, assertion: undefined, certificate: undefined, mtls: false };

function withSecret(method: 'client_secret_basic' | 'client_secret_post' | 'client_secret_jwt', typ = 'JWT') {
  const assertion = { alg: 'HS256', typ, kid: undefined, iss: CLIENT_ID, sub: CLIENT_ID };
  const shown = {
    client_secret_basic: { basic: [CLIENT_ID, SECRET] },
    client_secret_post: { clientId: CLIENT_ID, secret: SECRET },
    client_secret_jwt: { clientId: CLIENT_ID, assertion },
  };
  return async (): Promise<MethodCase> => ({
    environment: { CLIENT_AUTH_METHOD: method, CLIENT_SECRET: SECRET, CLIENT_ASSERTION_TYP: typ },
    client: { token_endpoint_auth_method: method, client_secret: SECRET },
    stranger: { client_secret: `${SECRET} but another` },
    shown: { ...NOTHING, ...shown[method] },
    verify: { secret: SECRET },
    secrets: [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString('base64')],
  });
}

function withKey(alg: 'ES256' | 'PS256' | 'Ed25519', typ = 'JWT') {
  return async (): Promise<MethodCase> => {
    const [first, second, other] = await Promise.all([privateJwk(alg), privateJwk(alg), privateJwk(alg)]);
    // the server knows both, and the first of the file signs
    const jwks = { keys: [second, first].map(publicHalf) };
    return {
      environment: {
        CLIENT_AUTH_METHOD: 'private_key_jwt',
        CLIENT_SECRET: '',
        CLIENT_JWKS_FILE: jwksFile(first, second),
        CLIENT_ASSERTION_TYP: typ,
      },
      client: {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: alg,
        ...registered(jwks),
      },
      stranger: registered({ keys: [publicHalf(other)] }),
      shown: {
        ...NOTHING,
        assertion: { alg, typ, kid: first.kid, iss: CLIENT_ID, sub: CLIENT_ID },
        clientId: CLIENT_ID,
      },
      verify: { jwk: publicHalf(first) },
      secrets: [first.d ?? '', second.d ?? ''],
    };
  };
}

async function withSelfSigned(): Promise<MethodCase> {
  const [own, other] = await Promise.all([selfSignedClient(), selfSignedClient()]);
  return {
    ...withCertificate(own, 'self_signed_tls_client_auth'),
    client: { token_endpoint_auth_method: 'self_signed_tls_client_auth', ...registered({ keys: [own.jwk] }) },
    stranger: registered({ keys: [other.jwk] }),
  };
}

/** The root alone is known to the server, so the intermediate has to come along in the handshake. */
async function withChain(): Promise<MethodCase> {
  const authority = await clientAuthority();
  const dns = 'parlour.example.org';
  return {
    ...withCertificate(await authority.issue(dns, { algorithm: 'rsa' }), 'tls_client_auth'),
    client: { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_san_dns: dns },
    stranger: { tls_client_auth_san_dns: 'other.example.org' },
    clientCa: authority.root,
  };
}

function withCertificate(issued: Issued, method: string) {
  const files = certificateFiles();
  issued.write(files);
  return {
    environment: { CLIENT_AUTH_METHOD: method, CLIENT_SECRET: '', ...files },
    shown: { ...NOTHING, clientId: CLIENT_ID, certificate: issued.thumbprint, mtls: true },
    secrets: [issued.key.split('\n')[1] ?? ''],
  };
}

function registered(jwks: { keys: object[] }): Partial<ClientMetadata> {
  return { jwks };
}

export const METHODS: [[string, () => Promise<MethodCase>], ...[string, () => Promise<MethodCase>][]] = [
  ['C1: client_secret_basic', withSecret('client_secret_basic')],
  ['C2: client_secret_post', withSecret('client_secret_post')],
  ['C3: client_secret_jwt', withSecret('client_secret_jwt')],
  [
    'C3: client_secret_jwt, typ client-authentication+jwt',
    withSecret('client_secret_jwt', 'client-authentication+jwt'),
  ],
  ['C4: private_key_jwt ES256', withKey('ES256')],
  ['C4: private_key_jwt PS256', withKey('PS256')],
  ['C4: private_key_jwt Ed25519', withKey('Ed25519')],
  ['C4: private_key_jwt ES256, typ client-authentication+jwt', withKey('ES256', 'client-authentication+jwt')],
  ['C5: self_signed_tls_client_auth', withSelfSigned],
  ['C6: tls_client_auth', withChain],
];
